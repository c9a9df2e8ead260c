import { FEATURES, type HeteroGraph } from '../../contracts/graph.ts';
import { binOf } from './bins.ts';
import { type Group, type Layout, rangeOf, windowFigures } from './layout.ts';

/** The mean histogram of every variable over endpoints; an endpoint without such nodes is not counted there. */
export interface Means {
  readonly shares: Float64Array; // [bins]
  readonly endpoints: Readonly<Partial<Record<Group, number>>>;
}

/** One endpoint's histograms, each adding up to 1, and the groups that it has any of. */
export interface Row {
  readonly shares: Float32Array; // [bins]
  readonly has: ReadonlySet<Group>;
}

/** Counts values into histograms, endpoint by endpoint. */
export interface Tally {
  /** `weight`: how many windows it stands for. */
  addGraph(endpoint: string, graph: HeteroGraph, weight: number): void;
  addScore(endpoint: string, score: number, weight: number): void;
  rows(): readonly Row[];
}

/**
 * Endpoints are what is drawn at random, not windows (nine tenths of two neighbouring windows are the same events)
 * and not nodes. So every endpoint counts alike, however long it was watched.
 */
export function tallyOf(layout: Layout): Tally {
  const byEndpoint = new Map<string, { counts: Float32Array; totals: Map<Group, number> }>();
  const endpointOf = (name: string) => {
    const known = byEndpoint.get(name) ?? { counts: new Float32Array(layout.bins), totals: new Map() };
    byEndpoint.set(name, known);
    return known;
  };
  const put = (counts: Float32Array, at: number, weight: number): void => {
    counts[at] = (counts[at] ?? 0) + weight;
  };
  return {
    addGraph(endpoint, graph, weight) {
      const { counts, totals } = endpointOf(endpoint);
      const figures = windowFigures(graph);
      for (const group of layout.groups) {
        const variables = layout.byGroup[group] ?? [];
        if (group === 'score') continue;
        const [from, to] = group === 'window' ? [0, 1] : rangeOf(graph, group);
        if (to === from) continue;
        totals.set(group, (totals.get(group) ?? 0) + weight * (to - from));
        for (const { place, edges, offset } of variables)
          for (let node = from; node < to; node++) {
            const value = group === 'window' ? figures[place] : graph.features[node * FEATURES + place];
            put(counts, offset + binOf(edges, value ?? 0), weight);
          }
      }
    },
    addScore(endpoint, score, weight) {
      const { counts, totals } = endpointOf(endpoint);
      totals.set('score', (totals.get('score') ?? 0) + weight);
      for (const { edges, offset } of layout.byGroup.score ?? [])
        put(counts, offset + binOf(edges, score), weight);
    },
    rows: () => [...byEndpoint.values()].map(({ counts, totals }) => rowOf(layout, counts, totals)),
  };
}

/** The means over rows, over those that have any of a group. */
export function meansOf(layout: Layout, rows: readonly Row[]): Means {
  const shares = new Float64Array(layout.bins);
  const endpoints: Partial<Record<Group, number>> = {};
  for (const group of layout.groups) {
    const having = rows.filter((row) => row.has.has(group));
    endpoints[group] = having.length;
    const [from, to] = spanOf(layout, group);
    for (const { shares: own } of having)
      for (let bin = from; bin < to; bin++)
        shares[bin] = (shares[bin] ?? 0) + (own[bin] ?? 0) / having.length;
  }
  return { shares, endpoints };
}

/** The bins of a group: the first one and the one after the last. */
export function spanOf({ byGroup }: Layout, group: Group): readonly [number, number] {
  const own = byGroup[group] ?? [];
  const [first, last] = [own[0], own.at(-1)];
  return first && last ? [first.offset, last.offset + last.edges.length + 2] : [0, 0];
}

function rowOf(layout: Layout, counts: Float32Array, totals: ReadonlyMap<Group, number>): Row {
  const shares = new Float32Array(counts.length);
  for (const [group, total] of totals) {
    const [from, to] = spanOf(layout, group);
    for (let bin = from; bin < to; bin++) shares[bin] = (counts[bin] ?? 0) / total;
  }
  return { shares, has: new Set([...totals].filter(([, total]) => total > 0).map(([group]) => group)) };
}
