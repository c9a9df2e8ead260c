import { Router } from 'express';
import { callerOf } from '../../ports/access/access.ts';
import { tenantsOf } from '../../ports/access/roles.ts';
import type { AlertRouteNeeds } from './alert-routes.ts';
import { bulkVerdicts } from './bulk-verdicts.ts';
import { giveVerdict, type VerdictNeeds } from './give-verdict.ts';
import { bulkBody, feedbackBody, feedbackQuery, queueQuery } from './parameters.ts';
import { checked, jsonBody, readJson } from './refusal.ts';
import { type QueueNeeds, teachingQueue } from './teaching-queue.ts';

/** 500 verdicts with the longest notes in plain letters are some 2.5 MB. */
const BULK_LIMIT = '4mb';

/** `/feedback`: verdicts, given and read, and the windows to judge next. */
export function feedbackRoutes(needs: AlertRouteNeeds & VerdictNeeds & QueueNeeds): Router {
  const { alerts, access } = needs;
  const router = Router();
  router.post('/feedback', access.needs('write'), readJson(), async (request, response) => {
    const verdict = checked(feedbackBody, jsonBody(request));
    response.status(201).json(await giveVerdict(needs, callerOf(response), verdict));
  });

  router.post('/feedback/bulk', access.needs('write'), readJson(BULK_LIMIT), async (request, response) => {
    const { verdicts } = checked(bulkBody, jsonBody(request));
    const outcomes = await bulkVerdicts(needs, callerOf(response), verdicts);
    const accepted = outcomes.filter(({ status }) => status === 201).length;
    response.json({ accepted, refused: outcomes.length - accepted, outcomes });
  });

  router.get('/feedback', access.needs('read'), async (request, response) => {
    const { tenant_id, platform, reason, analyst, since, limit } = checked(feedbackQuery, request.query);
    const tenantIds = tenantsOf(callerOf(response), tenant_id);
    const feedback = await alerts.feedback(since, limit, {
      ...(tenantIds !== undefined && { tenantIds }),
      ...(platform !== undefined && { platform }),
      ...(reason !== undefined && { reason }),
      ...(analyst !== undefined && { analyst }),
    });
    response.json({ feedback });
  });

  router.get('/feedback/queue', access.needs('read'), async (request, response) => {
    response.json(await teachingQueue(needs, callerOf(response), checked(queueQuery, request.query)));
  });
  return router;
}
