import type { Platform } from '../contracts/event.ts';
import {
  type GraphBatch,
  type GraphInBatch,
  NODE_TYPES,
  type NodeType,
  RELATIONS,
} from '../contracts/graph.ts';
import type { ScoredWindow } from './messages.ts';
import type { GraphScores } from './score.ts';
import { strongest, strongestFirst } from './strongest.ts';

/** Nodes and edges that a result names. */
export const TOP = 10;
const NODE_EVENTS = 3;
const EVENT_IDS = 200;

type Carried = Pick<ScoredWindow, 'event_ids' | 'explained_by' | 'unexplained' | 'top_nodes' | 'top_edges'>;

/** What a result says of the nodes, edges and events that carried its score, the strongest first. */
export function carriedBy(batch: GraphBatch, graph: GraphInBatch, scores: GraphScores): Carried {
  const { edgeScore, explained, unexplained } = scores;
  const byEdge = strongestFirst(edgeScore);
  return {
    explained_by: explained ? 'gradient' : 'attention',
    ...(unexplained !== undefined && { unexplained }),
    event_ids: eventsOf(batch, graph, byEdge),
    top_nodes: topNodes(batch, graph, scores, byEdge),
    top_edges: Array.from(byEdge.subarray(0, TOP), (edge) => ({
      ...edgeOf(batch, graph.edgeOffset + edge, edgeScore[edge]),
      ...(explained && { attention: rounded(explained.attention[edge]) }),
    })),
  };
}

function topNodes(
  batch: GraphBatch,
  graph: GraphInBatch,
  { nodeScore, explained }: GraphScores,
  byEdge: Uint32Array,
): ScoredWindow['top_nodes'] {
  return strongest(nodeScore, TOP).map((node) => {
    const shown = {
      type: nodeTypeOf(batch, graph, node),
      label: batch.nodeLabel(graph.nodeOffset + node),
      score: rounded(nodeScore[node]),
    };
    if (!explained) return shown;
    const features = explained.features.get(node)?.map(({ name, contribution }) => ({
      name,
      contribution: rounded(contribution),
    }));
    return {
      ...shown,
      event_ids: eventsAt(batch, graph, node, byEdge),
      ...(features && { features }),
    };
  });
}

/** The events of a node's strongest edges. */
function eventsAt(batch: GraphBatch, graph: GraphInBatch, node: number, byEdge: Uint32Array): string[] {
  const ids = new Set<string>();
  const place = graph.nodeOffset + node;
  for (const own of byEdge) {
    const edge = graph.edgeOffset + own;
    if (batch.source[edge] !== place && batch.target[edge] !== place) continue;
    const id = batch.edgeEvent(edge);
    if (id !== '') ids.add(id);
    if (ids.size === NODE_EVENTS) break;
  }
  return [...ids];
}

function edgeOf(
  batch: GraphBatch,
  edge: number,
  score: number | undefined,
): ScoredWindow['top_edges'][number] {
  return {
    relation: relationName(batch.platform, batch.relation[edge] ?? 0),
    source: batch.nodeLabel(batch.source[edge] ?? 0),
    target: batch.nodeLabel(batch.target[edge] ?? 0),
    event_id: batch.edgeEvent(edge),
    score: rounded(score),
  };
}

/** A relation for people, with the type it leads to. */
export function relationName(platform: Platform, place: number): string {
  const relation = RELATIONS[platform][place];
  return relation ? `${relation.name} ${relation.target}` : 'unknown';
}

/** The type of a node, counted in its graph. */
export function nodeTypeOf(
  batch: Pick<GraphBatch, 'platform'>,
  graph: Pick<GraphInBatch, 'nodesPerType'>,
  node: number,
): NodeType | 'unknown' {
  let end = 0;
  for (const [place, type] of NODE_TYPES[batch.platform].entries()) {
    end += graph.nodesPerType[place] ?? 0;
    if (node < end) return type;
  }
  return 'unknown';
}

/** The events of the strongest edges, each once; edges without one are passed over. */
function eventsOf(batch: GraphBatch, graph: GraphInBatch, byEdge: Uint32Array): string[] {
  const ids = new Set<string>();
  for (const edge of byEdge) {
    const id = batch.edgeEvent(graph.edgeOffset + edge);
    if (id !== '') ids.add(id);
    if (ids.size === EVENT_IDS) break;
  }
  return [...ids];
}

/** Five decimals are more than a person reads, and keep a result small. */
export function rounded(value: number | undefined): number {
  return Math.round((value ?? 0) * 1e5) / 1e5;
}
