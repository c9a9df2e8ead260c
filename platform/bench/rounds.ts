import type { BenchResult } from '../../contracts/bench.ts';
import type { Contestant } from './contestants.ts';

/** Other programs disturb single rounds; the middle one of five is hardly moved. */
export const ROUNDS = 5;
/** Long enough for the clock and for garbage collection to take part, short enough for many cases. */
const ROUND_SECONDS = 0.25;
const MOST_PASSES = 500;

/** A figure of each contestant in each round, by name. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

/**
 * Measures contestants in turns, so that whatever else the machine does falls on all of them. The order moves on by
 * one every round.
 */
export async function inTurns(
  contestants: readonly Contestant[],
  measure: (contestant: Contestant) => Promise<number>,
  rounds = ROUNDS,
): Promise<Rounds> {
  const figures = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % Math.max(contestants.length, 1);
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      figures.get(contestant.name)?.push(await measure(contestant));
    }
  }
  return figures;
}

/** How many passes make a round, from what one pass takes. */
export function passesFor(passSeconds: number): number {
  return Math.min(MOST_PASSES, Math.max(1, Math.ceil(ROUND_SECONDS / passSeconds)));
}

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(at)] ?? Number.NaN) + (sorted[Math.ceil(at)] ?? Number.NaN)) / 2;
}

/** Rows of one of ours beside each peer: medians, and the median of the rounds' own ratios. */
export function rowsOf(
  rounds: Rounds,
  ours: string,
  peers: readonly string[],
  { name, unit, lessIsBetter = false }: { name: string; unit: string; lessIsBetter?: boolean },
): BenchResult[] {
  const own = rounds.get(ours) ?? [];
  return peers.map((peer) => {
    const others = rounds.get(peer) ?? [];
    const ratios = own.map((value, round) => {
      const ratio = value / (others[round] ?? Number.NaN);
      return lessIsBetter ? 1 / ratio : ratio;
    });
    return { name, unit, ours: median(own), peer, peerValue: median(others), ratio: median(ratios) };
  });
}
