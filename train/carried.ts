import { FEATURES, type HeteroGraph, NODE_TYPES, type NodeType, RELATIONS } from '../contracts/graph.ts';
import { FEATURE_TABLE } from '../featurize/features.ts';
import { type Explanation, type FeaturePart, strongestFeatures } from '../models/explanation.ts';

/** Nodes and edges shown per window. */
const TOP = 5;

/** An edge that carried a window's score. */
export interface CarryingEdge {
  readonly relation: string;
  readonly source: string;
  readonly target: string;
  readonly eventId: string; // its most recent event
  readonly share: number; // of what all edges together add to the attack's log-odds
  readonly contribution: number; // log-odds, signed
  readonly attention: number; // paid to its two messages, mean of layers and heads
}

/** A node that carried a window's score. */
export interface CarryingNode {
  readonly type: NodeType;
  readonly label: string;
  readonly eventIds: readonly string[]; // of its strongest edges, one each
  readonly contribution: number; // log-odds, signed
  readonly features: readonly FeaturePart[];
}

/** The nodes and edges of a graph that added most to its attack logit, the strongest first. */
export function carriedBy(
  graph: HeteroGraph,
  { node, edge, attention, input }: Explanation,
): { readonly nodes: readonly CarryingNode[]; readonly edges: readonly CarryingEdge[] } {
  const byEdge = raising(edge);
  const total = byEdge.reduce((sum, place) => sum + (edge[place] ?? 0), 0);
  const edges = byEdge.slice(0, TOP).map((place) => ({
    relation: RELATIONS[graph.window.platform][graph.relation[place] ?? 0]?.name ?? '',
    source: graph.labels[graph.source[place] ?? 0] ?? '',
    target: graph.labels[graph.target[place] ?? 0] ?? '',
    eventId: graph.edgeEvents[place] ?? '',
    share: (edge[place] ?? 0) / total,
    contribution: edge[place] ?? 0,
    attention: attention[place] ?? 0,
  }));
  const types = graph.nodesPerType.flatMap((count, type) => {
    return new Array<NodeType>(count).fill(NODE_TYPES[graph.window.platform][type] ?? 'process');
  });
  const nodes = raising(node)
    .slice(0, TOP)
    .map((place) => {
      const type = types[place] ?? 'process';
      const own = input.subarray(place * FEATURES, (place + 1) * FEATURES);
      return {
        type,
        label: graph.labels[place] ?? '',
        eventIds: eventsAt(graph, place, byEdge),
        contribution: node[place] ?? 0,
        features: strongestFeatures(own, FEATURE_TABLE[graph.window.platform][type], TOP),
      };
    });
  return { nodes, edges };
}

/** Places of the values above 0, the largest first. */
function raising(values: Float32Array): readonly number[] {
  return [...values.keys()]
    .filter((place) => (values[place] ?? 0) > 0)
    .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
}

function eventsAt({ source, target, edgeEvents }: HeteroGraph, node: number, byEdge: readonly number[]) {
  const at = byEdge.filter((edge) => source[edge] === node || target[edge] === node);
  return [...new Set(at.map((edge) => edgeEvents[edge] ?? ''))].filter((id) => id !== '').slice(0, TOP);
}
