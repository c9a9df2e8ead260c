import { ATTACK_PROBABILITY } from '../../contracts/inference.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import { type Scope, windowsIn } from '../scope.ts';

/** The figures of a stretch of time; averages are null where no window was scored. */
export interface SummaryView {
  readonly total_inferences: number;
  readonly total_attacks: number;
  readonly total_benign: number;
  readonly total_errors: number;
  readonly average_attack_probability: number | null;
  readonly max_attack_probability: number | null;
  readonly average_confidence: number | null;
  readonly average_inference_time_ms: number | null;
  readonly hosts: number;
  readonly average_graph_nodes: number | null;
  readonly average_graph_edges: number | null;
  /** Windows that count as attacks and raise no alert. */
  readonly attacks_below_alert: number;
}

/** Asks for the ten figures. Windows that could not be scored have no probability, so no average counts them. */
export async function summary(
  documents: Documents,
  scope: Scope,
  alertThreshold: number,
): Promise<SummaryView> {
  const [byPrediction, all, scored, below] = await Promise.all([
    documents.groups(
      'logster-inferences',
      windowsIn(scope),
      { by: 'terms', field: 'prediction', limit: 3 },
      {},
    ),
    documents.figures('logster-inferences', windowsIn(scope), {
      total: { kind: 'count' },
      hosts: { kind: 'cardinality', field: 'endpoint_id' },
    }),
    documents.figures(
      'logster-inferences',
      windowsIn(scope, { anyOf: { prediction: ['attack', 'benign'] } }),
      {
        average: { kind: 'average', field: 'attack_prob' },
        peak: { kind: 'max', field: 'attack_prob' },
        confidence: { kind: 'average', field: 'confidence' },
        time: { kind: 'average', field: 'inference_time_ms' },
        nodes: { kind: 'average', field: 'graph.num_nodes' },
        edges: { kind: 'average', field: 'graph.num_edges' },
      },
    ),
    documents.figures(
      'logster-inferences',
      windowsIn(scope, {
        equals: { prediction: 'attack' },
        range: { attack_prob: { from: ATTACK_PROBABILITY, to: alertThreshold } },
      }),
      { count: { kind: 'count' } },
    ),
  ]);
  const counted = (prediction: string): number =>
    byPrediction.find((group) => group.key === prediction)?.count ?? 0;
  return {
    total_inferences: all.total ?? 0,
    total_attacks: counted('attack'),
    total_benign: counted('benign'),
    total_errors: counted('error'),
    average_attack_probability: scored.average ?? null,
    max_attack_probability: scored.peak ?? null,
    average_confidence: scored.confidence ?? null,
    average_inference_time_ms: scored.time ?? null,
    hosts: all.hosts ?? 0,
    average_graph_nodes: scored.nodes ?? null,
    average_graph_edges: scored.edges ?? null,
    attacks_below_alert: below.count ?? 0,
  };
}
