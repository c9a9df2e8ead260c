import { type LogsterError, reasonOf } from '../contracts/errors.ts';
import { DEAD_LETTER_TOPIC, EVENTS_TOPIC, TOPICS } from '../contracts/topics.ts';
import type { Batch, Bus, Message, Received } from '../ports/bus/bus.ts';
import { deadLetterOf } from '../ports/dead-letter.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { partitionCheckpoints } from './checkpoint.ts';
import { readMessage } from './read-message.ts';
import type { BatchSender } from './send-batches.ts';
import { slidingWindows, type WindowOptions } from './window.ts';

export interface PartitionNeeds {
  readonly bus: Bus;
  readonly state: State;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly sender: BatchSender;
  readonly windowOptions: WindowOptions;
  readonly checkpointSeconds: number;
  readonly checkpointEvents: number;
  /** Commits the group's offset once a checkpoint covers it. */
  readonly commit: (partition: number, offset: number) => Promise<void>;
}

/** One partition of the events topic: its windows, and how far they have come. */
export interface PartitionWindows {
  readonly partition: number;
  readonly endpoints: number;
  /** Loads the checkpoint and answers the offset to start from; undefined when there is none. */
  open(): Promise<number | undefined>;
  /** Takes messages in, sends what closes, and writes a checkpoint when one is due. */
  take(batch: Batch): Promise<void>;
  /** Lets time pass for silent endpoints. `end` is the partition's next offset, read after `now`. */
  idle(now: number, end: number): Promise<void>;
  /** Writes a last checkpoint, if what it must not lose is safe within `patienceMs`. */
  leave(patienceMs: number): Promise<void>;
}

/** The windows of one partition. Its calls run one after another. */
export function partitionWindows(partition: number, needs: PartitionNeeds): PartitionWindows {
  const { bus, telemetry, clock, sender } = needs;
  const checkpoints = partitionCheckpoints(needs.state, partition);
  const windows = slidingWindows(needs.windowOptions);
  const inFlight = new Set<Promise<unknown>>();
  let allSafe = true; // false once closed windows were given up: a checkpoint behind them would lose them
  let offset = 0;
  let publishedAt = 0;
  let changes = 0;
  const share = partition / TOPICS[EVENTS_TOPIC].partitions; // so that not all checkpoints fall due at once
  let checkpointAt = clock.now() - share * needs.checkpointSeconds;
  let turn: Promise<unknown> = Promise.resolve();
  let busy = 0;

  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    busy += 1;
    const done = turn.then(step).finally(() => {
      busy -= 1;
    });
    turn = done.catch(() => undefined); // the one who called hears of it
    return done;
  }

  function sendClosed(): void {
    const closed = windows.closed();
    if (closed.length > 0) {
      changes += 1;
      const sent = sender.send(closed).then((safe) => {
        allSafe &&= safe;
        inFlight.delete(sent);
      });
      inFlight.add(sent);
    }
    for (const [reason, count] of windows.dropped()) {
      telemetry.metrics.count('window_events_dropped_total', { reason }, count);
    }
  }

  /** Only when everything closed so far is safe elsewhere: a checkpoint holds no closed windows. */
  async function checkpoint(): Promise<void> {
    await Promise.all(inFlight);
    if (!allSafe) return;
    await checkpoints.write({ offset, publishedAt }, windows.snapshot);
    changes = 0;
    checkpointAt = clock.now();
    await needs.commit(partition, offset);
  }

  async function checkpointWhenDue(): Promise<void> {
    const due = clock.now() - checkpointAt >= needs.checkpointSeconds || changes >= needs.checkpointEvents;
    if (due && changes > 0) await checkpoint();
  }

  /** Takes one message in; answers the dead letter when it cannot be used. */
  function takeMessage(message: Received): Message | undefined {
    publishedAt = Math.max(publishedAt, message.publishedAt);
    changes += 1;
    let reason: string;
    try {
      const reading = readMessage(message);
      if (reading.ok && reading.kind === 'event') {
        telemetry.metrics.count('window_events_total');
        windows.add(reading.event, publishedAt);
        return undefined;
      }
      if (reading.ok) {
        windows.watermark(reading.tenantId, reading.endpointId, reading.platform, reading.at);
        return undefined;
      }
      reason = reading.reason;
    } catch (thrown) {
      reason = `not usable: ${reasonOf(thrown)}`;
    }
    telemetry.metrics.count('window_events_dead_total');
    return deadLetterOf('featurize', message, reason, clock.now());
  }

  return {
    partition,
    get endpoints() {
      return windows.endpoints;
    },
    open: () =>
      inTurn(async () => {
        try {
          const point = await checkpoints.read();
          if (!point) return undefined;
          windows.restore(point.windows, point.paneAt);
          ({ offset, publishedAt } = point);
          changes = 1; // a kill between the checkpoint and its commit left the commit to us
          return offset;
        } catch (thrown) {
          const { code } = thrown as Partial<LogsterError>;
          if (code !== 'schema-mismatch' && code !== 'input-invalid') throw thrown;
          telemetry.metrics.count('checkpoints_refused_total');
          telemetry.log.warn('began without the checkpoint', { partition, reason: reasonOf(thrown) });
          return undefined;
        }
      }),
    take: (batch) =>
      inTurn(async () => {
        await sender.room();
        const dead: Message[] = [];
        for (const message of batch.messages) {
          const letter = takeMessage(message);
          if (letter) dead.push(letter);
          offset = message.offset + 1;
        }
        sendClosed();
        if (dead.length > 0) await bus.publish(DEAD_LETTER_TOPIC, dead);
        if (!batch.isStale()) await checkpointWhenDue();
      }),
    async idle(now, end) {
      if (busy > 0 || sender.isFull) return; // what waits comes first
      await inTurn(async () => {
        windows.idle(end <= offset ? now : publishedAt);
        sendClosed();
        await checkpointWhenDue();
      });
    },
    leave: (patienceMs) =>
      inTurn(async () => {
        if (changes === 0) return;
        const safe = Promise.all(inFlight).then(() => true);
        const late = new Promise<boolean>((resolve) => clock.after(patienceMs, () => resolve(false)));
        if (await Promise.race([safe, late])) return checkpoint();
        telemetry.log.warn('left the partition without a last checkpoint', {
          partition,
          topic: EVENTS_TOPIC,
        });
      }),
  };
}
