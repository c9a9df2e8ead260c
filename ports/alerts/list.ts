import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Alert } from '../../contracts/alert.ts';
import type { AlertFilter, AlertPage, AlertStore, EndpointAlerts } from './alerts.ts';
import { ACTIVE, type AlertTables } from './tables.ts';

/** One alert by its id. */
export async function alertById(database: Kysely<AlertTables>, alertId: string): Promise<Alert | undefined> {
  const rows = await database.selectFrom('alerts').select('body').where('alert_id', '=', alertId).execute();
  return rows[0] && (JSON.parse(rows[0].body) as Alert);
}

/** A page of alerts, the largest `sort` first (newest `last_seen` when none is given), ties by id. */
export async function listAlerts(
  database: Kysely<AlertTables>,
  filter: AlertFilter,
  page: Parameters<AlertStore['list']>[1],
): Promise<AlertPage> {
  const matching = filtered(database.selectFrom('alerts'), filter);
  const totals = await matching.select(({ fn }) => fn.countAll().as('total')).execute();
  const rows = await matching
    .select('body')
    .orderBy(page.sort ?? 'last_seen', 'desc')
    .orderBy('alert_id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { alerts: rows.map((row) => JSON.parse(row.body) as Alert), total: Number(totals[0]?.total) };
}

/** How many alerts each endpoint has, and how many of them are still active. */
export async function alertsPerEndpoint(
  database: Kysely<AlertTables>,
  tenantIds?: readonly string[],
): Promise<readonly EndpointAlerts[]> {
  const active = sql<number>`sum(case when status in (${sql.join(ACTIVE)}) then 1 else 0 end)`;
  const rows = await filtered(database.selectFrom('alerts'), tenantIds ? { tenantIds } : {})
    .select(({ fn }) => ['tenant_id', 'endpoint_id', active.as('open'), fn.countAll().as('total')])
    .groupBy(['tenant_id', 'endpoint_id'])
    .orderBy('tenant_id')
    .orderBy('endpoint_id')
    .execute();
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    endpointId: row.endpoint_id,
    openAlerts: Number(row.open),
    totalAlerts: Number(row.total),
  }));
}

type Alerts = SelectQueryBuilder<AlertTables, 'alerts', object>;

function filtered(alerts: Alerts, filter: AlertFilter): Alerts {
  const { tenantIds, status, severity, platform, endpointId, since, until, technique, text } = filter;
  let query = alerts;
  if (tenantIds?.length === 0)
    query = query.where(sql<boolean>`1 = 0`); // nobody's alerts: PostgreSQL refuses `in ()`
  else if (tenantIds !== undefined) query = query.where('tenant_id', 'in', tenantIds);
  if (status !== undefined) query = query.where('status', '=', status);
  if (severity !== undefined) query = query.where('severity', '=', severity);
  if (platform !== undefined) query = query.where('platform', '=', platform);
  if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId);
  if (since !== undefined) query = query.where('last_seen', '>=', since);
  if (until !== undefined) query = query.where('last_seen', '<', until);
  if (technique !== undefined) {
    query = query.where('alert_id', 'in', ({ selectFrom }) =>
      selectFrom('alert_techniques').select('alert_id').where('technique', '=', technique),
    );
  }
  if (text !== undefined) {
    const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where(sql<boolean>`search_text like ${pattern} escape '\\'`);
  }
  return query;
}
