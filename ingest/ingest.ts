import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../contracts/stage.ts';
import { DEAD_LETTER_TOPIC, EVENTS_TOPIC, GROUPS, RAW_TOPICS, type RawTopic } from '../contracts/topics.ts';
import type { Bus } from '../ports/bus/bus.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { outgoing } from './outgoing.ts';
import { readRecords } from './read.ts';
import type { RawRecord } from './record.ts';
import { tally } from './tally.ts';
import { isDivided, TimeMerge } from './time-merge.ts';
import { isWatermark } from './watermark.ts';

/** What the stage works with. */
export interface IngestNeeds {
  readonly bus: Bus;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Between two looks at a batch of which nothing may be taken yet. */
const WAIT_MS = 10;

/**
 * Turns every sensor's records into normalized events. Keeps no state, so any number may run. A batch is
 * committed once its events and dead letters are confirmed: a kill repeats it, and repeats have the same ids.
 */
export async function ingest({ bus, telemetry, clock }: IngestNeeds): Promise<Stage> {
  const merge = new TimeMerge(() => clock.now());
  const subscribed = bus.subscribe({
    topics: RAW_TOPICS,
    group: GROUPS.ingest,
    async onAssigned(topic, partition) {
      merge.assigned(topic, partition); // before anything is awaited: all partitions of a share are assigned at once
      const lag = isDivided(topic) ? await bus.lag(GROUPS.ingest, topic) : [];
      if ((lag[partition] ?? 0) === 0) merge.nothingWaits(topic, partition);
      return undefined;
    },
    async onRevoked(topic, partition) {
      merge.revoked(topic, partition);
    },
    async onBatch(batch) {
      const topic = batch.topic as RawTopic; // no other topic is subscribed to
      const count = merge.ready(batch);
      const later = batch.messages[count];
      if (later) batch.giveBackFrom(later.offset);
      if (count === 0) {
        await pause(WAIT_MS); // for the topics that are behind
        return;
      }
      const messages = batch.messages.slice(0, count);
      const records: RawRecord[] = [];
      for (const message of messages) {
        if (!isWatermark(message)) records.push({ ...message, topic });
      }
      const readings = readRecords(topic, records, clock.now());
      const { events, deadLetters, lost } = outgoing(messages.filter(isWatermark), readings, clock.now());
      if (events.length > 0) await bus.publish(EVENTS_TOPIC, events);
      if (deadLetters.length > 0) await bus.publish(DEAD_LETTER_TOPIC, deadLetters);
      merge.taken(batch, count);
      const last = messages.at(-1);
      if (last === undefined || batch.isStale()) return;
      await (await subscribed).commit(batch.topic, batch.partition, last.offset + 1);
      tally(topic, readings, lost, telemetry.metrics);
    },
  });
  const subscription = await subscribed;
  let ready = true;
  subscription.failed.catch(() => {
    ready = false; // whoever runs the stage hears of it through `failed`
  });
  telemetry.log.info('started to normalize', { topics: RAW_TOPICS, group: GROUPS.ingest });
  return {
    name: 'ingest',
    failed: subscription.failed,
    async health() {
      const lags = await Promise.all(RAW_TOPICS.map((topic) => bus.lag(GROUPS.ingest, topic)));
      return { ready, detail: { lag: lags.flat().reduce((sum, behind) => sum + behind, 0) } };
    },
    close: () => subscription.close(),
  };
}
