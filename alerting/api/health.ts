import type { RequestHandler } from 'express';
import { reasonOf } from '../../contracts/errors.ts';
import type { Access } from '../../ports/access/access.ts';
import { type Caller, tenantsOf } from '../../ports/access/roles.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import type { GraphStore } from '../../ports/graphs/graphs.ts';
import type { Clock, Telemetry } from '../../ports/telemetry/telemetry.ts';

export interface HealthNeeds {
  readonly alerts: AlertStore;
  readonly documents: Documents;
  readonly graphs: GraphStore;
  readonly access: Access;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

type Check = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether what the API reads from answers. */
export async function checkStores({
  alerts,
  documents,
  graphs,
}: Pick<HealthNeeds, 'alerts' | 'documents' | 'graphs'>) {
  const check = (run: () => Promise<unknown>): Promise<Check> =>
    run().then(
      () => ({ ok: true }),
      (thrown: unknown) => ({ ok: false, reason: reasonOf(thrown) }),
    );
  const checks = {
    alerts: await check(() => alerts.count()),
    documents: await check(() => documents.get('logster-alerts', 'health')),
    graphs: await check(() => graphs.list({}, { limit: 1 })),
  };
  return { ok: Object.values(checks).every(({ ok }) => ok), checks };
}

/**
 * `GET /health`: 200 `ok`, or 503 `degraded` with what is wrong. Who may not read learns the status alone, for
 * load balancers; whoever reads counts the alerts he may see.
 */
export function health(needs: HealthNeeds, startedAt: number): RequestHandler {
  const { alerts, access, telemetry, clock } = needs;
  return async (request, response) => {
    const { ok, checks } = await checkStores(needs);
    const caller = await access.identify(request).catch((thrown: unknown) => {
      telemetry.log.warn('A caller of /health could not be checked', { reason: reasonOf(thrown) });
      return undefined;
    });
    const status = { status: ok ? 'ok' : 'degraded', service: 'logster-api' };
    if (caller === undefined) return void response.status(ok ? 200 : 503).json(status);
    const full = {
      ...status,
      uptime_seconds: Math.round((clock.now() - startedAt) * 1000) / 1000,
      alerts_count: checks.alerts.ok ? await countSeen(alerts, caller) : 0,
    };
    response.status(ok ? 200 : 503).json(ok ? full : { ...full, checks: told(checks) });
  };
}

async function countSeen(alerts: AlertStore, caller: Caller): Promise<number> {
  const tenantIds = tenantsOf(caller);
  if (tenantIds === undefined) return alerts.count();
  return (await alerts.list({ tenantIds }, { limit: 1, offset: 0 })).total;
}

function told(checks: Readonly<Record<string, Check>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(checks).map(([name, check]) => [name, check.ok ? 'ok' : check.reason]),
  );
}
