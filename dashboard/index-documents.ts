import { reasonOf } from '../contracts/errors.ts';
import type { IndexName } from '../contracts/indices.ts';
import type { Stage } from '../contracts/stage.ts';
import { ALERTS_TOPIC, EVENTS_TOPIC, GROUPS, RESULTS_TOPIC, type Topic } from '../contracts/topics.ts';
import type { Batch, Bus } from '../ports/bus/bus.ts';
import type { Document, Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';

export interface IndexNeeds {
  readonly bus: Bus;
  readonly documents: Documents;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly retentionDays: { readonly events: number; readonly inferences: number; readonly alerts: number };
}

const DAY_SECONDS = 86_400;
const RETENTION_EVERY_MS = 10 * 60_000;

/** Copies events, results and alerts into the indices that the dashboard reads, and removes what is too old. */
export async function indexDocuments(needs: IndexNeeds): Promise<Stage> {
  const { bus, telemetry, clock } = needs;
  const subscription = await bus.subscribe({
    topics: [EVENTS_TOPIC, RESULTS_TOPIC, ALERTS_TOPIC],
    group: GROUPS.index,
    async onBatch(batch) {
      await store(needs, batch);
      const last = batch.messages.at(-1);
      if (last && !batch.isStale()) await subscription.commit(batch.topic, batch.partition, last.offset + 1);
    },
  });

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

/** Messages without a value are marks of time for the windows, not documents. */
async function store({ documents, telemetry }: IndexNeeds, { topic, messages }: Batch): Promise<void> {
  const bodies = messages
    .filter((message) => message.value.length > 0)
    .map((message) => JSON.parse(message.value.toString()) as Document);
  if (topic === ALERTS_TOPIC) {
    for (const body of bodies) {
      const alert = body.alert as Document;
      await documents.put('logster-alerts', String(alert.alert_id), alert, Number(alert.updated_at));
    }
    telemetry.metrics.count('indexed_total', { index: 'logster-alerts' }, bodies.length);
    return;
  }
  const [index, idField]: [IndexName, string] =
    topic === EVENTS_TOPIC ? ['logster-events', 'event_id'] : ['logster-inferences', 'inference_id'];
  const { created } = await documents.create(
    index,
    bodies.map((body) => ({ id: String(body[idField]), body })),
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
