import { DEAD_LETTER_TOPIC } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Batch, Bus, Message, Received } from '../ports/bus/bus.ts';
import { deadLetterOf } from '../ports/dead-letter.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { untilAvailable } from '../ports/until-available.ts';
import type { CommitBehind } from './commit-behind.ts';
import { isFullyLinked } from './correlate.ts';
import type { Enricher } from './enrich-later.ts';
import { readResult } from './read-result.ts';
import { type AlertSettings, isHit, type Taken, takeHit } from './take-hit.ts';

export interface TakeNeeds {
  readonly bus: Bus;
  readonly alerts: AlertStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly settings: AlertSettings | (() => AlertSettings);
  /** Without one, a result is done once its alert is saved. */
  readonly enricher: Enricher | undefined;
  /** Called after a change was saved. */
  readonly onSaved: () => void;
  /** Called when a result that was done could not be committed. */
  readonly onFailed: (reason: unknown) => void;
}

/** Takes one batch of results into the alerts; what is no result goes to dead letters. */
export async function takeResults(needs: TakeNeeds, batch: Batch, progress: CommitBehind): Promise<void> {
  const { bus, telemetry, clock } = needs;
  const dead: Message[] = [];
  for (const message of batch.messages) {
    if (message.value.length === 0) continue; // a mark of time, no result
    const isOver = (): boolean => batch.isStale();
    const reason = await untilAvailable({ what: 'alerts', ...needs, isOver }, () =>
      takeResult(needs, message, progress),
    );
    if (reason !== undefined) dead.push(deadLetterOf('alerting', message, reason, clock.now()));
  }
  if (dead.length > 0) await bus.publish(DEAD_LETTER_TOPIC, dead);
  const last = batch.messages.at(-1);
  if (last !== undefined && !batch.isStale()) await progress.readUpTo(last.offset + 1);
  telemetry.metrics.count('alert_results_total', {}, batch.messages.length);
}

/** Answers why a message is no result; undefined where it is one. */
async function takeResult(
  needs: TakeNeeds,
  message: Received,
  progress: CommitBehind,
): Promise<string | undefined> {
  const { alerts, enricher, telemetry, clock } = needs;
  const reading = readResult(message);
  if (!reading.ok) {
    telemetry.metrics.count('dead_letter_total', { stage: 'alerting', reason: reading.reason });
    return `${reading.reason}: ${reading.detail}`;
  }
  const hit = reading.result;
  const settings = typeof needs.settings === 'function' ? needs.settings() : needs.settings;
  if (!isHit(hit, settings.minThreshold)) return undefined;
  const taken = await takeHit(alerts, hit, { settings, at: clock.now() });
  tell(taken, hit.scored_at, needs);
  needs.onSaved();
  if (taken.alert === undefined || enricher === undefined) return undefined;
  const done = progress.begin(message.offset);
  const alertId = taken.alert.alert_id;
  enricher.add({ alertId, hit, done: () => void done().catch(needs.onFailed) });
  return undefined;
}

function tell(taken: Taken, scoredAt: number, { telemetry, clock }: TakeNeeds): void {
  const { metrics, log } = telemetry;
  if (taken.kind === 'repeated') {
    metrics.count('alert_hits_repeated_total');
    return;
  }
  const { alert, correlated, dropped, kind } = taken;
  metrics.count('alerts_total', { severity: alert.severity, change: kind });
  for (const { severity } of correlated) metrics.count('alerts_total', { severity, change: 'correlated' });
  if (dropped > 0) metrics.count('alert_links_dropped_total', { reason: 'full' }, dropped);
  if (isFullyLinked(alert)) metrics.count('alert_hits_unlinked_total', { reason: 'full' });
  // since the score: event time may be a recording's
  metrics.observe('alert_latency_seconds', Math.max(0, clock.now() - scoredAt));
  if (kind === 'merged') return;
  const { alert_id, tenant_id, endpoint_id, severity, attack_prob } = alert;
  log.info('opened an alert', { alert_id, tenant_id, endpoint_id, severity, attack_prob });
}
