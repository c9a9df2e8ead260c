import { quantile } from './metrics.ts';
import { seededRandom } from './random.ts';

/** A benign window's score and the machine it is from. */
export interface BenignScore {
  readonly host: string;
  readonly score: number;
}

/** A threshold, how sure it is, and on how many machines it rests. */
export interface Threshold {
  readonly value: number;
  readonly low: number; // 2.5 % of the draws of hosts lie below
  readonly high: number;
  readonly hosts: number; // machines in all
  readonly deciders: number; // machines with a window at or above the value
}

/** Draws of hosts: with more, the median of the draws moves by less than a hundredth of its interval. */
const ROUNDS = 400;

/** Put on top of a score that a tenth of all windows share, as look-ups give, so that not all of them alert. */
const TIE = 1e-6;
const TIED_SHARE = 0.1;

/**
 * The scores at or above which shares of benign windows lie, one per rate. Machines, not windows, are drawn anew with
 * replacement, because the windows of one machine are nearly the same; the median of the draws counts.
 */
export function benignThresholds(
  scores: readonly BenignScore[],
  rates: readonly number[],
  seed = 1,
): readonly Threshold[] {
  const hosts = new Map<string, number>();
  for (const { host } of scores) if (!hosts.has(host)) hosts.set(host, hosts.size);
  const fromTop = scores
    .map(({ host, score }) => ({ host: hosts.get(host) ?? 0, score }))
    .sort((a, b) => b.score - a.score);
  const random = seededRandom(seed);
  const draws: number[][] = rates.map(() => []);
  for (let round = 0; round < ROUNDS && scores.length > 0; round++) {
    const times = new Int32Array(hosts.size);
    for (let draw = 0; draw < hosts.size; draw++) {
      const host = Math.floor(random() * hosts.size);
      times[host] = (times[host] ?? 0) + 1;
    }
    rates.forEach((rate, place) => void draws[place]?.push(drawnQuantile(fromTop, times, 1 - rate)));
  }
  return draws.map((values) => thresholdOf(scores, values));
}

interface PlacedScore {
  readonly host: number; // place of the machine
  readonly score: number;
}

/** A quantile, as `quantile()` means it, of scores of which each machine's count so many times: from the top down. */
function drawnQuantile(fromTop: readonly PlacedScore[], times: Int32Array, share: number): number {
  const total = fromTop.reduce((sum, { host }) => sum + (times[host] ?? 0), 0);
  const place = share * (total - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  let above = 0;
  let upper: number | null = null;
  for (const { host, score } of fromTop) {
    above += times[host] ?? 0;
    if (upper === null && above >= total - high) upper = score;
    if (above >= total - low) return score + ((upper ?? score) - score) * (place - low);
  }
  return 0;
}

function thresholdOf(scores: readonly BenignScore[], draws: readonly number[]): Threshold {
  const median = quantile(draws, 0.5) ?? Number.POSITIVE_INFINITY;
  const tied = scores.filter((one) => one.score === median).length / scores.length;
  const value = tied > TIED_SHARE ? median + TIE : median;
  return {
    value,
    low: quantile(draws, 0.025) ?? value,
    high: quantile(draws, 0.975) ?? value,
    hosts: new Set(scores.map((one) => one.host)).size,
    deciders: new Set(scores.filter((one) => one.score >= value).map((one) => one.host)).size,
  };
}
