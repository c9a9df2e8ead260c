import { type HeteroGraph, NODE_TYPES, RELATIONS } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { ClosedWindow } from './window.ts';

/** At most so many event ids stand in a result (contract of `logster-inference-results`). */
const MAX_EVENT_IDS = 200;

interface Made {
  readonly version: string;
  readonly scoredAt: number; // wall clock, epoch seconds
}

/** The result of a window that the pre-filter found to be idle daemons: benign, without a model. */
export function idleResult(graph: HeteroGraph, made: Made): InferenceResult {
  return {
    ...frameOf(graph, made),
    prediction: 'benign',
    model_name: 'prefilter',
    graph: statisticsOf(graph),
    event_count: graph.eventCount,
    event_ids: [...new Set(graph.edgeEvents)].slice(0, MAX_EVENT_IDS),
    prefiltered: true,
  };
}

/** The result of a window of which no graph could be built: it fails alone and says why. */
export function failedResult(closed: ClosedWindow, made: Made & { readonly error: string }): InferenceResult {
  const { tenantId, endpointId, platform, end } = closed.window;
  const windowId = idOf('window', tenantId, endpointId, platform, String(end));
  return {
    ...frameOf({ window: closed.window, windowId }, made),
    prediction: 'error',
    confidence: 0,
    model_name: 'featurize',
    graph: { num_nodes: 0, num_edges: 0, node_types: {}, edge_types: {} },
    event_count: closed.panes.reduce((sum, pane) => sum + pane.eventCount, 0),
    event_ids: [],
    prefiltered: false,
    error: made.error,
  };
}

function frameOf({ window, windowId }: Pick<HeteroGraph, 'window' | 'windowId'>, made: Made) {
  const { tenantId, endpointId, hostname, platform, start, end } = window;
  return {
    inference_id: idOf('inference', tenantId, endpointId, platform, String(end), made.version),
    window_id: windowId,
    tenant_id: tenantId,
    endpoint_id: endpointId,
    hostname,
    platform,
    window_start: start,
    window_end: end,
    timestamp: end,
    scored_at: made.scoredAt,
    attack_prob: 0,
    confidence: 1,
    model_version: made.version,
    backend: 'none',
    inference_time_ms: 0,
    queue_time_ms: 0,
    top_nodes: [],
    top_edges: [],
    reused: false,
  };
}

function statisticsOf(graph: HeteroGraph): InferenceResult['graph'] {
  const { platform } = graph.window;
  const nodeTypes: Record<string, number> = {};
  NODE_TYPES[platform].forEach((type, place) => {
    nodeTypes[type] = graph.nodesPerType[place] ?? 0;
  });
  const edgeTypes: Record<string, number> = {};
  for (const place of graph.relation) {
    const relation = RELATIONS[platform][place];
    const name = relation ? `${relation.name} ${relation.target}` : 'unknown';
    edgeTypes[name] = (edgeTypes[name] ?? 0) + 1;
  }
  return {
    num_nodes: graph.nodesPerType.reduce((sum, count) => sum + count, 0),
    num_edges: graph.relation.length,
    node_types: nodeTypes,
    edge_types: edgeTypes,
    ...(graph.truncated && {
      truncated: { nodes: { ...graph.truncated.nodes }, edges: graph.truncated.edges },
    }),
  };
}
