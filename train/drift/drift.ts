import {
  FEWEST_WINDOWS,
  type Population,
  PSI_BOUNDS,
  type Shift,
  type Shifted,
  type Shifts,
} from '../../contracts/drift.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { type Group, rangeOf } from './layout.ts';
import { type DrawnScore, type DrawnWindow, layoutOfReference, type Reference } from './reference.ts';
import { atEndpoints, stabilityIndex } from './stability.ts';
import { type Means, meansOf, type Tally, tallyOf } from './tally.ts';

/** Windows are taken one by one, so that a fleet's sample need not lie in memory. */
export interface DriftMeter {
  addGraph(window: DrawnWindow): void;
  /** Scores of another model version than the reference's say nothing. */
  addScore(score: DrawnScore): void;
  readonly windows: () => number;
  readonly endpoints: () => number;
  /** Null where fewer than 100 windows were taken. */
  shifts(): Shifts | null;
}

const STRONGEST = 20;

/** How far windows have moved from a reference: one call for a sample that is at hand. */
export function driftOf(
  reference: Reference,
  { graphs, scores }: { readonly graphs: readonly DrawnWindow[]; readonly scores: readonly DrawnScore[] },
): Shifts | null {
  const meter = driftMeter(reference);
  for (const graph of graphs) meter.addGraph(graph);
  for (const score of scores) meter.addScore(score);
  return meter.shifts();
}

/** Measures drift from a reference. */
export function driftMeter(reference: Reference): DriftMeter {
  const { layout, shares } = layoutOfReference(reference);
  const tally: Tally = tallyOf(layout);
  const unseen = unseenMeter(reference);
  const endpoints = new Set<string>();
  const counts = { windows: 0, scores: 0 };
  return {
    addGraph(window) {
      tally.addGraph(window.endpoint, window.graph, window.weight ?? 1);
      unseen.add(window);
      endpoints.add(window.endpoint);
      counts.windows += 1;
    },
    addScore({ endpoint, score, weight = 1 }) {
      tally.addScore(endpoint, score, weight);
      counts.scores += 1;
    },
    windows: () => counts.windows,
    endpoints: () => endpoints.size,
    shifts() {
      if (counts.windows < FEWEST_WINDOWS) return null;
      const means = meansOf(layout, tally.rows());
      const all = shiftsOf(reference, { shares, means });
      const features = all.filter(({ of }) => of !== 'window' && of !== 'score');
      const score = counts.scores < FEWEST_WINDOWS ? undefined : all.find(({ of }) => of === 'score');
      return {
        features: meanShift(features),
        window: meanShift(all.filter(({ of }) => of === 'window')),
        score: score
          ? {
              ...shiftFrom(score.psi, score.expected),
              population: score.population,
              comparable: reference.scores === 'held-out',
            }
          : null,
        moved: { features: features.filter(hasMoved).length, of: features.length },
        strongest: all
          .filter((one) => one.of !== 'score' && hasMoved(one))
          .sort((a, b) => b.excess - a.excess)
          .slice(0, STRONGEST),
        unseen: unseen.rates(),
      };
    },
  };
}

/** The shift of every variable that both sides have endpoints for. */
function shiftsOf(
  reference: Reference,
  { shares, means }: { readonly shares: Float64Array; readonly means: Means },
): readonly Shifted[] {
  const { layout } = layoutOfReference(reference);
  const chances = new Map(reference.variables.map((one) => [`${one.of} ${one.name}`, one]));
  return layout.groups.flatMap((of) => {
    const [now, before] = [means.endpoints[of] ?? 0, reference.endpoints[of] ?? 0];
    if (now === 0 || before === 0) return [];
    return (layout.byGroup[of] ?? []).map(({ name, edges, offset }): Shifted => {
      const span = { from: offset, to: offset + edges.length + 2 };
      const { expected = [], bound = [] } = chances.get(`${of} ${name}`) ?? {};
      const population: Population = {
        edges: [...edges],
        reference: [...shares.subarray(span.from, span.to)],
        now: [...means.shares.subarray(span.from, span.to)],
      };
      return {
        ...shiftFrom(stabilityIndex(shares, means.shares, span), atEndpoints(expected, now, before)),
        ...{ of, name, bound: atEndpoints(bound, now, before), endpoints: now, population },
      };
    });
  });
}

/** By more than chance gives one time in twenty, and by enough to matter. */
function hasMoved({ psi, bound, excess }: Shifted): boolean {
  return psi > bound && excess >= PSI_BOUNDS.moderate;
}

function shiftFrom(psi: number, expected: number): Shift {
  return { psi, expected, excess: Math.max(0, psi - expected) };
}

/** Features that move by chance go both ways, so their mean less the mean expectation stays near 0. */
function meanShift(shifts: readonly Shift[]): Shift {
  const mean = (pick: (one: Shift) => number) =>
    shifts.reduce((sum, one) => sum + pick(one), 0) / Math.max(1, shifts.length);
  return shiftFrom(
    mean((one) => one.psi),
    mean((one) => one.expected),
  );
}

const UNSEEN_NAMED = 20;

/** Counts nodes and windows that show what the training never did. */
function unseenMeter({ unseen }: Reference) {
  const byGroup = new Map<Group, (typeof unseen)[number][]>();
  for (const feature of unseen) byGroup.set(feature.of, [...(byGroup.get(feature.of) ?? []), feature]);
  const windowsOf = new Map<(typeof unseen)[number], number>();
  const sums = { nodes: 0, newNodes: 0, windows: 0, newWindows: 0 };
  return {
    add({ graph, weight = 1 }: DrawnWindow): void {
      const shown = new Set<(typeof unseen)[number]>();
      for (const [of, features] of byGroup) {
        const [from, to] = rangeOf(graph, of);
        for (let node = from; node < to; node++) {
          const own = features.filter(({ place }) => graph.features[node * FEATURES + place] !== 0);
          if (own.length > 0) sums.newNodes += weight;
          for (const feature of own) shown.add(feature);
        }
      }
      sums.nodes += weight * graph.nodesPerType.reduce((sum, count) => sum + count, 0);
      sums.windows += weight;
      if (shown.size > 0) sums.newWindows += weight;
      for (const feature of shown) windowsOf.set(feature, (windowsOf.get(feature) ?? 0) + weight);
    },
    rates(): Shifts['unseen'] {
      return {
        nodes: sums.newNodes / Math.max(1e-9, sums.nodes),
        windows: sums.newWindows / Math.max(1e-9, sums.windows),
        features: [...windowsOf]
          .map(([{ of, name }, windows]) => ({ of, name, windows: windows / sums.windows }))
          .sort((a, b) => b.windows - a.windows)
          .slice(0, UNSEEN_NAMED),
      };
    },
  };
}
