import type { Platform } from '../../contracts/event.ts';
import type { InferenceResult } from '../../contracts/inference.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Documents, Group } from '../../ports/documents/documents.ts';
import { type Scope, windowsIn } from '../scope.ts';
import { storedInference } from '../stored.ts';

export const HOST_ORDERS = ['max_attack_probability', 'attacks', 'last_seen', 'hostname'] as const;
export type HostOrder = (typeof HOST_ORDERS)[number];

/** One endpoint within the scope. */
export interface HostCard {
  readonly tenant_id: string;
  readonly endpoint_id: string;
  readonly hostname: string;
  readonly platform: Platform | null;
  readonly max_attack_probability: number;
  readonly average_attack_probability: number;
  readonly windows: number;
  readonly attacks: number;
  readonly open_alerts: number;
  readonly last_seen: number; // event time of its newest window
  readonly recent: readonly { readonly at: number; readonly probability: number }[]; // oldest first
}

export interface HostsView {
  readonly total: number;
  readonly hosts: readonly HostCard[];
}

/** Tenants and, of each, endpoints that are ranked. Beyond, the ones with the fewest windows are left out. */
const MOST = { tenants: 100, endpoints: 10_000 };

/** Newest windows of a card's small curve: at one each 30 s it tells of 20 minutes. */
const CURVE = 40;

/** Endpoints with their peak probability, in the wanted order. */
export async function hosts(
  needs: { readonly documents: Documents; readonly alerts: AlertStore },
  scope: Scope,
  page: { readonly limit: number; readonly offset: number; readonly sort: HostOrder },
): Promise<HostsView> {
  const { documents, alerts } = needs;
  const tenants = await documents.groups(
    'logster-inferences',
    windowsIn(scope),
    { by: 'terms', field: 'tenant_id', limit: MOST.tenants },
    {},
  );
  const ranked = (
    await Promise.all(tenants.map(({ key }) => endpointsOf(documents, scope, String(key))))
  ).flat();
  ranked.sort(ORDERS[page.sort]);
  const open = await alerts.perEndpoint(scope.tenantIds);
  const openOf = new Map(open.map((one) => [`${one.tenantId}:${one.endpointId}`, one.openAlerts]));
  const shown = ranked.slice(page.offset, page.offset + page.limit);
  return {
    total: ranked.length,
    hosts: await Promise.all(
      shown.map(async (one): Promise<HostCard> => {
        const newest = await newestOf(documents, scope, one);
        return {
          ...one,
          hostname: newest[0]?.hostname ?? one.endpoint_id,
          platform: newest[0]?.platform ?? null,
          open_alerts: openOf.get(`${one.tenant_id}:${one.endpoint_id}`) ?? 0,
          recent: newest
            .filter(({ prediction }) => prediction !== 'error')
            .map(({ timestamp, attack_prob }) => ({ at: timestamp, probability: attack_prob }))
            .reverse(),
        };
      }),
    ),
  };
}

type Ranked = Omit<HostCard, 'hostname' | 'platform' | 'open_alerts' | 'recent'>;

const ORDERS: Record<HostOrder, (a: Ranked, b: Ranked) => number> = {
  max_attack_probability: (a, b) =>
    b.max_attack_probability - a.max_attack_probability || b.attacks - a.attacks,
  attacks: (a, b) => b.attacks - a.attacks || b.max_attack_probability - a.max_attack_probability,
  last_seen: (a, b) => b.last_seen - a.last_seen,
  hostname: (a, b) => (a.endpoint_id < b.endpoint_id ? -1 : 1),
};

async function endpointsOf(documents: Documents, scope: Scope, tenantId: string): Promise<Ranked[]> {
  const grouping = { by: 'terms', field: 'endpoint_id', limit: MOST.endpoints } as const;
  const equals = { tenant_id: tenantId };
  const [all, attacks] = await Promise.all([
    documents.groups('logster-inferences', windowsIn(scope, { equals }), grouping, {
      peak: { kind: 'max', field: 'attack_prob' },
      average: { kind: 'average', field: 'attack_prob' },
      last: { kind: 'max', field: 'timestamp' },
    }),
    documents.groups(
      'logster-inferences',
      windowsIn(scope, { equals: { ...equals, prediction: 'attack' } }),
      grouping,
      {},
    ),
  ]);
  const attacksOf = new Map(attacks.map((group: Group) => [group.key, group.count]));
  return all.map(({ key, count, figures }) => ({
    tenant_id: tenantId,
    endpoint_id: String(key),
    max_attack_probability: figures.peak ?? 0,
    average_attack_probability: figures.average ?? 0,
    windows: count,
    attacks: attacksOf.get(key) ?? 0,
    last_seen: figures.last ?? 0,
  }));
}

async function newestOf(
  documents: Documents,
  scope: Scope,
  { tenant_id, endpoint_id }: Ranked,
): Promise<readonly InferenceResult[]> {
  const { documents: found } = await documents.search('logster-inferences', {
    filter: windowsIn(scope, { equals: { tenant_id, endpoint_id } }),
    sort: [{ field: 'timestamp', order: 'desc' }],
    limit: CURVE,
  });
  return found.map(storedInference);
}
