import type { Alert, AlertChange } from '../contracts/alert.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { AlertStore, AlertTransaction } from '../ports/alerts/alerts.ts';
import { correlate, isFullyLinked } from './correlate.ts';
import { absorbs, mergeHit, openAlert } from './dedup.ts';

export interface AlertSettings {
  readonly minThreshold: number; // attack probability from which a window alerts
  readonly dedupWindowSeconds: number; // event time
  readonly correlationWindowSeconds: number; // event time
}

/** What became of a hit. */
export type Taken =
  | {
      readonly kind: 'created' | 'merged';
      readonly alert: Alert;
      readonly correlated: readonly Alert[];
      readonly dropped: number; // links there was no room for
    }
  /** It was taken in before; `alert` holds it, unless that one is no longer told. */
  | { readonly kind: 'repeated'; readonly alert: Alert | undefined };

/** Alerts of one endpoint looked through for a hit that was delivered again: it is in the last one or two. */
const LOOK_BACK = 5;

/** Whether a result raises or joins an alert. An error is not an attack, and what was not scored is neither. */
export function isHit(result: InferenceResult, minThreshold: number): boolean {
  return result.prediction !== 'error' && !result.prefiltered && result.attack_prob >= minThreshold;
}

/**
 * Takes a hit in, in one transaction: merged into its endpoint's alert or as a new one, linked with other
 * endpoints' alerts, each change put out for publication. The same hit again changes nothing.
 */
export async function takeHit(
  store: AlertStore,
  hit: InferenceResult,
  { settings, at }: { readonly settings: AlertSettings; readonly at: number },
): Promise<Taken> {
  return store.transaction(async (transaction) => {
    if (!(await transaction.takeIn(hit.inference_id, at))) {
      return { kind: 'repeated', alert: await holderOf(transaction, hit) };
    }
    const { kind, alert: own } = await dedup(transaction, hit, { settings, at });
    const seconds = settings.correlationWindowSeconds;
    const near = isFullyLinked(own) ? [] : await nearOf(transaction, hit, settings);
    const { alert, others, dropped } = correlate(own, near, { hitAt: hit.window_end, seconds, at });
    await transaction.save({ change: kind, alert });
    for (const message of others) await transaction.save(message);
    return { kind, alert, correlated: others.map((message) => message.alert), dropped };
  });
}

async function dedup(
  transaction: AlertTransaction,
  hit: InferenceResult,
  { settings, at }: { readonly settings: AlertSettings; readonly at: number },
): Promise<{ readonly kind: AlertChange & ('created' | 'merged'); readonly alert: Alert }> {
  const { tenant_id, endpoint_id, platform } = hit;
  const active = await transaction.activeOf(tenant_id, endpoint_id, platform);
  if (active !== undefined && absorbs(active, hit, settings.dedupWindowSeconds)) {
    return { kind: 'merged', alert: mergeHit(active, hit, at) };
  }
  const previous = await transaction.latestOf(tenant_id, endpoint_id, platform);
  return { kind: 'created', alert: openAlert(hit, previous, at) };
}

/**
 * Alerts that may have a hit close to this one. Those whose last is later are looked at too, as far as one
 * merge reaches: partitions are read side by side, so another endpoint may be ahead.
 */
function nearOf(
  transaction: AlertTransaction,
  { tenant_id, endpoint_id, window_end }: InferenceResult,
  { correlationWindowSeconds, dedupWindowSeconds }: AlertSettings,
): Promise<readonly Alert[]> {
  const rounding = 0.001; // times are compared to the millisecond
  const from = window_end - correlationWindowSeconds - rounding;
  const to = window_end + correlationWindowSeconds + dedupWindowSeconds + rounding;
  return transaction.near(tenant_id, endpoint_id, from, to);
}

async function holderOf(transaction: AlertTransaction, hit: InferenceResult): Promise<Alert | undefined> {
  let alert = await transaction.latestOf(hit.tenant_id, hit.endpoint_id, hit.platform);
  for (let looked = 0; alert !== undefined && looked < LOOK_BACK; looked += 1) {
    if (alert.inference_ids.includes(hit.inference_id)) return alert;
    alert = alert.previous_alert_id === null ? undefined : await transaction.get(alert.previous_alert_id);
  }
  return undefined;
}
