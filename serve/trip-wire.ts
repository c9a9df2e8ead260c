import { stabilityIndex, type Tally } from './tally.ts';

export const TRIP_REASONS = ['errors', 'alerts', 'scores', 'latency'] as const;
export type TripReason = (typeof TRIP_REASONS)[number];

/** Why a version is taken back. */
export interface Trip {
  readonly reason: TripReason;
  readonly numbers: string; // for people
}

/** Beyond what a version that has just taken over is taken back. */
export interface TripBounds {
  /** Nothing is judged on fewer windows of either version. */
  readonly windows: number;
  /** Errors are, from so many windows of the new version on: what cannot score needs no comparison for long. */
  readonly errorWindows: number;
  readonly errorRate: number;
  /** How many times as often the new version may alert, and how often the old one is at least taken to. */
  readonly alertFactor: number;
  readonly alertRate: number;
  /** Fewer alerts than this are chance. */
  readonly alerts: number;
  readonly stabilityIndex: number;
  readonly latencyFactor: number;
  /** A graph that takes less is fast enough whatever it took before. */
  readonly latencyMs: number;
}

/** The defaults, each with its reason. They stop what is broken; what is a little worse is for the gate to judge. */
export const TRIP_BOUNDS: TripBounds = {
  windows: 500, // at a rate of 0.5 % two or three alerts are expected of the old version: 20 are no chance
  errorWindows: 50, // two seconds of 750 endpoints
  errorRate: 0.05, // single graphs that no version can score are far rarer
  alertFactor: 5, // a change of mood among endpoints doubles the rate; a broken scale multiplies it
  alertRate: 0.005, // what 0.7 stands for: half a per cent of benign windows
  alerts: 20,
  stabilityIndex: 2, // retrained networks move scores by more than the usual 0.25; a shift of all scores gives 3 to 8
  latencyFactor: 4, // a neighbour on the machine doubles it
  latencyMs: 5, // sixteen times what a graph takes on one core
};

/** Judges a version by its own windows and those of the one before it, just before the swap. */
export function tripOf(before: Tally, since: Tally, bounds: TripBounds = TRIP_BOUNDS): Trip | undefined {
  return errorTrip(before, since, bounds) ?? comparedTrip(before, since, bounds);
}

function errorTrip(before: Tally, since: Tally, bounds: TripBounds): Trip | undefined {
  if (since.windows < bounds.errorWindows) return undefined;
  const [old, now] = [before, since].map(({ errors, windows }) => errors / Math.max(1, windows));
  if (old === undefined || now === undefined || now <= bounds.errorRate || now <= 2 * old) return undefined;
  const numbers = `${percent(now)} of ${since.windows} windows could not be scored, ${percent(old)} of ${before.windows} before`;
  return { reason: 'errors', numbers };
}

function comparedTrip(before: Tally, since: Tally, bounds: TripBounds): Trip | undefined {
  if (before.windows < bounds.windows || since.windows < bounds.windows) return undefined;
  const alertRates = [before, since].map(({ alerts, windows }) => alerts / windows);
  const [oldRate = 0, newRate = 0] = alertRates;
  if (since.alerts >= bounds.alerts && newRate > bounds.alertFactor * Math.max(oldRate, bounds.alertRate)) {
    const numbers = `${percent(newRate)} of ${since.windows} windows would alert, ${percent(oldRate)} of ${before.windows} before`;
    return { reason: 'alerts', numbers };
  }
  const shift = stabilityIndex(before.scores, since.scores);
  if (shift > bounds.stabilityIndex) {
    const numbers = `scores of ${since.windows} windows are shifted by a stability index of ${shift.toFixed(2)}; ${bounds.stabilityIndex} is allowed`;
    return { reason: 'scores', numbers };
  }
  if (before.computed < bounds.windows || since.computed < bounds.windows) return undefined;
  const [oldMs = 0, newMs = 0] = [before, since].map(({ computeMs, computed }) => computeMs / computed);
  if (newMs <= bounds.latencyMs || newMs <= bounds.latencyFactor * oldMs) return undefined;
  return {
    reason: 'latency',
    numbers: `a graph takes ${newMs.toFixed(2)} ms, ${oldMs.toFixed(2)} ms before`,
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
