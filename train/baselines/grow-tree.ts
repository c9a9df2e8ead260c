import type { Tree } from '../../models/trees.ts';
import { BINS, type Column, type DrawnBins } from './bins.ts';

/** Least weight a leaf must hold, and the penalty on its squared value: both keep single captures out. */
const LEAF_WEIGHT = 8;
const PENALTY = 1;

/** How a tree is grown. */
export interface TreeGrowth {
  readonly leaves: number;
  readonly rate: number; // of what a leaf would say that it may say
}

/** What rows pull a leaf towards: per row the loss's first and second derivative, and what it counts. */
export interface Pulls {
  readonly slopes: Float64Array;
  readonly curves: Float64Array;
  readonly weights: Float64Array;
}

/** A leaf's rows with their sums per drawn column and bin, slope, curve and weight each. */
interface Leaf {
  readonly rows: Int32Array;
  readonly sums: Float64Array; // drawn columns x BINS x 3
  readonly best: Cut | null;
}

interface Cut {
  readonly drawn: number; // place of the column among those drawn
  readonly bin: number; // rows up to this bin go left
  readonly gain: number;
}

/** A leaf that is still growing, or has grown into a branch. */
interface Growing {
  readonly leaf: Leaf;
  branch: { readonly cut: Cut; readonly left: Growing; readonly right: Growing } | null;
}

/** Grows a tree, the leaf first that gains most by being cut. */
export function growTree(bins: DrawnBins, pulls: Pulls, { leaves: most, rate }: TreeGrowth): Tree {
  const leafOf = (rows: Int32Array, sums: Float64Array): Growing => ({
    leaf: { rows, sums, best: bestCut(bins, sums, totals(rows, pulls)) },
    branch: null,
  });
  const all = Int32Array.from(pulls.slopes.keys());
  const root = leafOf(all, sumsOf(bins, all, pulls));
  const open = [root];
  for (let leaves = 1; leaves < most; leaves++) {
    open.sort((a, b) => (b.leaf.best?.gain ?? 0) - (a.leaf.best?.gain ?? 0));
    const grown = open.shift();
    const cut = grown?.leaf.best;
    if (!grown || !cut) break;
    const column = bins.columns[bins.drawn[cut.drawn] ?? 0];
    const goesLeft = (row: number) => (column?.binOf[row] ?? 0) <= cut.bin;
    const parts = [
      grown.leaf.rows.filter(goesLeft),
      grown.leaf.rows.filter((row) => !goesLeft(row)),
    ] as const;
    const [left, right] = sumsOfParts(bins, parts, grown.leaf.sums, pulls);
    grown.branch = { cut, left: leafOf(parts[0], left), right: leafOf(parts[1], right) };
    open.push(grown.branch.left, grown.branch.right);
  }
  const finished = ({ leaf, branch }: Growing): Tree => {
    if (!branch) return { value: stepOf(leaf.rows, pulls, rate) };
    const column = bins.drawn[branch.cut.drawn] ?? 0;
    const cut = bins.cuts[column]?.[branch.cut.bin] ?? 0;
    return { column, cut, left: finished(branch.left), right: finished(branch.right) };
  };
  return finished(root);
}

/** The smaller part is summed; the larger is the rest of the whole, whose place it takes. Sums are exact. */
function sumsOfParts(
  bins: DrawnBins,
  [left, right]: readonly [Int32Array, Int32Array],
  whole: Float64Array,
  pulls: Pulls,
): readonly [Float64Array, Float64Array] {
  const isLeft = left.length < right.length;
  const less = sumsOf(bins, isLeft ? left : right, pulls);
  for (let place = 0; place < whole.length; place++)
    whole[place] = (whole[place] as number) - (less[place] as number);
  return isLeft ? [less, whole] : [whole, less];
}

function sumsOf(bins: DrawnBins, rows: Int32Array, pulls: Pulls): Float64Array {
  const sums = new Float64Array(bins.drawn.length * BINS * 3);
  const own = pullsOf(rows, pulls);
  const all = totals(rows, pulls);
  bins.drawn.forEach((column, place) => {
    const binned = bins.columns[column];
    if (binned) sumByBin(sums.subarray(place * BINS * 3, (place + 1) * BINS * 3), binned, { rows, own, all });
  });
  return sums;
}

type Sums = readonly [slope: number, curve: number, weight: number];

/** The pulls of some rows side by side, slope, curve and weight each: they are read once per column. */
function pullsOf(rows: Int32Array, { slopes, curves, weights }: Pulls): Float64Array {
  const own = new Float64Array(3 * rows.length);
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place] as number;
    own[3 * place] = slopes[row] as number;
    own[3 * place + 1] = curves[row] as number;
    own[3 * place + 2] = weights[row] as number;
  }
  return own;
}

/**
 * Most of the time of boosting is spent here, so places are known to exist, not asked for. Most rows of most columns
 * are in one bin, which is what the others leave of the whole.
 */
function sumByBin(
  sums: Float64Array,
  { binOf, usual }: Column,
  { rows, own, all }: { readonly rows: Int32Array; readonly own: Float64Array; readonly all: Sums },
): void {
  let [slope, curve, weight] = all;
  for (let place = 0; place < rows.length; place++) {
    const bin = binOf[rows[place] as number] as number;
    if (bin === usual) continue;
    const [at, to] = [3 * place, 3 * bin];
    slope -= own[at] as number;
    curve -= own[at + 1] as number;
    weight -= own[at + 2] as number;
    sums[to] = (sums[to] as number) + (own[at] as number);
    sums[to + 1] = (sums[to + 1] as number) + (own[at + 1] as number);
    sums[to + 2] = (sums[to + 2] as number) + (own[at + 2] as number);
  }
  sums.set([slope, curve, weight], 3 * usual);
}

function bestCut(bins: DrawnBins, sums: Float64Array, [slope, curve, weight]: Sums): Cut | null {
  let best: Cut | null = null;
  const whole = worth(slope, curve);
  for (let drawn = 0; drawn < bins.drawn.length; drawn++) {
    const cuts = bins.cuts[bins.drawn[drawn] ?? 0]?.length ?? 0;
    let [leftSlope, leftCurve, leftWeight] = [0, 0, 0];
    for (let bin = 0; bin < cuts; bin++) {
      const place = 3 * (drawn * BINS + bin);
      leftSlope += sums[place] ?? 0;
      leftCurve += sums[place + 1] ?? 0;
      leftWeight += sums[place + 2] ?? 0;
      if (leftWeight < LEAF_WEIGHT || weight - leftWeight < LEAF_WEIGHT) continue;
      const gain = worth(leftSlope, leftCurve) + worth(slope - leftSlope, curve - leftCurve) - whole;
      if (gain > (best?.gain ?? 1e-6)) best = { drawn, bin, gain };
    }
  }
  return best;
}

const worth = (slope: number, curve: number): number => (slope * slope) / (curve + PENALTY);

function totals(rows: Int32Array, { slopes, curves, weights }: Pulls): Sums {
  let [slope, curve, weight] = [0, 0, 0];
  for (const row of rows) {
    slope += slopes[row] ?? 0;
    curve += curves[row] ?? 0;
    weight += weights[row] ?? 0;
  }
  return [slope, curve, weight];
}

function stepOf(rows: Int32Array, pulls: Pulls, rate: number): number {
  const [slope, curve] = totals(rows, pulls);
  return (-rate * slope) / (curve + PENALTY);
}
