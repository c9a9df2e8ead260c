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
 * The score at or above which a share of benign windows lies. Machines, not windows, are drawn anew with
 * replacement, because the windows of one machine are nearly the same; the median of the draws counts.
 */
export function benignThreshold(scores: readonly BenignScore[], rate: number, seed = 1): Threshold {
  const byHost = new Map<string, number[]>();
  for (const { host, score } of scores) {
    const group = byHost.get(host) ?? [];
    group.push(score);
    byHost.set(host, group);
  }
  const groups = [...byHost.values()];
  const random = seededRandom(seed);
  const draws: number[] = [];
  for (let round = 0; round < ROUNDS && groups.length > 0; round++) {
    const drawn = groups.flatMap(() => groups[Math.floor(random() * groups.length)] ?? []);
    draws.push(quantile(drawn, 1 - rate) ?? 0);
  }
  const median = quantile(draws, 0.5) ?? Number.POSITIVE_INFINITY;
  const tied = scores.filter((one) => one.score === median).length / scores.length;
  const value = tied > TIED_SHARE ? median + TIE : median;
  return {
    value,
    low: quantile(draws, 0.025) ?? value,
    high: quantile(draws, 0.975) ?? value,
    hosts: groups.length,
    deciders: groups.filter((group) => group.some((score) => score >= value)).length,
  };
}
