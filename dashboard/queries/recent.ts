import type { InferenceResult } from '../../contracts/inference.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import { type Scope, windowsIn } from '../scope.ts';
import { storedInference } from '../stored.ts';

export const RECENT_ORDERS = ['timestamp', 'attack_prob'] as const;

/** A window that counts as an attack, in one row. */
export type RecentAttack = Pick<
  InferenceResult,
  | 'inference_id'
  | 'tenant_id'
  | 'endpoint_id'
  | 'hostname'
  | 'platform'
  | 'timestamp'
  | 'scored_at'
  | 'attack_prob'
  | 'confidence'
  | 'event_count'
  | 'model_version'
> & {
  readonly alerts: boolean; // at or above the alert threshold
  readonly strongest: { readonly source: string; readonly relation: string; readonly target: string } | null;
};

export interface RecentView {
  readonly total: number;
  readonly attacks: readonly RecentAttack[];
}

/** The latest attack windows, or the most probable ones. */
export async function recent(
  documents: Documents,
  scope: Scope,
  options: {
    readonly limit: number;
    readonly offset: number;
    readonly sort: (typeof RECENT_ORDERS)[number];
    readonly alertThreshold: number;
  },
): Promise<RecentView> {
  const { limit, offset, sort, alertThreshold } = options;
  const found = await documents.search('logster-inferences', {
    filter: windowsIn(scope, { equals: { prediction: 'attack' } }),
    sort: [
      { field: sort, order: 'desc' },
      { field: 'timestamp', order: 'desc' },
    ],
    limit,
    offset,
  });
  return {
    total: found.total,
    attacks: found.documents.map(storedInference).map((result) => rowOf(result, alertThreshold)),
  };
}

function rowOf(result: InferenceResult, alertThreshold: number): RecentAttack {
  const [edge] = result.top_edges;
  return {
    inference_id: result.inference_id,
    tenant_id: result.tenant_id,
    endpoint_id: result.endpoint_id,
    hostname: result.hostname,
    platform: result.platform,
    timestamp: result.timestamp,
    scored_at: result.scored_at,
    attack_prob: result.attack_prob,
    confidence: result.confidence,
    event_count: result.event_count,
    model_version: result.model_version,
    alerts: result.attack_prob >= alertThreshold,
    strongest: edge ? { source: edge.source, relation: edge.relation, target: edge.target } : null,
  };
}
