import { type GraphBatch, type GraphInBatch, NODE_TYPES, RELATIONS } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import type { Scores } from '../models/engine.ts';
import type { FeaturePart } from '../models/explanation.ts';
import { carriedBy, relationName, rounded } from './carried-by.ts';
import type { ScoredWindow } from './messages.ts';

/** What a score says of itself. */
export interface ScoredBy {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly backend: string;
  readonly scoredAt: number; // epoch seconds
  readonly inferenceMs: number; // one graph's share of its batch
}

/** Numbers of one graph, cut out of a batch's scores or remembered from an equal graph. */
export interface GraphScores {
  readonly attackProb: number;
  readonly rawProb: number;
  readonly nodeScore: Float32Array; // [nodes of the graph]
  readonly edgeScore: Float32Array; // [edges of the graph]
  /** What only an explained graph has; its node and edge scores then are what the gradient says. */
  readonly explained?: ExplainedScores;
  readonly unexplained?: string; // why an attack has no explanation
}

export interface ExplainedScores {
  readonly attention: Float32Array; // [edges of the graph]
  readonly features: ReadonlyMap<number, readonly FeaturePart[]>; // of the strongest nodes
}

/** Cuts one graph's numbers out of its batch's. */
export function scoresOf(scores: Scores, graph: GraphInBatch, place: number): GraphScores {
  const nodes = nodesOf(graph);
  return {
    attackProb: scores.attackProb[place] ?? 0,
    rawProb: scores.rawProb[place] ?? 0,
    nodeScore: scores.nodeScore.slice(graph.nodeOffset, graph.nodeOffset + nodes),
    edgeScore: scores.edgeScore.slice(graph.edgeOffset, graph.edgeOffset + graph.edges),
  };
}

/** A graph's result with its most influential nodes, edges and events, the strongest first. */
export function resultOf(
  batch: GraphBatch,
  graph: GraphInBatch,
  scores: GraphScores,
  by: ScoredBy & { readonly reused: boolean },
): ScoredWindow {
  return {
    ...frameOf(batch, graph, by),
    prediction: scores.attackProb >= ATTACK_PROBABILITY ? 'attack' : 'benign',
    attack_prob: scores.attackProb,
    confidence: Math.max(scores.attackProb, 1 - scores.attackProb),
    ...carriedBy(batch, graph, scores),
    reused: by.reused,
  };
}

/** The result of a graph that could not be scored: it fails alone, with the reason. */
export function errorResultOf(
  batch: GraphBatch,
  graph: GraphInBatch,
  reason: string,
  by: ScoredBy,
): ScoredWindow {
  return {
    ...frameOf(batch, graph, by),
    prediction: 'error',
    attack_prob: 0,
    confidence: 0,
    event_ids: [],
    top_nodes: [],
    top_edges: [],
    reused: false,
    error: reason.slice(0, 500),
  };
}

function frameOf(batch: GraphBatch, graph: GraphInBatch, by: ScoredBy) {
  const { tenantId, endpointId, hostname, platform, start, end } = graph.window;
  return {
    inference_id: idOf('inference', tenantId, endpointId, platform, String(end), by.modelVersion),
    window_id: graph.windowId,
    tenant_id: tenantId,
    endpoint_id: endpointId,
    hostname,
    platform,
    window_start: start,
    window_end: end,
    timestamp: end,
    scored_at: by.scoredAt,
    model_name: by.modelName,
    model_version: by.modelVersion,
    backend: by.backend,
    inference_time_ms: rounded(by.inferenceMs),
    graph: statisticsOf(batch, graph),
    event_count: graph.eventCount,
    prefiltered: false,
  };
}

function statisticsOf(batch: GraphBatch, graph: GraphInBatch): ScoredWindow['graph'] {
  const nodeTypes: Record<string, number> = {};
  NODE_TYPES[batch.platform].forEach((type, place) => {
    nodeTypes[type] = graph.nodesPerType[place] ?? 0;
  });
  const counts = new Uint32Array(RELATIONS[batch.platform].length);
  for (let edge = graph.edgeOffset; edge < graph.edgeOffset + graph.edges; edge++) {
    const relation = batch.relation[edge] ?? 0;
    counts[relation] = (counts[relation] ?? 0) + 1;
  }
  const edgeTypes: Record<string, number> = {};
  counts.forEach((count, relation) => {
    if (count > 0) edgeTypes[relationName(batch.platform, relation)] = count;
  });
  return {
    num_nodes: nodesOf(graph),
    num_edges: graph.edges,
    node_types: nodeTypes,
    edge_types: edgeTypes,
    ...(graph.truncated && {
      truncated: { nodes: { ...graph.truncated.nodes }, edges: graph.truncated.edges },
    }),
  };
}

function nodesOf(graph: GraphInBatch): number {
  return graph.nodesPerType.reduce((sum, count) => sum + count, 0);
}
