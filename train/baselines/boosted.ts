import { sigmoid, type Table } from './logistic.ts';

/** A branch sends a row left when its column is at most `cut`; a leaf adds to the logit. */
type Tree =
  | { readonly column: number; readonly cut: number; readonly left: Tree; readonly right: Tree }
  | { readonly value: number };

/** Gradient-boosted trees for two classes. */
export interface BoostedModel {
  readonly kind: 'boosted';
  readonly base: number; // logit before any tree
  readonly trees: readonly Tree[];
}

/** Sizes at which boosting was measured on such captures before (120 trees of 15 leaves). */
const TREES = 120;
const LEAVES = 15;
const RATE = 0.1;

/** Columns are cut at up to 31 quantiles: 32 bins, enough for some thousand rows. */
const BINS = 32;

/** Least weight a leaf must hold, and the penalty on its squared value: both keep single captures out. */
const LEAF_WEIGHT = 8;
const PENALTY = 1;

/** Fits by second-order boosting on binned columns (Chen and Guestrin 2016); no randomness. */
export function fitBoosted(table: Table): BoostedModel {
  const scale = table.rows.length / table.weights.reduce((sum, weight) => sum + weight, 0);
  const weights = table.weights.map((weight) => weight * scale); // mean 1, so that LEAF_WEIGHT counts rows
  const bins = binned(table.rows);
  const share = table.weights.reduce((sum, w, row) => sum + (table.attack[row] ? w : 0), 0);
  const odds = share / Math.max(1e-9, table.weights.reduce((sum, w) => sum + w, 0) - share);
  const base = Math.log(Math.min(1e3, Math.max(1e-3, odds)));
  const logits = new Float64Array(table.rows.length).fill(base);
  const slopes = new Float64Array(logits.length);
  const curves = new Float64Array(logits.length);
  const trees: Tree[] = [];
  for (let round = 0; round < TREES; round++) {
    for (let row = 0; row < logits.length; row++) {
      const prob = sigmoid(logits[row] ?? 0);
      slopes[row] = (weights[row] ?? 0) * (prob - (table.attack[row] ? 1 : 0));
      curves[row] = (weights[row] ?? 0) * Math.max(1e-6, prob * (1 - prob));
    }
    const tree = growTree(bins, slopes, curves, weights);
    trees.push(tree);
    table.rows.forEach((row, place) => {
      logits[place] = (logits[place] ?? 0) + leafValue(tree, row);
    });
  }
  return { kind: 'boosted', base, trees };
}

/** The probability that a row is an attack. */
export function scoreBoosted(model: BoostedModel, row: Float32Array): number {
  return sigmoid(model.trees.reduce((logit, tree) => logit + leafValue(tree, row), model.base));
}

interface Bins {
  readonly columns: readonly Uint8Array[]; // per column the bin of every row
  readonly cuts: readonly (readonly number[])[]; // per column the upper bounds of its bins but the last
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

function growTree(bins: Bins, slopes: Float64Array, curves: Float64Array, weights: readonly number[]): Tree {
  const leafOf = (rows: readonly number[]): Growing => ({
    leaf: { rows, best: bestCut(bins, rows, slopes, curves, weights) },
    branch: null,
  });
  const root = leafOf(Array.from(slopes, (_, row) => row));
  const open = [root];
  for (let leaves = 1; leaves < LEAVES; leaves++) {
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
    if (!branch) return { value: stepOf(leaf.rows, slopes, curves) };
    const { column, bin } = branch.cut;
    const cut = bins.cuts[column]?.[bin] ?? 0;
    return { column, cut, left: finished(branch.left), right: finished(branch.right) };
  };
  return finished(root);
}

function bestCut(
  bins: Bins,
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
  for (let column = 0; column < bins.columns.length; column++) {
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

function stepOf(rows: readonly number[], slopes: Float64Array, curves: Float64Array): number {
  const { slope, curve } = totals(rows, slopes, curves, []);
  return (-RATE * slope) / (curve + PENALTY);
}

function leafValue(tree: Tree, row: Float32Array): number {
  let at = tree;
  while ('column' in at) at = (row[at.column] ?? 0) <= at.cut ? at.left : at.right;
  return at.value;
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
