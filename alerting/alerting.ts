import { reasonOf } from '../contracts/errors.ts';
import type { Stage } from '../contracts/stage.ts';
import { GROUPS, RESULTS_TOPIC } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Bus, Subscription } from '../ports/bus/bus.ts';
import type { Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { type CommitBehind, commitBehind } from './commit-behind.ts';
import type { TechniqueAnalyzer } from './enrich.ts';
import { enrichLater } from './enrich-later.ts';
import { publishOutbox } from './outbox.ts';
import type { AlertSettings } from './take-hit.ts';
import { takeResults } from './take-results.ts';

export interface AlertingNeeds {
  readonly bus: Bus;
  readonly alerts: AlertStore;
  readonly documents: Documents;
  /** Without one, alerts carry no techniques. */
  readonly analyzer?: TechniqueAnalyzer;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** A function is asked at every hit, so that new settings count at once. */
  readonly settings: AlertSettings | (() => AlertSettings);
}

/** Ids of taken-in results are kept for longer than any topic keeps the results themselves. */
const FORGET_AFTER_SECONDS = 7 * 86_400;
const FORGET_EVERY_MS = 3_600_000;

/**
 * Turns results into alerts: threshold, dedup, correlation, severity, each hit in one transaction (Logster
 * reference, section 7), then publishes every change and adds techniques. A result's offset is committed once
 * its techniques are there, so that a restart goes on with those that were not.
 */
export async function alerting(needs: AlertingNeeds): Promise<Stage> {
  const { bus, analyzer, telemetry } = needs;
  const publisher = publishOutbox(needs);
  const onSaved = publisher.wake;
  const enricher = analyzer && enrichLater({ ...needs, analyzer, onSaved });
  const { failed, fail } = failure();
  const taking = { ...needs, enricher, onSaved, onFailed: fail };

  const partitions = new Map<number, CommitBehind>();
  const progressOf = (partition: number): CommitBehind => {
    const known = partitions.get(partition);
    if (known) return known;
    const fresh = commitBehind(async (offset) => (await subscribed).commit(RESULTS_TOPIC, partition, offset));
    partitions.set(partition, fresh);
    return fresh;
  };
  const subscribed: Promise<Subscription> = bus.subscribe({
    topics: [RESULTS_TOPIC],
    group: GROUPS.alerting,
    onBatch: (batch) => takeResults(taking, batch, progressOf(batch.partition)),
    async onRevoked(_topic, partition) {
      partitions.get(partition)?.stop();
      partitions.delete(partition);
    },
  });
  const subscription = await subscribed;
  subscription.failed.then(() => fail(undefined), fail);
  const forgetting = forgetOld(needs);
  telemetry.log.info('started alerting', { group: GROUPS.alerting, techniques: enricher !== undefined });

  return {
    name: 'alerting',
    failed,
    async health() {
      const lag = await bus.lag(GROUPS.alerting, RESULTS_TOPIC);
      const detail = { lag: lag.reduce((sum, one) => sum + one, 0), enriching: enricher?.size() ?? 0 };
      return { ready: true, detail };
    },
    async close() {
      forgetting.stop();
      await enricher?.close(); // first, so that what it has done is committed
      await subscription.close();
      await publisher.close();
    },
  };
}

/** A promise that ends with the first reason given; without a reason it ends quietly. */
function failure(): { readonly failed: Promise<void>; readonly fail: (reason: unknown) => void } {
  let fail = (_reason: unknown): void => undefined;
  const failed = new Promise<void>((resolve, reject) => {
    fail = (reason) => (reason === undefined ? resolve() : reject(reason));
  });
  failed.catch(() => undefined); // whoever runs the stage listens; until then it is no unhandled rejection
  return { failed, fail };
}

function forgetOld({ alerts, telemetry, clock }: AlertingNeeds): { stop(): void } {
  let cancel = (): void => undefined;
  const later = (): void => {
    cancel = clock.after(FORGET_EVERY_MS, () => {
      alerts.forgetInferences(clock.now() - FORGET_AFTER_SECONDS).catch((thrown: unknown) => {
        telemetry.log.warn('Old result ids could not be forgotten, tried again later', {
          reason: reasonOf(thrown),
        });
      });
      later();
    });
  };
  later();
  return { stop: () => cancel() };
}
