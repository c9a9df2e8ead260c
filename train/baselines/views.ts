import { FEATURES, type HeteroGraph, NODE_TYPES, RELATIONS } from '../../contracts/graph.ts';
import type { Example } from '../example.ts';

export const VIEWS = ['share', 'behaviour', 'process', 'counts', 'total'] as const;
/** What of a window a simple model is shown, as a row of numbers. */
export type View = (typeof VIEWS)[number];

/** The row of numbers that a view makes of a window; its length depends on view and platform alone. */
export function viewOf(view: View, example: Example): Float32Array {
  switch (view) {
    case 'share':
      return Float32Array.from(shares(example));
    case 'behaviour':
      return Float32Array.from([...shares(example), ...extremes(example.graph)]);
    case 'process':
      return Float32Array.from([...meanOfType(example.graph, 0), ...extremeOfType(example.graph, 0)]);
    case 'counts':
      return Float32Array.from(example.facts.kinds, Math.log1p);
    case 'total': {
      const { kinds, activeSeconds, busiest } = example.facts;
      return Float32Array.from([sum(kinds), activeSeconds, busiest], Math.log1p);
    }
  }
}

/** Behaviour without volume: what share of events, nodes and edges is of which kind, and mean features. */
function shares({ graph, facts }: Example): number[] {
  const relations = new Array<number>(RELATIONS[graph.window.platform].length).fill(0);
  for (const relation of graph.relation) relations[relation] = (relations[relation] ?? 0) + 1;
  return [
    ...proportions(facts.kinds),
    ...proportions(graph.nodesPerType),
    ...proportions(relations),
    ...typesOf(graph).flatMap((type) => meanOfType(graph, type)),
  ];
}

const extremes = (graph: HeteroGraph): number[] =>
  typesOf(graph).flatMap((type) => extremeOfType(graph, type));

const typesOf = (graph: HeteroGraph): number[] => NODE_TYPES[graph.window.platform].map((_, place) => place);

function meanOfType(graph: HeteroGraph, type: number): number[] {
  const mean = new Array<number>(FEATURES).fill(0);
  const { from, to } = placesOf(graph, type);
  for (let node = from; node < to; node++)
    for (let place = 0; place < FEATURES; place++)
      mean[place] = (mean[place] ?? 0) + (graph.features[node * FEATURES + place] ?? 0) / (to - from);
  return mean;
}

/** The largest value of every feature among a type's nodes; 0 where there is no node. */
function extremeOfType(graph: HeteroGraph, type: number): number[] {
  const { from, to } = placesOf(graph, type);
  const extreme = new Array<number>(FEATURES).fill(from < to ? Number.NEGATIVE_INFINITY : 0);
  for (let node = from; node < to; node++)
    for (let place = 0; place < FEATURES; place++)
      extreme[place] = Math.max(extreme[place] ?? 0, graph.features[node * FEATURES + place] ?? 0);
  return extreme;
}

function placesOf(graph: HeteroGraph, type: number): { readonly from: number; readonly to: number } {
  const from = sum(graph.nodesPerType.slice(0, type));
  return { from, to: from + (graph.nodesPerType[type] ?? 0) };
}

function proportions(counts: readonly number[]): number[] {
  const total = sum(counts);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
