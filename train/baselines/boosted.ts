import { leafValue, type Tree, type Trees, treesLogit } from '../../models/trees.ts';
import { seededRandom } from '../random.ts';
import { binned, drawnColumns } from './bins.ts';
import { growTree, type TreeGrowth } from './grow-tree.ts';
import { sigmoid, type Table } from './logistic.ts';

/** Gradient-boosted trees for two classes. */
export interface BoostedModel extends Trees {
  readonly kind: 'boosted';
}

/** How trees are grown. */
export interface Growth extends TreeGrowth {
  readonly trees: number;
  readonly columnShare: number; // of the columns that a tree may cut, drawn anew for each
}

/** Sizes at which boosting was measured on such captures before. */
const FULL: Growth = { trees: 120, leaves: 15, rate: 0.1, columnShare: 1 };

/** Fits by second-order boosting on binned columns (Chen and Guestrin 2016); equal tables give equal models. */
export function fitBoosted(table: Table, growth = FULL, random = seededRandom(1)): BoostedModel {
  const { rows, attack, weights } = scaledToRows(table);
  const share = table.weights.reduce((sum, w, row) => sum + (attack[row] ? w : 0), 0);
  const odds = share / Math.max(1e-9, table.weights.reduce((sum, w) => sum + w, 0) - share);
  const base = Math.log(Math.min(1e3, Math.max(1e-3, odds)));
  const margins = rows.map(() => base);
  const targets = attack.map((one) => (one ? 1 : 0));
  return { kind: 'boosted', base, trees: boostOn({ rows, targets, weights, margins }, growth, random) };
}

/**
 * A value cut to a fixed number of binary places: sums of some billion such values are exact in 53 bits, so that the sum
 * over a part is that over the whole less that over the rest, in any order (the subtraction is LightGBM's, Ke et al.,
 * NeurIPS 2017). So many places are what a Float32 keeps of numbers near 1.
 */
const exact = (value: number): number => Math.round(value * 2 ** 24) / 2 ** 24;

/** Rows with the logit that each has already and the probability that it should have. */
export interface Margins {
  readonly rows: readonly Float32Array[];
  readonly targets: readonly number[]; // 0 to 1
  readonly weights: readonly number[]; // of mean 1, so that LEAF_WEIGHT counts rows
  readonly margins: readonly number[]; // logits
}

/** Trees that bring rows from their margins nearer to their targets; equal rows and random draws give equal trees. */
export function boostOn(
  { rows, targets, weights, margins }: Margins,
  growth: Growth,
  random: () => number,
): readonly Tree[] {
  const bins = binned(rows);
  const logits = Float64Array.from(margins);
  const slopes = new Float64Array(logits.length);
  const curves = new Float64Array(logits.length);
  const pulls = { slopes, curves, weights: Float64Array.from(weights, exact) };
  const trees: Tree[] = [];
  for (let round = 0; round < growth.trees; round++) {
    for (let row = 0; row < logits.length; row++) {
      const prob = sigmoid(logits[row] ?? 0);
      slopes[row] = exact((weights[row] ?? 0) * (prob - (targets[row] ?? 0)));
      curves[row] = exact((weights[row] ?? 0) * Math.max(1e-6, prob * (1 - prob)));
    }
    const columns = drawnColumns(bins, growth.columnShare, random);
    const tree = growTree({ ...bins, drawn: columns }, pulls, growth);
    trees.push(tree);
    rows.forEach((row, place) => {
      logits[place] = (logits[place] ?? 0) + leafValue(tree, row);
    });
  }
  return trees;
}

/** The same rows with weights of mean 1. */
export function scaledToRows<Rows extends Pick<Table, 'rows' | 'weights'>>(table: Rows): Rows {
  const scale = table.rows.length / table.weights.reduce((sum, weight) => sum + weight, 0);
  return { ...table, weights: table.weights.map((weight) => weight * scale) };
}

/** The probability that a row is an attack. */
export function scoreBoosted(model: BoostedModel, row: Float32Array): number {
  return sigmoid(treesLogit(model, row));
}
