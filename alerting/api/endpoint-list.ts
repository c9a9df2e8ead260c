import type { z } from 'zod';
import { type Caller, tenantsOf } from '../../ports/access/roles.ts';
import type { AlertStore, EndpointAlerts } from '../../ports/alerts/alerts.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import type { endpointsQuery } from './parameters.ts';

/** Tenants and endpoints per tenant that are listed: more than one installation is made for. */
const MOST = { tenants: 1000, endpoints: 100_000 };

const HOUR_SECONDS = 3600;

/** An endpoint as `GET /endpoints` shows it; times are event time, epoch seconds. */
export interface EndpointAnswer {
  readonly tenant_id: string;
  readonly endpoint_id: string;
  readonly hostname: string;
  readonly platforms: readonly string[];
  readonly first_seen: number | null;
  readonly last_seen: number | null;
  readonly open_alerts: number;
  readonly total_alerts: number;
  readonly max_attack_prob: number | null;
  readonly last_prediction: string | null;
  readonly events_last_hour: number;
}

/** What is known of an endpoint before the page is cut. */
interface Known {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly alerts?: EndpointAlerts;
  readonly firstSeen?: number | null;
  readonly lastSeen?: number | null;
  readonly maxAttackProb?: number | null;
}

export interface EndpointNeeds {
  readonly alerts: AlertStore;
  readonly documents: Documents;
}

/** A page of the endpoints that were scored or have alerts, by tenant and name. `now` is wall clock, epoch seconds. */
export async function endpointList(
  { alerts, documents }: EndpointNeeds,
  caller: Caller,
  { query, now }: { readonly query: z.infer<typeof endpointsQuery>; readonly now: number },
) {
  const { limit, offset } = query;
  const tenants = tenantsOf(caller, query.tenant_id);
  const byEndpoint = new Map<string, Known>();
  const add = (known: Known): void => {
    const key = `${known.tenantId}:${known.endpointId}`;
    byEndpoint.set(key, { ...byEndpoint.get(key), ...known });
  };
  for (const known of await scored(documents, tenants)) add(known);
  for (const counts of await alerts.perEndpoint(tenants)) {
    add({ tenantId: counts.tenantId, endpointId: counts.endpointId, alerts: counts });
  }
  const sorted = [...byEndpoint].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, known]) => known);
  const page = sorted.slice(offset, offset + limit);
  const endpoints = await Promise.all(page.map((known) => described({ alerts, documents }, known, now)));
  return { endpoints, total: sorted.length, limit, offset };
}

async function scored(
  documents: Documents,
  tenants: readonly string[] | undefined,
): Promise<readonly Known[]> {
  const found: Known[] = [];
  const filter = tenants === undefined ? {} : { anyOf: { tenant_id: tenants } };
  const byTenant = { by: 'terms', field: 'tenant_id', limit: MOST.tenants } as const;
  for (const { key: tenant } of await documents.groups('logster-inferences', filter, byTenant, {})) {
    const groups = await documents.groups(
      'logster-inferences',
      { equals: { tenant_id: tenant } },
      { by: 'terms', field: 'endpoint_id', limit: MOST.endpoints },
      {
        first: { kind: 'min', field: 'window_start' },
        last: { kind: 'max', field: 'window_end' },
        highest: { kind: 'max', field: 'attack_prob' },
      },
    );
    for (const { key, figures } of groups) {
      const { first = null, last = null, highest = null } = figures;
      const seen = { firstSeen: first, lastSeen: last, maxAttackProb: highest };
      found.push({ tenantId: String(tenant), endpointId: String(key), ...seen });
    }
  }
  return found;
}

async function described(
  { alerts, documents }: EndpointNeeds,
  known: Known,
  now: number,
): Promise<EndpointAnswer> {
  const equals = { tenant_id: known.tenantId, endpoint_id: known.endpointId };
  const [latest] = (
    await documents.search('logster-inferences', {
      filter: { equals },
      sort: [{ field: 'window_end', order: 'desc' }],
      limit: 1,
    })
  ).documents;
  const byPlatform = { by: 'terms', field: 'platform', limit: 10 } as const;
  const platforms = await documents.groups('logster-inferences', { equals }, byPlatform, {});
  const lastHour = await documents.figures(
    'logster-events',
    { equals, range: { timestamp: { from: now - HOUR_SECONDS } } },
    { events: { kind: 'count' } },
  );
  const filter = { tenantIds: [known.tenantId], endpointId: known.endpointId };
  const [alert] = known.alerts ? (await alerts.list(filter, { limit: 1, offset: 0 })).alerts : [];
  return {
    ...equals,
    hostname: String(latest?.hostname ?? alert?.hostname ?? known.endpointId),
    platforms: platforms.length > 0 ? platforms.map(({ key }) => String(key)) : alert ? [alert.platform] : [],
    first_seen: known.firstSeen ?? alert?.first_seen ?? null,
    last_seen: known.lastSeen ?? alert?.last_seen ?? null,
    open_alerts: known.alerts?.openAlerts ?? 0,
    total_alerts: known.alerts?.totalAlerts ?? 0,
    max_attack_prob: known.maxAttackProb ?? alert?.attack_prob ?? null,
    last_prediction: latest === undefined ? null : String(latest.prediction),
    events_last_hour: lastHour.events ?? 0,
  };
}
