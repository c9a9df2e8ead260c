import { seededRandom } from '../random.ts';
import type { Group, Layout } from './layout.ts';
import { type Row, spanOf } from './tally.ts';

/**
 * A bin that one side never filled would make the index infinite. A thousandth is less than one endpoint among the
 * few hundred of a reference.
 */
const SMALLEST_SHARE = 1e-3;

/**
 * The population stability index: sum over bins of (now - before) x ln(now / before). Below 0.1 it is usually read as
 * no change, from 0.25 on as another population (N. Siddiqi, Credit Risk Scorecards, Wiley 2006, chapter 7).
 */
export function stabilityIndex(
  before: ArrayLike<number>,
  now: ArrayLike<number>,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let [index, beforeSum, nowSum] = [0, 0, 0];
  for (let bin = from; bin < to; bin++) {
    beforeSum += Math.max(SMALLEST_SHARE, before[bin] ?? 0);
    nowSum += Math.max(SMALLEST_SHARE, now[bin] ?? 0);
  }
  for (let bin = from; bin < to; bin++) {
    const p = Math.max(SMALLEST_SHARE, before[bin] ?? 0) / beforeSum;
    const q = Math.max(SMALLEST_SHARE, now[bin] ?? 0) / nowSum;
    index += (q - p) * Math.log(q / p);
  }
  return index;
}

/** Numbers of endpoints for which a reference says what chance alone gives. */
export const SIZES = [1, 2, 4, 8, 16, 32, 64, 128] as const;

/** The index of samples of the reference's own endpoints, by SIZES: its mean, and what 95 of 100 stay below. */
export interface Chance {
  readonly expected: readonly number[];
  readonly bound: readonly number[];
}

const DRAWS = 200;

/**
 * What the index is where nothing has changed. For independent values it would be (bins - 1) x (1/n + 1/m) on average
 * (B. Yurdakul, Statistical Properties of Population Stability Index, Western Michigan University 2018). Nodes of one
 * endpoint are far from independent, so endpoints are drawn anew from the reference instead (a cluster bootstrap),
 * for each variable of a group in the layout's order.
 */
export function chanceOf(layout: Layout, group: Group, rows: readonly Row[], means: Float64Array): Chance[] {
  const variables = layout.byGroup[group] ?? [];
  const having = rows.filter((row) => row.has.has(group));
  const [start, end] = spanOf(layout, group);
  const random = seededRandom(1);
  const chances = variables.map(() => ({ expected: [] as number[], bound: [] as number[] }));
  for (const size of SIZES) {
    const drawn = Array.from({ length: DRAWS }, () => {
      const mean = new Float64Array(layout.bins);
      for (let one = 0; one < size; one++) {
        const own = having[Math.floor(random() * having.length)]?.shares;
        for (let bin = start; bin < end; bin++) mean[bin] = (mean[bin] ?? 0) + (own?.[bin] ?? 0) / size;
      }
      return variables.map(({ offset, edges }) =>
        stabilityIndex(means, mean, { from: offset, to: offset + edges.length + 2 }),
      );
    });
    chances.forEach((chance, variable) => {
      const values = drawn.map((indices) => indices[variable] ?? 0).sort((a, b) => a - b);
      chance.expected.push(values.reduce((sum, value) => sum + value, 0) / DRAWS);
      chance.bound.push(values[Math.floor(0.95 * DRAWS)] ?? 0);
    });
  }
  return chances;
}

/**
 * The value at so many endpoints, from those at SIZES. The reference is itself a sample: against `n` endpoints, `m`
 * others vary as one sample of n m / (n + m) does against the whole population.
 */
export function atEndpoints(bySize: readonly number[], now: number, reference: number): number {
  const size = Math.max(1, (now * reference) / (now + reference));
  const exact = Math.log2(size);
  const before = Math.min(Math.floor(exact), SIZES.length - 1);
  const [low, high] = [bySize[before] ?? 0, bySize[before + 1]];
  if (high === undefined) return (low * (SIZES.at(-1) ?? 1)) / size; // falls as 1 / size from there
  return low + (high - low) * (exact - before);
}
