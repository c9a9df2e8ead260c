import type { Alert } from '../contracts/alert.ts';
import { idOf } from '../contracts/ids.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import { changeAlert, LOGSTER } from './change-alert.ts';
import { graver, severityOf } from './severity.ts';
import { summaryOf } from './summary.ts';

/**
 * Ids an alert carries along: eight hours of an alert every tick. `count` goes on, and so does the audit; an
 * alert that lasts for weeks stays small enough to publish with every change.
 */
const INFERENCE_IDS = 1000;

/**
 * Whether an endpoint's alert takes in a hit: its window ends within `seconds` of the alert's first or last
 * window or between them, in event time. Closed intervals: 300.000 s still merges. A closed alert never does.
 */
export function absorbs(alert: Alert, hit: InferenceResult, seconds: number): boolean {
  if (alert.status === 'resolved' || alert.status === 'false_positive') return false;
  return (
    secondsAfter(alert.last_seen, hit.window_end) <= seconds &&
    secondsAfter(hit.window_end, alert.first_seen) <= seconds
  );
}

/** Seconds from one time to another, to the millisecond: two epoch times differ by a rounding error less or more. */
export function secondsAfter(from: number, to: number): number {
  return Math.round((to - from) * 1000) / 1000;
}

/** The alert that a hit opens. `previous` is the endpoint's alert before it; `at` is wall clock, epoch seconds. */
export function openAlert(hit: InferenceResult, previous: Alert | undefined, at: number): Alert {
  const { tenant_id, endpoint_id, hostname, platform, attack_prob, confidence } = hit;
  const { model_name, model_version } = hit;
  return {
    alert_id: idOf('alert', hit.inference_id),
    ...{ tenant_id, endpoint_id, hostname, platform, attack_prob, confidence, model_name, model_version },
    severity: severityOf(attack_prob),
    status: 'open',
    created_at: at,
    updated_at: at,
    first_seen: hit.window_end,
    last_seen: hit.window_end,
    count: 1,
    inference_ids: [hit.inference_id],
    related_endpoints: [],
    related_alert_ids: [],
    ttp_techniques: [],
    ttp_tactics: [],
    techniques: [],
    summary: summaryOf(hit),
    notes: [],
    assignee: null,
    verdict: null,
    previous_alert_id: previous?.alert_id ?? null,
    history: [{ at, change: 'created', by: LOGSTER, detail: tellHit(hit) }],
  };
}

/** The alert with a hit taken in: the highest probability, with its model and summary, and severity stay. */
export function mergeHit(alert: Alert, hit: InferenceResult, at: number): Alert {
  const { attack_prob, confidence, model_name, model_version } = hit;
  const higher = attack_prob > alert.attack_prob;
  const fields: Partial<Alert> = {
    ...(higher && { attack_prob, confidence, model_name, model_version, summary: summaryOf(hit) }),
    severity: graver(alert.severity, severityOf(attack_prob)),
    first_seen: Math.min(alert.first_seen, hit.window_end),
    last_seen: Math.max(alert.last_seen, hit.window_end),
    count: alert.count + 1,
    inference_ids:
      alert.inference_ids.length < INFERENCE_IDS
        ? [...alert.inference_ids, hit.inference_id]
        : alert.inference_ids,
  };
  return changeAlert(alert, { at, change: 'merged', by: LOGSTER, detail: tellHit(hit) }, fields).alert;
}

function tellHit(hit: InferenceResult): string {
  return `inference ${hit.inference_id}, probability ${hit.attack_prob.toFixed(3)}`;
}
