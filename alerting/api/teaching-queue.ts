import type { z } from 'zod';
import type { Feedback } from '../../contracts/feedback.ts';
import type { QueuedWindow } from '../../contracts/queued-window.ts';
import { type Caller, tenantsOf } from '../../ports/access/roles.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import type { GraphStore, KeptFilter, KeptWindow } from '../../ports/graphs/graphs.ts';
import { type JudgedWindow, type Lesson, teachingOrder } from '../teaching-order.ts';
import type { queueQuery } from './parameters.ts';

export interface QueueNeeds {
  readonly alerts: AlertStore;
  readonly graphs: GraphStore;
  readonly documents: Documents;
  readonly alertThreshold: number;
}

/** Newest kept windows that are weighed, some 5 MB: weeks of alarms, and as many of the others as tell them apart. */
const WEIGHED = { attack: 10_000, sample: 5_000 } as const;

/** Newest verdicts that are looked at: years of a busy team. */
const VERDICTS = 50_000;

/** Judged windows beyond those weighed that are read to learn what a wide verdict reaches; each is a graph of some KB. */
const READ_AGAIN = 100;

/** The unjudged windows of the caller's tenants whose verdict would teach most, best first, each with why. */
export async function teachingQueue(
  needs: QueueNeeds,
  caller: Caller,
  { tenant_id, platform, limit }: z.infer<typeof queueQuery>,
): Promise<{ readonly queue: readonly QueuedWindow[] }> {
  const tenantIds = tenantsOf(caller, tenant_id);
  const filter = {
    ...(tenantIds !== undefined && { tenantIds }),
    ...(platform !== undefined && { platform }),
  };
  const candidates = await weighed(needs.graphs, filter);
  const verdicts = await needs.alerts.feedback(0, VERDICTS, { ...filter, newestFirst: true });
  const judged = await judgedWindows(needs.graphs, candidates, verdicts);
  const lessons = teachingOrder(candidates, judged, { limit, threshold: needs.alertThreshold });
  return { queue: await Promise.all(lessons.map((lesson) => described(needs.documents, lesson))) };
}

async function weighed(graphs: GraphStore, filter: KeptFilter): Promise<readonly KeptWindow[]> {
  const attacks = await graphs.list({ ...filter, because: 'attack' }, { limit: WEIGHED.attack });
  return [...attacks, ...(await graphs.list({ ...filter, because: 'sample' }, { limit: WEIGHED.sample }))];
}

/** The windows that standing verdicts were given on. Of those not weighed, what wide verdicts need is read. */
async function judgedWindows(
  graphs: GraphStore,
  candidates: readonly KeptWindow[],
  verdicts: readonly Feedback[],
): Promise<readonly JudgedWindow[]> {
  const replaced = new Set(verdicts.map((one) => one.replaces));
  const standing = verdicts.filter((one) => !replaced.has(one.feedback_id));
  const known = new Map(candidates.map((one) => [one.inferenceId, one]));
  const unknown = standing
    .filter((one) => one.scope === 'pattern')
    .flatMap((one) => one.inference_ids.filter((id) => !known.has(id)));
  for (const one of await graphs.get([...new Set(unknown)].slice(0, READ_AGAIN))) {
    known.set(one.inferenceId, one);
  }
  return standing.flatMap(({ inference_ids, tenant_id, endpoint_id, platform, scope, process }) =>
    inference_ids.map((inferenceId) => ({
      ...{ inferenceId, tenantId: tenant_id, endpointId: endpoint_id, platform, scope, process },
      pattern: known.get(inferenceId)?.pattern ?? '',
    })),
  );
}

async function described(documents: Documents, { window, reason }: Lesson): Promise<QueuedWindow> {
  return {
    inference_id: window.inferenceId,
    tenant_id: window.tenantId,
    endpoint_id: window.endpointId,
    platform: window.platform,
    window_start: window.windowStart,
    window_end: window.windowEnd,
    model_version: window.modelVersion,
    attack_prob: window.attackProb,
    because: window.because,
    pattern: window.pattern,
    alert_id: await alertHolding(documents, window),
    reason,
  };
}

/** Alerts of one endpoint hardly overlap: the first one or two that end after the window decide. */
const NEXT_ALERTS = 20;

async function alertHolding(documents: Documents, window: KeptWindow): Promise<string | null> {
  const { inferenceId, tenantId, endpointId, platform, windowEnd } = window;
  const { documents: found } = await documents.search('logster-alerts', {
    filter: {
      equals: { tenant_id: tenantId, endpoint_id: endpointId, platform },
      range: { last_seen: { from: windowEnd } },
    },
    sort: [{ field: 'last_seen', order: 'asc' }],
    limit: NEXT_ALERTS,
  });
  const holding = found.find(
    ({ inference_ids }) => Array.isArray(inference_ids) && inference_ids.includes(inferenceId),
  );
  return holding === undefined ? null : String(holding.alert_id);
}
