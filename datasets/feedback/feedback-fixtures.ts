import type { Feedback } from '../../contracts/feedback.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import { featureSchema } from '../../featurize/features.ts';
import type { KeptGraph } from '../../ports/graphs/graphs.ts';
import type { ReachableWindow } from './reach.ts';

/** For tests: a verdict of kim, benign, on the window w1 of the endpoint h1. */
export function verdictOf(id: string, differing: Partial<Feedback> = {}): Feedback {
  return {
    feedback_id: id,
    alert_id: null,
    tenant_id: 'acme',
    endpoint_id: 'h1',
    platform: 'linux',
    at: 1000,
    analyst: 'kim',
    is_true_positive: false,
    reason: 'automation',
    notes: '',
    techniques: [],
    scope: 'window',
    process: null,
    inference_ids: ['w1'],
    model_version: '1',
    replaces: null,
    ...differing,
  };
}

/** For tests: a kept window of h1 whose graph follows from its name. */
export function windowOf(id: string, differing: Partial<ReachableWindow> = {}): ReachableWindow {
  return {
    inferenceId: id,
    tenantId: 'acme',
    endpointId: 'h1',
    platform: 'linux',
    windowStart: 100,
    windowEnd: 280,
    modelVersion: '1',
    attackProb: 0.8,
    because: 'attack',
    pattern: '',
    featureSchema: 'now',
    contentHash: `graph ${id}`,
    keptAt: 300,
    processes: [],
    ...differing,
  };
}

/** For tests: a graph of featurize as it is kept once it was scored. */
export function keptOf(
  inferenceId: string,
  graph: HeteroGraph,
  differing: Partial<KeptGraph> = {},
): KeptGraph {
  const { tenantId, endpointId, platform, start, end } = graph.window;
  return {
    inferenceId,
    ...{ tenantId, endpointId, platform },
    windowStart: start,
    windowEnd: end,
    modelVersion: '1',
    attackProb: 0.83,
    because: 'attack',
    pattern: '',
    featureSchema: featureSchema(platform),
    contentHash: graph.contentHash,
    keptAt: end,
    bytes: encodeBatch(platform, [graph]),
    ...differing,
  };
}
