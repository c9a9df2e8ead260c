import { type Response, Router } from 'express';
import { z } from 'zod';
import type { Alert } from '../../contracts/alert.ts';
import { type Access, callerOf } from '../../ports/access/access.ts';
import { type Caller, seesTenant } from '../../ports/access/roles.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Clock, Telemetry } from '../../ports/telemetry/telemetry.ts';
import { editAlert } from '../states.ts';
import { alertPage } from './alert-page.ts';
import { alertPatch, alertsQuery, noQuery } from './parameters.ts';
import { checked, jsonBody, Refusal, readJson } from './refusal.ts';

export interface AlertRouteNeeds {
  readonly alerts: AlertStore;
  readonly access: Access;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** `/alerts`: list, one, change, audit. */
export function alertRoutes({ alerts, access, telemetry, clock }: AlertRouteNeeds): Router {
  const router = Router();
  router.get('/alerts', access.needs('read'), async (request, response) => {
    response.json(await alertPage(alerts, callerOf(response), checked(alertsQuery, request.query)));
  });

  router.get('/alerts/:alert_id', access.needs('read'), async (request, response) => {
    checked(noQuery, request.query);
    const id = alertIdOf(request.params.alert_id);
    sendAlert(response, ownAlert(callerOf(response), id, await alerts.get(id)));
  });

  router.get('/alerts/:alert_id/audit', access.needs('read'), async (request, response) => {
    checked(noQuery, request.query);
    const id = alertIdOf(request.params.alert_id);
    ownAlert(callerOf(response), id, await alerts.get(id));
    const entries = await alerts.audit(id);
    response.json({
      audit: entries.map(({ at, alertId, tenantId, by, change, before, after }) => ({
        ...{ at, alert_id: alertId, tenant_id: tenantId, by, change },
        before: before === null ? null : JSON.parse(before),
        after: JSON.parse(after),
      })),
    });
  });

  router.patch('/alerts/:alert_id', access.needs('write'), readJson(), async (request, response) => {
    const id = alertIdOf(request.params.alert_id);
    const { status, notes, assignee, author } = checked(alertPatch, jsonBody(request));
    const caller = callerOf(response);
    const alert = await alerts.transaction(async (transaction) => {
      const before = ownAlert(caller, id, await transaction.get(id));
      needMatch(request.headers['if-match'], before);
      const edited = editAlert(before, {
        ...(status !== undefined && { status }),
        ...(notes !== undefined && { note: notes }),
        ...(assignee !== undefined && { assignee }),
        by: signedBy(caller, author),
        at: clock.now(),
      });
      if (!edited.ok) throw new Refusal(409, edited.reason);
      await transaction.save(edited.message);
      return edited.message.alert;
    });
    telemetry.metrics.count('alerts_total', { severity: alert.severity, change: 'status' });
    sendAlert(response, alert);
  });
  return router;
}

/** The alert, if there is one and the caller may see it; else the same 404 for both. */
export function ownAlert(caller: Caller, id: string, alert: Alert | undefined): Alert {
  if (alert !== undefined && seesTenant(caller, alert.tenant_id)) return alert;
  throw new Refusal(404, `There is no alert ${id}`);
}

/** Who a change is signed by: the name of the key or token where there is one, else what the sender calls himself. */
export function signedBy(caller: Caller, called: string): string {
  return caller.authenticated ? caller.name : called;
}

function alertIdOf(text: unknown): string {
  const id = z.uuid().safeParse(text);
  if (id.success) return id.data.toLowerCase();
  throw new Refusal(404, 'There is no such alert: its id must be a UUID');
}

/** The version of an alert as HTTP names it. */
function etagOf(alert: Alert): string {
  return `"${alert.updated_at}"`;
}

/** RFC 9110, section 13.1.1; the bare number of `updated_at` does as well. */
function needMatch(header: string | undefined, alert: Alert): void {
  if (header === undefined || header.trim() === '*') return;
  const known = header.split(',').map((one) => one.trim());
  if (known.includes(etagOf(alert)) || known.includes(String(alert.updated_at))) return;
  throw new Refusal(412, `The alert changed at ${alert.updated_at}; read it again before you change it`);
}

function sendAlert(response: Response, alert: Alert): void {
  response.set('ETag', etagOf(alert)).json(alert);
}
