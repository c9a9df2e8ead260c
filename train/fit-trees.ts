import { FEATURES, type HeteroGraph, NODE_TYPES } from '../contracts/graph.ts';
import { extremesOf, type Tree, type Trees } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { fitBoosted, type Growth } from './baselines/boosted.ts';
import { byKey } from './by-key.ts';
import { hashedPlaces } from './hide-names.ts';
import { mean } from './metrics.ts';
import { seededRandom } from './random.ts';

/** What pairs count for the trees, beside the windows: more orders them no better and finds fewer captures. */
export const TREES_PAIR_SHARE = 0.16;

/** Small trees on a few columns each: a thousand windows of some fifty machines bear no more. */
const GROWTH: Growth = { trees: 100, leaves: 6, rate: 0.1, columnShare: 0.3 };

/** Sets of trees whose mean counts: one set alone hangs on what happened to be drawn for it. */
const SETS = 6;

/** How often each window is shown again, altered, and how many others lie over it at most. */
const REPEATS = 3;
const MOST_BESIDE = 4;

/** Chance that a node type but processes is hidden from an altered window, as a poorer sensor would. */
const MASK_SHARE = 0.3;

/**
 * Fits the trees that score beside a network: on the largest value of every feature per node type, names left out,
 * so that no laboratory's programs are learnt by heart. Each window is also shown altered. With benign windows of its
 * laboratory laid over it, which for largest values is their maximum: a busy machine is no attack, and an attack on a
 * busy machine is one. And without what some sensors do not see, lest a sensor's configuration become a label.
 * Equal examples and seed give equal trees.
 */
export function fitTrees(examples: readonly WeightedExample[], seed: number): Trees {
  const rows = examples.map(({ example }) => namelessRow(example.graph));
  const all = Array.from({ length: 1 + REPEATS }, () => examples).flat();
  const random = seededRandom(seed);
  const sets = Array.from({ length: SETS }, () =>
    fitBoosted(
      {
        rows: [...rows, ...altered(examples, rows, random)],
        attack: all.map(({ example }) => example.label === 'attack'),
        weights: all.map((one) => one.weight),
      },
      GROWTH,
      random,
    ),
  );
  return { base: mean(sets.map((one) => one.base)), trees: sets.flatMap((one) => one.trees.map(shared)) };
}

/** A tree of one set, so that the sum over all sets is their mean. */
function shared(tree: Tree): Tree {
  if ('value' in tree) return { value: tree.value / SETS };
  return { ...tree, left: shared(tree.left), right: shared(tree.right) };
}

/** A column that never changes is never cut: names that are 0 here play no part in scoring either. */
export function namelessRow({ nodesPerType, features, window }: HeteroGraph): Float32Array {
  const row = extremesOf(nodesPerType, features);
  NODE_TYPES[window.platform].forEach((type, place) => {
    for (const { from, to } of hashedPlaces(window.platform, type))
      row.fill(0, place * FEATURES + from, place * FEATURES + to);
  });
  return row;
}

/** Every window `REPEATS` times, each time with other work over it and other node types hidden. */
export function altered(
  examples: readonly WeightedExample[],
  rows: readonly Float32Array[],
  random: () => number,
): readonly Float32Array[] {
  const benign = [...rows.keys()].filter((row) => examples[row]?.example.label === 'benign');
  const byLab = byKey(benign, (row) => examples[row]?.capture.lab ?? '');
  const one = (row: Float32Array, place: number): Float32Array => {
    const near = byLab.get(examples[place]?.capture.lab ?? '') ?? benign;
    const copy = row.slice();
    for (let beside = 1 + Math.floor(random() * MOST_BESIDE); beside > 0; beside--)
      raise(copy, rows[near[Math.floor(random() * near.length)] ?? -1]);
    for (let type = 1; type * FEATURES < copy.length; type++)
      if (random() < MASK_SHARE) copy.fill(0, type * FEATURES, (type + 1) * FEATURES);
    return copy;
  };
  return Array.from({ length: REPEATS }, () => rows.map(one)).flat();
}

function raise(row: Float32Array, other: Float32Array | undefined): void {
  other?.forEach((value, column) => {
    if (value > (row[column] ?? 0)) row[column] = value;
  });
}
