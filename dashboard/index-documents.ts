import { reasonOf } from '../contracts/errors.ts';
import { withoutRaw } from '../contracts/event-text.ts';
import type { Stage } from '../contracts/stage.ts';
import { ALERTS_TOPIC, EVENTS_TOPIC, GROUPS, RESULTS_TOPIC, type Topic } from '../contracts/topics.ts';
import type { Batch, Bus, Subscription } from '../ports/bus/bus.ts';
import type { Document, Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';

export interface IndexNeeds {
  readonly bus: Bus;
  readonly documents: Documents;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly retentionDays: { readonly events: number; readonly inferences: number; readonly alerts: number };
}

/**
 * Documents of all partitions are stored together, so often: a transaction of many costs little more than one of a few,
 * and a page that is half a second behind is still live.
 */
const STORE_EVERY_MS = 400;
const STORE_AT = 2000; // documents; more would block the process for too long
const MESSAGES = 1000;

const DAY_SECONDS = 86_400;
const RETENTION_EVERY_MS = 10 * 60_000;

/** Copies events, results and alerts into the indices that the dashboard reads, and removes what is too old. */
export async function indexDocuments(needs: IndexNeeds): Promise<Stage> {
  const { bus, telemetry, clock } = needs;
  const store = storeTogether(needs);
  // a first batch may come before the subscription is handed over
  const subscribed: Promise<Subscription> = bus.subscribe({
    topics: [EVENTS_TOPIC, RESULTS_TOPIC, ALERTS_TOPIC],
    group: GROUPS.index,
    maxMessages: MESSAGES,
    async onBatch(batch) {
      await store(batch);
      const last = batch.messages.at(-1);
      if (last && !batch.isStale())
        await (await subscribed).commit(batch.topic, batch.partition, last.offset + 1);
    },
  });

  const subscription = await subscribed;

  let callOff: () => void = () => undefined;
  const retain = (): void => {
    callOff = clock.after(RETENTION_EVERY_MS, () => {
      removeOld(needs)
        .catch((thrown: unknown) =>
          telemetry.log.warn('Old documents could not be removed', { reason: reasonOf(thrown) }),
        )
        .finally(retain);
    });
  };
  retain();

  return {
    name: 'index',
    failed: subscription.failed,
    async health() {
      const lag = await Promise.all(
        [EVENTS_TOPIC, RESULTS_TOPIC, ALERTS_TOPIC].map((topic) => bus.lag(GROUPS.index, topic as Topic)),
      );
      return { ready: true, detail: { lag: lag.flat().reduce((sum, behind) => sum + behind, 0) } };
    },
    async close() {
      callOff();
      await subscription.close();
    },
  };
}

interface Waiting {
  readonly batch: Batch;
  readonly done: () => void;
  readonly fail: (reason: unknown) => void;
}

/** Gathers the batches of all partitions and stores them in one go; each is told when its own are safe. */
function storeTogether(needs: IndexNeeds): (batch: Batch) => Promise<void> {
  let waiting: Waiting[] = [];
  let messages = 0;
  let callOff: (() => void) | undefined;
  const flush = (): void => {
    callOff?.();
    callOff = undefined;
    const together = waiting;
    waiting = [];
    messages = 0;
    storeAll(
      needs,
      together.map(({ batch }) => batch),
    ).then(
      () => {
        for (const { done } of together) done();
      },
      (reason: unknown) => {
        for (const { fail } of together) fail(reason);
      },
    );
  };
  return (batch) =>
    new Promise((done, fail) => {
      waiting.push({ batch, done: () => done(), fail });
      messages += batch.messages.length;
      if (messages >= STORE_AT) flush();
      else callOff ??= needs.clock.after(STORE_EVERY_MS, flush);
    });
}

async function storeAll(needs: IndexNeeds, batches: readonly Batch[]): Promise<void> {
  await create(needs, 'logster-events', 'event_id', valuesOf(batches, EVENTS_TOPIC));
  await create(needs, 'logster-inferences', 'inference_id', valuesOf(batches, RESULTS_TOPIC));
  for (const value of valuesOf(batches, ALERTS_TOPIC)) {
    const { alert } = JSON.parse(value.toString()) as { alert: Document };
    await needs.documents.put(
      'logster-alerts',
      String(alert['alert_id']),
      alert,
      Number(alert['updated_at']),
    );
    needs.telemetry.metrics.count('indexed_total', { index: 'logster-alerts' });
  }
}

/** Messages without a value are marks of time for the windows, not documents. */
function valuesOf(batches: readonly Batch[], topic: Topic): Buffer[] {
  return batches
    .filter((batch) => batch.topic === topic)
    .flatMap(({ messages }) => messages)
    .flatMap(({ value }) => (value.length > 0 ? [value] : []));
}

async function create(
  { documents, telemetry }: IndexNeeds,
  index: 'logster-events' | 'logster-inferences',
  idField: string,
  values: readonly Buffer[],
): Promise<void> {
  if (values.length === 0) return;
  const { created } = await documents.create(
    index,
    values.map((value) => {
      const json = value.toString();
      const body = (withoutRaw(value) ?? JSON.parse(json)) as Document;
      return { id: String(body[idField]), body, json };
    }),
  );
  telemetry.metrics.count('indexed_total', { index }, created);
}

/** By the wall clock: a replayed old capture is new here. */
async function removeOld({ documents, clock, retentionDays, telemetry }: IndexNeeds): Promise<void> {
  const before = (days: number) => clock.now() - days * DAY_SECONDS;
  const removed =
    (await documents.expire('logster-events', 'ingested_at', before(retentionDays.events))) +
    (await documents.expire('logster-inferences', 'scored_at', before(retentionDays.inferences))) +
    (await documents.expire('logster-alerts', 'updated_at', before(retentionDays.alerts)));
  if (removed > 0) telemetry.log.info('Old documents were removed', { removed });
}
