import { reasonOf } from '../contracts/errors.ts';
import type { Stage } from '../contracts/stage.ts';
import { ALERTS_TOPIC, EVENTS_TOPIC, GROUPS, RESULTS_TOPIC, type Topic } from '../contracts/topics.ts';
import type { Batch, Bus, Subscription } from '../ports/bus/bus.ts';
import type { Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { untilAvailable } from '../ports/until-available.ts';
import { storeBatches } from './store-batches.ts';

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
  let isClosing = false;
  const store = storeTogether({ ...needs, isClosing: () => isClosing });
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
      isClosing = true;
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
function storeTogether(
  needs: IndexNeeds & { readonly isClosing: () => boolean },
): (batch: Batch) => Promise<void> {
  let waiting: Waiting[] = [];
  let messages = 0;
  let callOff: (() => void) | undefined;
  const flush = (): void => {
    callOff?.();
    callOff = undefined;
    const together = waiting;
    waiting = [];
    messages = 0;
    const batches = together.map(({ batch }) => batch);
    const isOver = (): boolean => needs.isClosing() || batches.every((batch) => batch.isStale());
    untilAvailable({ what: 'documents', ...needs, isOver }, () => storeBatches(needs, batches)).then(
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

/** By the wall clock: a replayed old capture is new here. */
async function removeOld({ documents, clock, retentionDays, telemetry }: IndexNeeds): Promise<void> {
  const before = (days: number) => clock.now() - days * DAY_SECONDS;
  const removed =
    (await documents.expire('logster-events', 'ingested_at', before(retentionDays.events))) +
    (await documents.expire('logster-inferences', 'scored_at', before(retentionDays.inferences))) +
    (await documents.expire('logster-alerts', 'updated_at', before(retentionDays.alerts)));
  if (removed > 0) telemetry.log.info('Old documents were removed', { removed });
}
