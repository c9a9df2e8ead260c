import type { Platform } from '../../contracts/event.ts';
import { FEATURES, type HeteroGraph, NODE_TYPES, type NodeType, RELATIONS } from '../../contracts/graph.ts';
import { featureNames } from '../../featurize/features.ts';
import { binsOf, quantileEdges } from './bins.ts';

/** What a histogram is of: features of one node type, figures of whole windows, or their shown scores. */
export type Group = NodeType | 'window' | 'score';

/** One value that a node or a window has. */
export interface Variable {
  readonly of: Group;
  readonly name: string;
  readonly place: number; // in the node's vector, or among the figures of a window
}

/** A variable with its histogram's edges. */
export interface Binned extends Variable {
  readonly edges: readonly number[];
}

/** Where every variable's bins lie in one long row of numbers. */
export interface Layout {
  readonly platform: Platform;
  readonly groups: readonly Group[];
  readonly byGroup: Readonly<Partial<Record<Group, readonly (Binned & { readonly offset: number })[]>>>;
  readonly bins: number; // of all variables
}

/** A histogram has a bin for zero and up to nine for the rest. */
const BINS_BESIDE_ZERO = 9;

/** Bins of the shown score, a twentieth wide: 0.5 and 0.7 are edges. */
export const SCORE_EDGES: readonly number[] = Array.from({ length: 19 }, (_, bin) => (bin + 1) / 20);

/** Quantiles of more windows are the same; so many fit into memory. */
const EDGE_WINDOWS = 600;

/** Lays out bins for variables, in their order. */
export function layoutOf(platform: Platform, variables: readonly Binned[]): Layout {
  const groups: readonly Group[] = [...NODE_TYPES[platform], 'window', 'score'];
  const byGroup: Partial<Record<Group, (Binned & { offset: number })[]>> = {};
  let bins = 0;
  for (const variable of variables) {
    const own = byGroup[variable.of] ?? [];
    own.push({ ...variable, offset: bins });
    byGroup[variable.of] = own;
    bins += binsOf(variable.edges);
  }
  return { platform, groups, byGroup, bins };
}

/** Figures of a whole window: nodes of each type, share of each relation among the edges, and its events. */
export function windowFigures(graph: HeteroGraph): readonly number[] {
  const { platform } = graph.window;
  const perRelation = new Array<number>(RELATIONS[platform].length).fill(0);
  for (const relation of graph.relation) perRelation[relation] = (perRelation[relation] ?? 0) + 1;
  const edges = Math.max(1, graph.relation.length);
  return [...graph.nodesPerType, ...perRelation.map((count) => count / edges), graph.eventCount];
}

/** Every variable of a platform: the features that have a name, and the figures of windows. */
export function variablesOf(platform: Platform): readonly Variable[] {
  const named = featureNames(platform);
  const features = NODE_TYPES[platform].flatMap((of) => {
    let place = 0;
    return named[of].flatMap(({ name, width }) =>
      Array.from({ length: width }, (_, part) => ({
        of,
        name: width === 1 ? name : `${name} ${part}`,
        place: place++,
      })),
    );
  });
  const figures = [
    ...NODE_TYPES[platform].map((type) => `${type} nodes`),
    ...RELATIONS[platform].map(({ name, target }) => `share of ${name} ${target}`),
    'events',
  ];
  return [...features, ...figures.map((name, place) => ({ of: 'window' as const, name, place }))];
}

/** Parts every variable that was ever other than zero by the quantiles of the graphs; the rest are `unseen`. */
export function binned(
  platform: Platform,
  graphs: readonly HeteroGraph[],
): { readonly variables: readonly Binned[]; readonly unseen: readonly Variable[] } {
  const step = Math.max(1, Math.floor(graphs.length / EDGE_WINDOWS));
  const chosen = graphs.filter((_, place) => place % step === 0);
  const figures = chosen.map(windowFigures);
  const variables: Binned[] = [];
  const unseen: Variable[] = [];
  for (const variable of variablesOf(platform)) {
    const { of, place } = variable;
    if (of === 'window') {
      const values = figures.map((row) => row[place] ?? 0);
      variables.push({ ...variable, edges: quantileEdges(values, BINS_BESIDE_ZERO) });
    } else if (graphs.some((graph) => isUsed(graph, variable))) {
      const values = chosen.flatMap((graph) => valuesOf(graph, variable));
      variables.push({ ...variable, edges: quantileEdges(values, BINS_BESIDE_ZERO) });
    } else unseen.push(variable);
  }
  return { variables, unseen };
}

/** The nodes of a type: the first one and the one after the last. */
export function rangeOf(graph: HeteroGraph, type: Group): readonly [number, number] {
  const types: readonly Group[] = NODE_TYPES[graph.window.platform];
  const place = types.indexOf(type);
  const from = graph.nodesPerType.slice(0, Math.max(0, place)).reduce((sum, count) => sum + count, 0);
  return [from, from + (graph.nodesPerType[place] ?? 0)];
}

function isUsed(graph: HeteroGraph, { of, place }: Variable): boolean {
  const [from, to] = rangeOf(graph, of);
  for (let node = from; node < to; node++) if (graph.features[node * FEATURES + place] !== 0) return true;
  return false;
}

/** Values other than zero. */
function valuesOf(graph: HeteroGraph, { of, place }: Variable): readonly number[] {
  const [from, to] = rangeOf(graph, of);
  const values: number[] = [];
  for (let node = from; node < to; node++) {
    const value = graph.features[node * FEATURES + place] ?? 0;
    if (value !== 0) values.push(value);
  }
  return values;
}
