import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { UnweighedRow } from './collect.ts';
import { endpointKey, groupBy, patternKey } from './reach.ts';
import type { Caps } from './section.ts';

/**
 * How much feedback may count, whatever is said and by whomever.
 * - reached: a window that no verdict of the scope `window` names, against one that it names;
 * - corpus: all feedback of a class, against the captured windows of that class that train: in doubt the captures win;
 * - endpoint: one endpoint, against all captured windows: its habits are not everybody's;
 * - analyst: what rests on one analyst alone, against all feedback, once there are several: none outweighs the others.
 */
export const FEEDBACK_CAPS: Caps = { reached: 0.5, corpus: 0.2, endpoint: 0.05, analyst: 0.5 };

/** Distinct captured windows that train, by label. */
export interface CorpusSize {
  readonly attack: number;
  readonly benign: number;
}

/** What the caps look at. */
export type Weighable = Pick<
  UnweighedRow,
  'platform' | 'label' | 'scope' | 'pattern' | 'tenantId' | 'endpointId' | 'analysts'
>;

/**
 * What each row counts against a captured window, in the order given. A pattern counts with the square root of its
 * windows, as captures do. Each later cap only lowers weights, so that all of them hold at the end.
 */
export function weighFeedback(
  rows: readonly Weighable[],
  corpus: Readonly<Partial<Record<Platform, CorpusSize>>>,
  caps: Caps,
): readonly number[] {
  const weights = new Float64Array(rows.length);
  const places = rows.map((row, place) => ({ row, place }));
  for (const platform of PLATFORMS) {
    const own = places.filter(({ row }) => row.platform === platform);
    const size = corpus[platform] ?? { attack: 0, benign: 0 };
    for (const group of groupBy(own, ({ row }) => `${row.label} ${patternKey(row)}`).values()) {
      for (const { row, place } of group) {
        const share = row.pattern === '' ? 1 : 1 / Math.sqrt(group.length);

        weights[place] = (row.scope === 'window' ? 1 : caps.reached) * share;
      }
    }
    for (const group of groupBy(own, ({ row }) => endpointKey(row)).values())
      atMost(caps.endpoint * (size.attack + size.benign), group, weights);
    for (const [label, group] of groupBy(own, ({ row }) => row.label))
      atMost(caps.corpus * (label === 'attack' ? size.attack : size.benign), group, weights);
    capAnalysts(own, weights, caps.analyst);
  }
  return [...weights];
}

interface Placed {
  readonly row: Weighable;
  readonly place: number;
}

function atMost(limit: number, group: readonly Placed[], weights: Float64Array): void {
  const sum = group.reduce((total, { place }) => total + (weights[place] ?? 0), 0);
  if (sum <= limit) return;
  for (const { place } of group) weights[place] = ((weights[place] ?? 0) * limit) / sum;
}

/** What several analysts agree on is nobody's alone, and stays. */
function capAnalysts(rows: readonly Placed[], weights: Float64Array, share: number): void {
  const alone = groupBy(
    rows.filter(({ row }) => row.analysts.length === 1),
    ({ row }) => row.analysts[0] ?? '',
  );
  const sumOf = (some: readonly Placed[]): number =>
    some.reduce((sum, { place }) => sum + (weights[place] ?? 0), 0);
  const agreed = sumOf(rows.filter(({ row }) => row.analysts.length > 1));
  const limit = fairLimit([...alone.values()].map(sumOf), agreed, share);
  for (const group of alone.values()) atMost(limit, group, weights);
}

/**
 * The highest limit such that no mass, cut to it, is more than `share` of all masses cut to it and of what is never
 * cut (`fixed`). Infinite where nothing has to be cut or there is one mass alone. Where there are too few to have so
 * little each, all get the same.
 */
export function fairLimit(masses: readonly number[], fixed: number, share: number): number {
  const sorted = masses.filter((mass) => mass > 0).sort((a, b) => b - a);
  if (sorted.length === 0) return Number.POSITIVE_INFINITY;
  const part = fixed > 0 ? share : Math.max(share, 1 / sorted.length);
  let rest = fixed + sorted.reduce((sum, mass) => sum + mass, 0);
  if ((sorted[0] ?? 0) <= part * rest) return Number.POSITIVE_INFINITY;
  for (let cut = 1; cut <= sorted.length && part * cut < 1; cut++) {
    rest -= sorted[cut - 1] ?? 0;
    const limit = (part * rest) / (1 - part * cut); // of limit = part * (cut * limit + rest)
    if (limit >= (sorted[cut] ?? 0)) return limit;
  }
  return sorted.at(-1) ?? 0;
}
