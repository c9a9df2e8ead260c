import { leafValue, type Tree, type Trees, treesLogit } from '../../models/trees.ts';
import { seededRandom, shuffled } from '../random.ts';
import { sigmoid, type Table } from './logistic.ts';

/** Gradient-boosted trees for two classes. */
export interface BoostedModel extends Trees {
  readonly kind: 'boosted';
}

/** How trees are grown. */
export interface Growth {
  readonly trees: number;
  readonly leaves: number; // of a tree
  readonly rate: number; // of what a leaf would say that it may say
  readonly columnShare: number; // of the columns that a tree may cut, drawn anew for each
}

/** Sizes at which boosting was measured on such captures before. */
const FULL: Growth = { trees: 120, leaves: 15, rate: 0.1, columnShare: 1 };

/** Columns are cut at up to 31 quantiles: 32 bins, enough for some thousand rows. */
const BINS = 32;

/** Least weight a leaf must hold, and the penalty on its squared value: both keep single captures out. */
const LEAF_WEIGHT = 8;
const PENALTY = 1;

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
  const trees: Tree[] = [];
  for (let round = 0; round < growth.trees; round++) {
    for (let row = 0; row < logits.length; row++) {
      const prob = sigmoid(logits[row] ?? 0);
      slopes[row] = (weights[row] ?? 0) * (prob - (targets[row] ?? 0));
      curves[row] = (weights[row] ?? 0) * Math.max(1e-6, prob * (1 - prob));
    }
    const columns = drawnColumns(bins, growth.columnShare, random);
    const tree = growTree({ ...bins, drawn: columns }, slopes, curves, weights, growth);
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

interface Bins {
  readonly columns: readonly Uint8Array[]; // per column the bin of every row
  readonly cuts: readonly (readonly number[])[]; // per column the upper bounds of its bins but the last
}

/** Bins with the columns that a tree may cut. */
interface DrawnBins extends Bins {
  readonly drawn: readonly number[];
}

/** Columns that can be cut at all, or a share of them. */
function drawnColumns({ cuts }: Bins, share: number, random: () => number): readonly number[] {
  const usable = [...cuts.keys()].filter((column) => (cuts[column]?.length ?? 0) > 0);
  if (share >= 1) return usable;
  return shuffled(usable, random).slice(0, Math.max(1, Math.round(share * usable.length)));
}

interface Leaf {
  readonly rows: readonly number[];
  readonly best: Cut | null;
}

interface Cut {
  readonly column: number;
  readonly bin: number; // rows up to this bin go left
  readonly gain: number;
}

/** A leaf that is still growing, or has grown into a branch. */
interface Growing {
  leaf: Leaf;
  branch: { readonly cut: Cut; readonly left: Growing; readonly right: Growing } | null;
}

function growTree(
  bins: DrawnBins,
  slopes: Float64Array,
  curves: Float64Array,
  weights: readonly number[],
  { leaves: most, rate }: Growth,
): Tree {
  const leafOf = (rows: readonly number[]): Growing => ({
    leaf: { rows, best: bestCut(bins, rows, slopes, curves, weights) },
    branch: null,
  });
  const root = leafOf(Array.from(slopes, (_, row) => row));
  const open = [root];
  for (let leaves = 1; leaves < most; leaves++) {
    open.sort((a, b) => (b.leaf.best?.gain ?? 0) - (a.leaf.best?.gain ?? 0));
    const grown = open.shift();
    const cut = grown?.leaf.best;
    if (!grown || !cut) break;
    const column = bins.columns[cut.column];
    const goesLeft = (row: number) => (column?.[row] ?? 0) <= cut.bin;
    const left = leafOf(grown.leaf.rows.filter(goesLeft));
    const right = leafOf(grown.leaf.rows.filter((row) => !goesLeft(row)));
    grown.branch = { cut, left, right };
    open.push(left, right);
  }
  const finished = ({ leaf, branch }: Growing): Tree => {
    if (!branch) return { value: stepOf(leaf.rows, slopes, curves, rate) };
    const { column, bin } = branch.cut;
    const cut = bins.cuts[column]?.[bin] ?? 0;
    return { column, cut, left: finished(branch.left), right: finished(branch.right) };
  };
  return finished(root);
}

function bestCut(
  bins: DrawnBins,
  rows: readonly number[],
  slopes: Float64Array,
  curves: Float64Array,
  weights: readonly number[],
): Cut | null {
  let best: Cut | null = null;
  const slope = new Float64Array(BINS);
  const curve = new Float64Array(BINS);
  const weight = new Float64Array(BINS);
  const all = totals(rows, slopes, curves, weights);
  for (const column of bins.drawn) {
    const cuts = bins.cuts[column]?.length ?? 0;
    const binOf = bins.columns[column];
    if (cuts === 0 || !binOf) continue;
    slope.fill(0);
    curve.fill(0);
    weight.fill(0);
    for (const row of rows) {
      const bin = binOf[row] ?? 0;
      slope[bin] = (slope[bin] ?? 0) + (slopes[row] ?? 0);
      curve[bin] = (curve[bin] ?? 0) + (curves[row] ?? 0);
      weight[bin] = (weight[bin] ?? 0) + (weights[row] ?? 0);
    }
    const left = { slope: 0, curve: 0, weight: 0 };
    for (let bin = 0; bin < cuts; bin++) {
      left.slope += slope[bin] ?? 0;
      left.curve += curve[bin] ?? 0;
      left.weight += weight[bin] ?? 0;
      if (left.weight < LEAF_WEIGHT || all.weight - left.weight < LEAF_WEIGHT) continue;
      const gain =
        worth(left.slope, left.curve) +
        worth(all.slope - left.slope, all.curve - left.curve) -
        worth(all.slope, all.curve);
      if (gain > (best?.gain ?? 1e-6)) best = { column, bin, gain };
    }
  }
  return best;
}

const worth = (slope: number, curve: number): number => (slope * slope) / (curve + PENALTY);

function totals(
  rows: readonly number[],
  slopes: Float64Array,
  curves: Float64Array,
  weights: readonly number[],
) {
  const all = { slope: 0, curve: 0, weight: 0 };
  for (const row of rows) {
    all.slope += slopes[row] ?? 0;
    all.curve += curves[row] ?? 0;
    all.weight += weights[row] ?? 0;
  }
  return all;
}

function stepOf(rows: readonly number[], slopes: Float64Array, curves: Float64Array, rate: number): number {
  const { slope, curve } = totals(rows, slopes, curves, []);
  return (-rate * slope) / (curve + PENALTY);
}

function binned(rows: readonly Float32Array[]): Bins {
  const width = rows[0]?.length ?? 0;
  const columns: Uint8Array[] = [];
  const cuts: number[][] = [];
  for (let column = 0; column < width; column++) {
    const values = rows.map((row) => row[column] ?? 0);
    const bounds = boundsOf(values);
    cuts.push(bounds);
    columns.push(
      Uint8Array.from(values, (value) => {
        let bin = 0;
        while (bin < bounds.length && value > (bounds[bin] ?? 0)) bin++;
        return bin;
      }),
    );
  }
  return { columns, cuts };
}

/** Quantiles between neighbouring distinct values; none for a column that never changes. */
function boundsOf(values: readonly number[]): number[] {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const bounds = new Set<number>();
  const steps = Math.min(BINS - 1, distinct.length - 1);
  for (let step = 1; step <= steps; step++) {
    const place = Math.floor((step * distinct.length) / (steps + 1));
    bounds.add(((distinct[place - 1] ?? 0) + (distinct[place] ?? 0)) / 2);
  }
  return [...bounds];
}
