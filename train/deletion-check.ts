import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';
import { joinGraphs } from '../featurize/batch.ts';
import type { Engine, Scores } from '../models/engine.ts';
import type { Explanation } from '../models/explanation.ts';
import type { Explainer } from '../models/wasm/explainer.ts';
import { drawnLike, typesOf, withoutEdges, withoutNodes } from './delete-parts.ts';
import { seededRandom } from './random.ts';
import { scoresOf } from './score-graphs.ts';

/** How many of the strongest are taken away. */
export const DELETED = [1, 3, 5, 10] as const;

/** Random draws that one ranking is held against. */
const DRAWS = 5;

/** What a graph loses of its attack logit without some nodes or edges. */
export interface Deletion {
  readonly parts: 'nodes' | 'edges';
  readonly count: number; // of DELETED
  /** Log-odds lost without the strongest, by who ranked them; `random`: the mean of draws with our mix of types. */
  readonly lost: Readonly<Record<string, number>>;
}

/** The ranking of our explanations. */
export const OURS = 'gradient';

/**
 * Takes the strongest nodes and edges of a graph away, as our explanation and simpler ones rank them, and scores what is
 * left. Counts that would leave nothing are passed over.
 */
export async function checkByDeletion(
  graph: HeteroGraph,
  { engine, explainer }: { readonly engine: Engine; readonly explainer: Explainer },
  seed: number,
): Promise<readonly Deletion[]> {
  const batch = joinGraphs(graph.window.platform, [graph]);
  const scores = await engine.score(batch);
  const { nodes, edges } = rankings(graph, scores, explainer.explain(batch));
  const random = seededRandom(seed);
  const before = scores.logit[0] ?? 0;
  const lostWith = async (left: readonly HeteroGraph[]): Promise<readonly number[]> =>
    (await scoresOf(engine, left)).logits.map((logit) => before - logit);
  const run = async (part: Part): Promise<readonly Deletion[]> => {
    const deletions: Deletion[] = [];
    for (const count of DELETED) {
      if (count >= part.kinds.length) continue;
      const names = Object.keys(part.ranked);
      const chosen = names.map((name) => strongest(part.ranked[name] ?? [], count));
      const drawn = Array.from({ length: DRAWS }, () => drawnLike(chosen[0] ?? [], part.kinds, random));
      const sets = [...chosen.map((places) => new Set(places)), ...drawn];
      const lost = await lostWith(sets.map((gone) => part.without(graph, gone)));
      const byName = names.map((name, place) => [name, lost[place] ?? 0] as const);
      const atRandom = lost.slice(names.length).reduce((sum, one) => sum + one, 0) / DRAWS;
      deletions.push({ parts: part.parts, count, lost: { ...Object.fromEntries(byName), random: atRandom } });
    }
    return deletions;
  };
  return [
    ...(await run({ parts: 'nodes', ranked: nodes, kinds: typesOf(graph), without: withoutNodes })),
    ...(await run({ parts: 'edges', ranked: edges, kinds: graph.relation, without: withoutEdges })),
  ];
}

interface Part {
  readonly parts: Deletion['parts'];
  readonly ranked: Ranked; // ours first
  readonly kinds: ArrayLike<number>;
  readonly without: (graph: HeteroGraph, gone: ReadonlySet<number>) => HeteroGraph;
}

/** Values by which places are ranked, by who ranks. */
type Ranked = Readonly<Record<string, ArrayLike<number>>>;

function rankings(
  { source, target, labels }: HeteroGraph,
  scores: Scores,
  { node, edge, attention, input }: Explanation,
): { readonly nodes: Ranked; readonly edges: Ranked } {
  const atNodes = (ofEdge: (edge: number) => number) => {
    const sums = new Float64Array(labels.length);
    source.forEach((from, place) => {
      for (const end of [from, target[place] ?? 0]) sums[end] = (sums[end] ?? 0) + ofEdge(place);
    });
    return sums;
  };
  const degree = atNodes(() => 1);
  const byInput = new Float64Array(labels.length);
  input.forEach((value, i) => {
    const own = Math.floor(i / FEATURES);
    byInput[own] = (byInput[own] ?? 0) + value;
  });
  return {
    nodes: {
      [OURS]: node,
      'gradient x input': byInput,
      'readout share': scores.nodeScore,
      attention: atNodes((place) => attention[place] ?? 0),
      degree,
    },
    edges: {
      [OURS]: edge,
      'attention x readout share': scores.edgeScore,
      attention,
      degree: Array.from(source, (from, place) => (degree[from] ?? 0) + (degree[target[place] ?? 0] ?? 0)),
    },
  };
}

function strongest(values: ArrayLike<number>, count: number): readonly number[] {
  const places = Array.from(values, (_, place) => place);
  return places.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b).slice(0, count);
}
