import type { Alert } from '../../contracts/alert.ts';
import type { Feedback, FeedbackRequest } from '../../contracts/feedback.ts';
import { idOf } from '../../contracts/ids.ts';
import { type Caller, seesTenant } from '../../ports/access/roles.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { GraphStore, KeptWindow } from '../../ports/graphs/graphs.ts';
import type { Clock, Telemetry } from '../../ports/telemetry/telemetry.ts';
import { judgeAlert } from '../states.ts';
import { ownAlert, signedBy } from './alert-routes.ts';
import { Refusal } from './refusal.ts';

export interface VerdictNeeds {
  readonly alerts: AlertStore;
  readonly graphs: GraphStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** A verdict that was kept, with the alert after it; null where it was on a window. */
export interface Judged {
  readonly feedback_id: string;
  readonly alert: Alert | null;
}

type Signed = FeedbackRequest & { readonly at: number }; // wall clock, epoch seconds

/** Keeps one verdict, in one transaction. Throws the `Refusal` that says why not. */
export async function giveVerdict(
  needs: VerdictNeeds,
  caller: Caller,
  verdict: FeedbackRequest,
): Promise<Judged> {
  const { alert_id, inference_id } = verdict;
  const signed = { ...verdict, analyst: signedBy(caller, verdict.analyst), at: needs.clock.now() };
  const judged =
    alert_id !== undefined
      ? await onAlert(needs, caller, { alertId: alert_id.toLowerCase(), verdict: signed })
      : await onWindow(needs, await ownWindow(needs.graphs, caller, inference_id?.toLowerCase()), signed);
  const { metrics } = needs.telemetry;
  metrics.count('feedback_total', { verdict: VERDICTS[String(verdict.is_true_positive)] ?? 'unknown' });
  if (judged.alert !== null) {
    metrics.count('alerts_total', { severity: judged.alert.severity, change: 'feedback' });
  }
  return judged;
}

const VERDICTS: Readonly<Record<string, string>> = { true: 'true_positive', false: 'false_positive' };

async function onAlert(
  { alerts }: VerdictNeeds,
  caller: Caller,
  { alertId, verdict }: { readonly alertId: string; readonly verdict: Signed },
): Promise<Judged> {
  return alerts.transaction(async (transaction) => {
    const alert = ownAlert(caller, alertId, await transaction.get(alertId));
    const { alert_id, tenant_id, endpoint_id, platform, inference_ids, model_version } = alert;
    const feedback: Feedback = {
      ...numbered(alert_id, verdict, await transaction.feedbackOf(alertId)),
      ...{ alert_id, tenant_id, endpoint_id, platform, inference_ids, model_version },
    };
    const message = judgeAlert(alert, feedback);
    await transaction.addFeedback(feedback);
    await transaction.save(message);
    return { feedback_id: feedback.feedback_id, alert: message.alert };
  });
}

/**
 * Verdicts on the alert that holds the window stay beside it: they speak of its other windows too, and on this one
 * the narrower or newer counts.
 */
async function onWindow({ alerts }: VerdictNeeds, window: KeptWindow, verdict: Signed): Promise<Judged> {
  return alerts.transaction(async (transaction) => {
    const given = await transaction.feedbackOn(window.inferenceId);
    const onItself = given.filter((one) => one.alert_id === null);
    const feedback: Feedback = {
      ...numbered(window.inferenceId, verdict, onItself),
      alert_id: null,
      tenant_id: window.tenantId,
      endpoint_id: window.endpointId,
      platform: window.platform,
      inference_ids: [window.inferenceId],
      model_version: window.modelVersion,
    };
    await transaction.addFeedback(feedback);
    return { feedback_id: feedback.feedback_id, alert: null };
  });
}

/** What a verdict says, under an id that follows from what it is on and how many were given before. */
function numbered(on: string, verdict: Signed, given: readonly Feedback[]) {
  const { is_true_positive, reason, notes, analyst, techniques, scope, process, at } = verdict;
  const earlier = given.findLast((one) => one.analyst === analyst);
  if (earlier !== undefined && !verdict.replace) {
    const detail = `${analyst} has judged this already; send "replace": true to change the verdict`;
    throw new Refusal(409, detail);
  }
  return {
    feedback_id: idOf('feedback', on, analyst, String(given.length)),
    ...{ is_true_positive, reason, notes, analyst, techniques, scope, at },
    process: process ?? null,
    replaces: earlier?.feedback_id ?? null,
  };
}

/** The kept window, if there is one and the caller may see it; else the same 404 for both. */
async function ownWindow(graphs: GraphStore, caller: Caller, inferenceId = ''): Promise<KeptWindow> {
  const [window] = await graphs.get([inferenceId]);
  if (window !== undefined && seesTenant(caller, window.tenantId)) return window;
  throw new Refusal(404, `There is no kept window ${inferenceId}; it may have expired`);
}
