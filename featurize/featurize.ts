import type { ScoreJob } from '../contracts/batch.ts';
import type { Stage } from '../contracts/stage.ts';
import { EVENTS_TOPIC, GROUPS } from '../contracts/topics.ts';
import type { Bus, Subscription } from '../ports/bus/bus.ts';
import type { Queue } from '../ports/queue/queue.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { everySoOften } from './every-so-often.ts';
import { type PartitionWindows, partitionWindows } from './partition-windows.ts';
import { batchSender } from './send-batches.ts';
import type { WindowOptions } from './window.ts';

export interface FeaturizeOptions extends WindowOptions {
  /** A kill costs at most so much of reading again; each checkpoint costs writing every open pane. */
  readonly checkpointSeconds?: number;
  /** Messages of a partition after which a checkpoint is due before its time. */
  readonly checkpointEvents?: number;
  /** How often silent endpoints are looked at. */
  readonly idleMs?: number;
  /** How long a stop waits for closed windows to reach the queue. */
  readonly drainMs?: number;
  readonly batchWaitMs?: number;
  /** Messages taken in one go: large enough to be cheap, small enough to share the thread. */
  readonly maxMessages?: number;
}

export interface FeaturizeNeeds {
  readonly bus: Bus;
  readonly queue: Queue<ScoreJob>;
  readonly state: State;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly options?: FeaturizeOptions;
}

/**
 * Turns events into windows, windows into graphs, and graphs into score jobs. Every partition is read by one
 * featurizer at a time; what it keeps lies in checkpoints, so a kill, a rebalance or a deploy changes nothing.
 */
export async function featurize(needs: FeaturizeNeeds): Promise<Stage> {
  const { bus, telemetry, clock } = needs;
  const { checkpointSeconds = 10, checkpointEvents = 50_000, ...options } = needs.options ?? {};
  const { idleMs = 1000, drainMs = 5000, maxMessages = 500, batchWaitMs, ...windowOptions } = options;
  const partitions = new Map<number, PartitionWindows>();
  let subscription: Subscription | undefined;
  let queueFull = false;
  let stopBy: number | undefined; // wall clock, once closing

  const sender = batchSender({
    ...needs,
    ...(batchWaitMs !== undefined && { waitMs: batchWaitMs }),
    onFull(full) {
      queueFull = full;
      if (full) subscription?.pause();
      else subscription?.resume();
    },
  });

  const open = (partition: number): PartitionWindows =>
    partitionWindows(partition, {
      ...needs,
      sender,
      windowOptions,
      checkpointSeconds,
      checkpointEvents,
      commit: async (of, offset) => subscription?.commit(EVENTS_TOPIC, of, offset),
    });

  const idling = everySoOften(clock, idleMs, async () => {
    if (!queueFull) await passTime(needs, [...partitions.values()]);
  });

  subscription = await bus.subscribe({
    topics: [EVENTS_TOPIC],
    group: GROUPS.featurize,
    maxMessages,
    async onAssigned(_topic, partition) {
      const fresh = open(partition);
      partitions.set(partition, fresh);
      return fresh.open();
    },
    async onBatch(batch) {
      await partitions.get(batch.partition)?.take(batch);
    },
    async onRevoked(_topic, partition) {
      const left = partitions.get(partition);
      partitions.delete(partition);
      const patienceMs = stopBy === undefined ? drainMs : (stopBy - clock.now()) * 1000;
      await left?.leave(Math.max(0, patienceMs));
    },
  });
  if (queueFull) subscription.pause();
  telemetry.log.info('started featurizing', { group: GROUPS.featurize });

  const failed = Promise.all([subscription.failed, sender.failed, idling.failed]).then(() => undefined);
  failed.catch(() => undefined); // whoever runs the stage listens; until then it is no unhandled rejection
  return {
    name: 'featurize',
    failed,
    async health() {
      const lag = await bus.lag(GROUPS.featurize, EVENTS_TOPIC);
      const detail = { partitions: partitions.size, queueFull, lag: lag.reduce((sum, one) => sum + one, 0) };
      return { ready: true, detail };
    },
    async close() {
      stopBy = clock.now() + drainMs / 1000;
      const cancel = clock.after(drainMs, () => void sender.close()); // a full queue must not hold up the stop
      await idling.close();
      await subscription?.close();
      cancel();
      await sender.close();
    },
  };
}

/** Lets time pass in every partition, as far as everything published until then was taken in. */
async function passTime(
  { bus, clock, telemetry }: FeaturizeNeeds,
  partitions: readonly PartitionWindows[],
): Promise<void> {
  const now = clock.now(); // before the offsets: what they cover was all published by then
  const ends = await bus.offsets(EVENTS_TOPIC);
  await Promise.all(partitions.map((one) => one.idle(now, ends[one.partition]?.next ?? 0)));
  const endpoints = partitions.reduce((sum, one) => sum + one.endpoints, 0);
  telemetry.metrics.gauge('window_endpoints', endpoints);
}
