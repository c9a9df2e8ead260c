import type { z } from 'zod';
import type { Alert } from '../../contracts/alert.ts';
import { type Caller, tenantsOf } from '../../ports/access/roles.ts';
import type { AlertFilter, AlertStore } from '../../ports/alerts/alerts.ts';
import type { alertsQuery } from './parameters.ts';
import { Refusal } from './refusal.ts';

type Query = z.infer<typeof alertsQuery>;

export interface AlertPageAnswer {
  readonly alerts: readonly Alert[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  readonly next_cursor: string | null;
}

/** A page of alerts that the caller may see, by offset or after a cursor. */
export async function alertPage(store: AlertStore, caller: Caller, query: Query): Promise<AlertPageAnswer> {
  const { limit, offset, sort, cursor } = query;
  const filter = filterOf(caller, query);
  if (cursor === undefined) {
    const { alerts, total } = await store.list(filter, { limit, offset, sort });
    return { alerts, total, limit, offset, next_cursor: nextCursor(alerts, query) };
  }
  if (sort !== 'last_seen') throw new Refusal(400, 'cursor: goes with sort=last_seen only; use offset');
  if (offset > 0) throw new Refusal(400, 'cursor: goes without offset');
  const { total } = await store.list(filter, { limit: 1, offset: 0 });
  const alerts = await listAfter(store, filter, { after: readCursor(cursor), limit });
  return { alerts, total, limit, offset, next_cursor: nextCursor(alerts, query) };
}

function filterOf(caller: Caller, query: Query): AlertFilter {
  const { status, severity, platform, endpoint_id, since, until, technique, q } = query;
  const tenantIds = tenantsOf(caller, query.tenant_id);
  return {
    ...(tenantIds !== undefined && { tenantIds }),
    ...(status !== undefined && { status }),
    ...(severity !== undefined && { severity }),
    ...(platform !== undefined && { platform }),
    ...(endpoint_id !== undefined && { endpointId: endpoint_id }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(technique !== undefined && { technique }),
    ...(q !== undefined && { text: q }),
  };
}

/** The last alert of a page: the next one begins behind it, whatever has arrived before it meanwhile. */
interface Place {
  readonly lastSeen: number;
  readonly alertId: string;
}

async function listAfter(
  store: AlertStore,
  filter: AlertFilter,
  { after, limit }: { readonly after: Place; readonly limit: number },
): Promise<readonly Alert[]> {
  const until = Math.min(filter.until ?? Number.POSITIVE_INFINITY, nextUp(after.lastSeen));
  const found: Alert[] = [];
  for (let offset = 0; found.length < limit; offset += limit) {
    const { alerts } = await store.list({ ...filter, until }, { limit, offset, sort: 'last_seen' });
    found.push(...alerts.filter((alert) => isBehind(alert, after)));
    if (alerts.length < limit) break;
  }
  return found.slice(0, limit);
}

function isBehind(alert: Alert, { lastSeen, alertId }: Place): boolean {
  return alert.last_seen < lastSeen || (alert.last_seen === lastSeen && alert.alert_id > alertId);
}

/** The next larger double: the store's `until` leaves its own value out, and the cursor's must be in. */
function nextUp(value: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  return bits.getFloat64(0);
}

function nextCursor(alerts: readonly Alert[], { limit, sort }: Query): string | null {
  const last = alerts.at(-1);
  if (last === undefined || alerts.length < limit || sort !== 'last_seen') return null;
  return Buffer.from(JSON.stringify([last.last_seen, last.alert_id])).toString('base64url');
}

function readCursor(cursor: string): Place {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parsed = undefined; // refused below, like any other that was not made here
  }
  const [lastSeen, alertId] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (typeof lastSeen === 'number' && lastSeen >= 0 && typeof alertId === 'string')
    return { lastSeen, alertId };
  throw new Refusal(400, 'cursor: was not given by this API; take next_cursor of the page before');
}
