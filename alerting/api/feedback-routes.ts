import { Router } from 'express';
import type { z } from 'zod';
import type { Alert } from '../../contracts/alert.ts';
import { type Feedback, feedbackRequestSchema } from '../../contracts/feedback.ts';
import { idOf } from '../../contracts/ids.ts';
import { callerOf } from '../../ports/access/access.ts';
import { type Caller, tenantsOf } from '../../ports/access/roles.ts';
import type { AlertStore, AlertTransaction } from '../../ports/alerts/alerts.ts';
import { judgeAlert } from '../states.ts';
import { type AlertRouteNeeds, ownAlert, signedBy } from './alert-routes.ts';
import { feedbackQuery } from './parameters.ts';
import { checked, jsonBody, Refusal, readJson } from './refusal.ts';

/** Body of `POST /feedback`. */
export const feedbackBody = feedbackRequestSchema.strict();
type Verdict = z.infer<typeof feedbackBody>;

/** `/feedback`: verdicts, given and read. */
export function feedbackRoutes({ alerts, access, telemetry, clock }: AlertRouteNeeds): Router {
  const router = Router();
  router.post('/feedback', access.needs('write'), readJson(), async (request, response) => {
    const verdict = checked(feedbackBody, jsonBody(request));
    const caller = callerOf(response);
    const alertId = verdict.alert_id.toLowerCase();
    const judged = await alerts.transaction(async (transaction) => {
      const alert = ownAlert(caller, alertId, await transaction.get(alertId));
      const analyst = signedBy(caller, verdict.analyst);
      const feedback = await feedbackOn(transaction, alert, { ...verdict, analyst, at: clock.now() });
      const message = judgeAlert(alert, feedback);
      await transaction.addFeedback(feedback);
      await transaction.save(message);
      return { feedback_id: feedback.feedback_id, alert: message.alert };
    });
    const given = verdict.is_true_positive ? 'true_positive' : 'false_positive';
    telemetry.metrics.count('feedback_total', { verdict: given });
    telemetry.metrics.count('alerts_total', { severity: judged.alert.severity, change: 'feedback' });
    response.status(201).json(judged);
  });

  router.get('/feedback', access.needs('read'), async (request, response) => {
    const { tenant_id, since, limit } = checked(feedbackQuery, request.query);
    response.json({ feedback: await feedbackSeen(alerts, callerOf(response), { tenant_id, since, limit }) });
  });
  return router;
}

async function feedbackOn(
  transaction: AlertTransaction,
  alert: Alert,
  verdict: Verdict & { readonly at: number },
): Promise<Feedback> {
  const { is_true_positive, notes, analyst, techniques, at } = verdict;
  const given = await transaction.feedbackOf(alert.alert_id);
  const earlier = given.findLast((one) => one.analyst === analyst);
  if (earlier !== undefined && !verdict.replace) {
    throw new Refusal(
      409,
      `${analyst} has judged this alert already; send "replace": true to change the verdict`,
    );
  }
  return {
    feedback_id: idOf('feedback', alert.alert_id, analyst, String(given.length)),
    alert_id: alert.alert_id,
    tenant_id: alert.tenant_id,
    ...{ is_true_positive, notes, analyst, techniques, at },
    inference_ids: alert.inference_ids,
    model_version: alert.model_version,
    replaces: earlier?.feedback_id ?? null,
  };
}

/** The store knows no tenants here, so it is asked for more until enough of them are the caller's. */
async function feedbackSeen(
  store: AlertStore,
  caller: Caller,
  asked: { readonly tenant_id: string | undefined; readonly since: number; readonly limit: number },
): Promise<readonly Feedback[]> {
  const tenants = tenantsOf(caller, asked.tenant_id);
  for (let read = asked.limit; ; read *= 4) {
    const all = await store.feedback(asked.since, read);
    const seen = tenants === undefined ? all : all.filter((one) => tenants.includes(one.tenant_id));
    if (seen.length >= asked.limit || all.length < read) return seen.slice(0, asked.limit);
  }
}
