import { reasonOf } from '../contracts/errors.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { Stage } from '../contracts/stage.ts';
import { DEAD_LETTER_TOPIC, GROUPS, RESULTS_TOPIC } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Batch, Bus, Message, Subscription } from '../ports/bus/bus.ts';
import type { Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { type CommitBehind, commitBehind } from './commit-behind.ts';
import type { TechniqueAnalyzer } from './enrich.ts';
import { enrichLater } from './enrich-later.ts';
import { publishOutbox } from './outbox.ts';
import { deadLetterOf, readResult } from './read-result.ts';
import { type AlertSettings, isHit, type Taken, takeHit } from './take-hit.ts';

export type { TechniqueAnalyzer } from './enrich.ts';
export type { AlertSettings } from './take-hit.ts';

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
  const { bus, alerts, telemetry, clock } = needs;
  const publisher = publishOutbox(needs);
  const enricher =
    needs.analyzer && enrichLater({ ...needs, analyzer: needs.analyzer, onSaved: publisher.wake });
  const partitions = new Map<number, CommitBehind>();
  const { failed, fail } = failure();

  const progressOf = (partition: number): CommitBehind => {
    const known = partitions.get(partition);
    if (known) return known;
    const fresh = commitBehind(async (offset) => (await subscribed).commit(RESULTS_TOPIC, partition, offset));
    partitions.set(partition, fresh);
    return fresh;
  };

  async function takeResult(hit: InferenceResult, offset: number, progress: CommitBehind): Promise<void> {
    const settings = typeof needs.settings === 'function' ? needs.settings() : needs.settings;
    if (!isHit(hit, settings.minThreshold)) return;
    const taken = await takeHit(alerts, hit, { settings, at: clock.now() });
    tell(taken, hit, needs);
    publisher.wake();
    if (taken.alert === undefined || enricher === undefined) return;
    const done = progress.begin(offset);
    enricher.add({ alertId: taken.alert.alert_id, hit, done: () => void done().catch(fail) });
  }

  async function takeBatch(batch: Batch): Promise<void> {
    const { partition, messages } = batch;
    const progress = progressOf(partition);
    const dead: Message[] = [];
    for (const message of messages) {
      if (message.value.length === 0) continue; // a mark of time, no result
      const reading = readResult(message);
      if (reading.ok) {
        await takeResult(reading.result, message.offset, progress);
        continue;
      }
      telemetry.metrics.count('dead_letter_total', { stage: 'alerting', reason: reading.reason });
      dead.push(deadLetterOf(message, `${reading.reason}: ${reading.detail}`, clock.now()));
    }
    if (dead.length > 0) await bus.publish(DEAD_LETTER_TOPIC, dead);
    const last = messages.at(-1);
    if (last !== undefined && !batch.isStale()) await progress.readUpTo(last.offset + 1);
  }

  const subscribed: Promise<Subscription> = bus.subscribe({
    topics: [RESULTS_TOPIC],
    group: GROUPS.alerting,
    onBatch: takeBatch,
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

function tell(taken: Taken, hit: InferenceResult, { telemetry, clock }: AlertingNeeds): void {
  const { metrics, log } = telemetry;
  if (taken.kind === 'repeated') {
    metrics.count('alert_hits_repeated_total');
    return;
  }
  const { alert, correlated, dropped, kind } = taken;
  metrics.count('alerts_total', { severity: alert.severity, change: kind });
  for (const other of correlated)
    metrics.count('alerts_total', { severity: other.severity, change: 'correlated' });
  if (dropped > 0) metrics.count('alert_links_dropped_total', { reason: 'full' }, dropped);
  metrics.observe('alert_latency_seconds', Math.max(0, clock.now() - hit.scored_at));
  if (kind === 'merged') return;
  const { alert_id, tenant_id, endpoint_id, severity, attack_prob } = alert;
  log.info('opened an alert', { alert_id, tenant_id, endpoint_id, severity, attack_prob });
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
