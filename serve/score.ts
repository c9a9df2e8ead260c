import { type GraphBatch, type GraphInBatch, NODE_TYPES, RELATIONS } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import type { Scores } from '../models/engine.ts';
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
}

const TOP = 10;
const EVENT_IDS = 200;

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
  const byEdge = strongestFirst(scores.edgeScore);
  return {
    ...frameOf(batch, graph, by),
    prediction: scores.attackProb >= ATTACK_PROBABILITY ? 'attack' : 'benign',
    attack_prob: scores.attackProb,
    confidence: Math.max(scores.attackProb, 1 - scores.attackProb),
    event_ids: distinct(byEdge.map((edge) => batch.edgeEvent(graph.edgeOffset + edge))).slice(0, EVENT_IDS),
    top_nodes: strongestFirst(scores.nodeScore)
      .slice(0, TOP)
      .map((node) => ({
        type: nodeTypeOf(batch, graph, node),
        label: batch.nodeLabel(graph.nodeOffset + node),
        score: rounded(scores.nodeScore[node]),
      })),
    top_edges: byEdge
      .slice(0, TOP)
      .map((edge) => edgeOf(batch, graph.edgeOffset + edge, scores.edgeScore[edge])),
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
  const edgeTypes: Record<string, number> = {};
  for (let edge = graph.edgeOffset; edge < graph.edgeOffset + graph.edges; edge++) {
    const name = relationName(batch, edge);
    edgeTypes[name] = (edgeTypes[name] ?? 0) + 1;
  }
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

function edgeOf(
  batch: GraphBatch,
  edge: number,
  score: number | undefined,
): ScoredWindow['top_edges'][number] {
  return {
    relation: relationName(batch, edge),
    source: batch.nodeLabel(batch.source[edge] ?? 0),
    target: batch.nodeLabel(batch.target[edge] ?? 0),
    event_id: batch.edgeEvent(edge),
    score: rounded(score),
  };
}

function relationName(batch: GraphBatch, edge: number): string {
  const relation = RELATIONS[batch.platform][batch.relation[edge] ?? 0];
  return relation ? `${relation.name} ${relation.target}` : 'unknown';
}

function nodeTypeOf(batch: GraphBatch, graph: GraphInBatch, node: number): string {
  let end = 0;
  for (const [place, type] of NODE_TYPES[batch.platform].entries()) {
    end += graph.nodesPerType[place] ?? 0;
    if (node < end) return type;
  }
  return 'unknown';
}

function nodesOf(graph: GraphInBatch): number {
  return graph.nodesPerType.reduce((sum, count) => sum + count, 0);
}

/** Places of the values from the largest down; equal values keep their order. */
function strongestFirst(values: Float32Array): number[] {
  return [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter((id) => id !== '');
}

/** Five decimals are more than a person reads, and keep a result small. */
function rounded(value: number | undefined): number {
  return Math.round((value ?? 0) * 1e5) / 1e5;
}
