import type { Alert, AlertState, Severity } from '../../contracts/alert.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { type Caller, seesTenant } from '../../ports/access/roles.ts';
import type { AlertFilter, AlertStore } from '../../ports/alerts/alerts.ts';
import type { Scope } from '../scope.ts';

export interface AlertsView {
  readonly total: number;
  readonly alerts: readonly Alert[];
}

export interface AlertsAsked {
  readonly limit: number;
  readonly offset: number;
  readonly sort: 'last_seen' | 'attack_prob';
  readonly status?: AlertState | undefined;
  readonly severity?: Severity | undefined;
  readonly technique?: string | undefined;
  readonly q?: string | undefined;
}

/** Alerts last seen within the scope, from the store itself: a verdict shows at once. */
export async function alertsOf(alerts: AlertStore, scope: Scope, asked: AlertsAsked): Promise<AlertsView> {
  const { limit, offset, sort, status, severity, technique, q } = asked;
  const filter: AlertFilter = {
    since: scope.range.from,
    ...(scope.range.to !== undefined && { until: scope.range.to }),
    ...(scope.tenantIds && { tenantIds: scope.tenantIds }),
    ...(scope.endpointId !== undefined && { endpointId: scope.endpointId }),
    ...(status !== undefined && { status }),
    ...(severity !== undefined && { severity }),
    ...(technique !== undefined && { technique }),
    ...(q !== undefined && q !== '' && { text: q }),
  };
  return alerts.list(filter, { limit, offset, sort });
}

/** One alert. Throws `not-found` where there is none that the caller may see. */
export async function alertOf(alerts: AlertStore, alertId: string, caller: Caller): Promise<Alert> {
  const alert = await alerts.get(alertId);
  if (alert && seesTenant(caller, alert.tenant_id)) return alert;
  throw new LogsterError('not-found', `There is no alert ${alertId}`);
}
