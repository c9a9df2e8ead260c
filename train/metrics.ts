import { seededRandom } from './random.ts';

/** A judged thing: its score and whether it is an attack. */
export interface Rated {
  readonly score: number;
  readonly attack: boolean;
}

/** A value with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Average precision, the area under precision over recall without interpolation (Davis and Goadrich 2006).
 * Equal scores count as one step. Null without an attack.
 */
export function prAuc(rated: readonly Rated[]): number | null {
  const attacks = rated.filter((one) => one.attack).length;
  if (attacks === 0) return null;
  let area = 0;
  let hits = 0;
  let seen = 0;
  for (const step of stepsDown(rated)) {
    const before = hits;
    hits += step.attacks;
    seen += step.size;
    area += ((hits - before) / attacks) * (hits / seen);
  }
  return area;
}

/** The chance that an attack scores above a benign thing, ties half (Mann and Whitney). Null without both. */
export function rocAuc(rated: readonly Rated[]): number | null {
  const attacks = rated.filter((one) => one.attack).length;
  const benign = rated.length - attacks;
  if (attacks === 0 || benign === 0) return null;
  let above = 0; // attacks that score above the step
  let wins = 0;
  for (const step of stepsDown(rated)) {
    const benignHere = step.size - step.attacks;
    wins += benignHere * (above + step.attacks / 2);
    above += step.attacks;
  }
  return wins / (attacks * benign);
}

/** Mean squared distance of a probability from what was (Brier 1950). Null for nothing. */
export function brier(rated: readonly Rated[]): number | null {
  if (rated.length === 0) return null;
  return mean(rated.map((one) => (one.score - (one.attack ? 1 : 0)) ** 2));
}

/** The share of pairs whose second scores higher than the first, ties half. Null for nothing. */
export function shareHigher(pairs: readonly (readonly [number, number])[]): number | null {
  if (pairs.length === 0) return null;
  return mean(pairs.map(([first, second]) => (second > first ? 1 : second === first ? 0.5 : 0)));
}

/** The value below which a share of the numbers lies, between two of them in proportion. Null for nothing. */
export function quantile(numbers: readonly number[], share: number): number | null {
  if (numbers.length === 0) return null;
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}

/** The arithmetic mean; 0 for nothing. */
export function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

/**
 * The exact 95 % interval of a count seen once (Garwood 1936): the rates at which so many or more, or so many
 * or fewer, have 2.5 % chance.
 */
export function poissonInterval(count: number): { readonly low: number; readonly high: number } {
  const atMost = (events: number, rate: number): number => {
    let term = Math.exp(-rate);
    let sum = term;
    for (let n = 1; n <= events; n++) {
      term *= rate / n;
      sum += term;
    }
    return sum;
  };
  const top = 20 + 3 * count; // far above either bound
  const low = count === 0 ? 0 : bisect(0, top, (rate) => 1 - atMost(count - 1, rate) >= 0.025);
  const high = bisect(0, top, (rate) => atMost(count, rate) <= 0.025);
  return { low, high };
}

/**
 * A figure's 95 % interval when whole groups (captures, hosts) are drawn anew with replacement. Rounds in
 * which the figure does not exist are left out; null when it does not exist at all.
 */
export function bootstrapByGroup<T>(
  groups: readonly (readonly T[])[],
  figure: (items: readonly T[]) => number | null,
  { rounds = 1000, seed = 1 }: { readonly rounds?: number; readonly seed?: number } = {},
): Interval | null {
  const value = figure(groups.flat());
  if (value === null) return null;
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const drawn = groups.map(() => groups[Math.floor(random() * groups.length)] ?? []);
    const one = figure(drawn.flat());
    if (one !== null) values.push(one);
  }
  return { value, low: quantile(values, 0.025) ?? value, high: quantile(values, 0.975) ?? value };
}

/** Groups of equal score, highest first. */
function stepsDown(rated: readonly Rated[]): { attacks: number; size: number }[] {
  const sorted = [...rated].sort((a, b) => b.score - a.score);
  const steps: { attacks: number; size: number }[] = [];
  let last = Number.NaN;
  for (const one of sorted) {
    if (one.score !== last) steps.push({ attacks: 0, size: 0 });
    last = one.score;
    const step = steps[steps.length - 1];
    if (!step) continue;
    step.size++;
    if (one.attack) step.attacks++;
  }
  return steps;
}

/** The point in [low, high] from which on `holds` is true. */
function bisect(low: number, high: number, holds: (at: number) => boolean): number {
  let [from, to] = [low, high];
  for (let round = 0; round < 60; round++) {
    const middle = (from + to) / 2;
    if (holds(middle)) to = middle;
    else from = middle;
  }
  return to;
}
