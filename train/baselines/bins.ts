import { shuffled } from '../random.ts';

/** Columns are cut at up to 31 quantiles: 32 bins, enough for some thousand rows. */
export const BINS = 32;

/** A column as bins. */
export interface Column {
  readonly binOf: Uint8Array; // of every row
  readonly usual: number; // the bin that most rows are in
}

/** A table as bins. */
export interface Bins {
  readonly columns: readonly Column[];
  readonly cuts: readonly (readonly number[])[]; // per column the upper bounds of its bins but the last
}

/** Bins with the columns that a tree may cut. */
export interface DrawnBins extends Bins {
  readonly drawn: readonly number[];
}

/** Columns that can be cut at all, or a share of them. */
export function drawnColumns({ cuts }: Bins, share: number, random: () => number): readonly number[] {
  const usable = [...cuts.keys()].filter((column) => (cuts[column]?.length ?? 0) > 0);
  if (share >= 1) return usable;
  return shuffled(usable, random).slice(0, Math.max(1, Math.round(share * usable.length)));
}

/** The rows of a table as bins. */
export function binned(rows: readonly Float32Array[]): Bins {
  const width = rows[0]?.length ?? 0;
  const columns: Column[] = [];
  const cuts: number[][] = [];
  const values = new Float32Array(rows.length);
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < values.length; row++) values[row] = rows[row]?.[column] ?? 0;
    const bounds = boundsOf(values);
    cuts.push(bounds);
    const binOf = binsOf(values, bounds);
    columns.push({ binOf, usual: usualIn(binOf) });
  }
  return { columns, cuts };
}

function binsOf(values: Float32Array, bounds: readonly number[]): Uint8Array {
  const bins = new Uint8Array(values.length);
  if (bounds.length === 0) return bins;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0;
    let bin = 0;
    while (bin < bounds.length && value > (bounds[bin] ?? 0)) bin++;
    bins[row] = bin;
  }
  return bins;
}

function usualIn(bins: Uint8Array): number {
  const counts = new Int32Array(BINS);
  for (const bin of bins) counts[bin] = (counts[bin] ?? 0) + 1;
  return counts.indexOf(Math.max(...counts));
}

/** Quantiles between neighbouring distinct values; none for a column that never changes. */
function boundsOf(values: Float32Array): number[] {
  const [first] = values;
  if (values.every((value) => value === first)) return [];
  const distinct = values.toSorted().filter((value, at, sorted) => at === 0 || value !== sorted[at - 1]);
  const bounds = new Set<number>();
  const steps = Math.min(BINS - 1, distinct.length - 1);
  for (let step = 1; step <= steps; step++) {
    const place = Math.floor((step * distinct.length) / (steps + 1));
    bounds.add(((distinct[place - 1] ?? 0) + (distinct[place] ?? 0)) / 2);
  }
  return [...bounds];
}
