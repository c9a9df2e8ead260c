import type { ScoredWindow } from './messages.ts';

/** What a version's windows were like. */
export interface Tally {
  readonly windows: number;
  readonly errors: number;
  readonly alerts: number; // shown probability from ALERTING up
  /** Graphs that were computed, not remembered, and what that took. */
  readonly computed: number;
  readonly computeMs: number;
  readonly scores: readonly number[]; // [BINS] windows by shown probability, errors left out
}

/** Analysts read it as "worth a look"; alerts begin there unless `alerts.min_threshold` says otherwise. */
export const ALERTING = 0.7;

/** Equal parts of the probability; ten is what the usual bounds of the index below are for. */
const BINS = 10;

export const NO_WINDOWS: Tally = {
  windows: 0,
  errors: 0,
  alerts: 0,
  computed: 0,
  computeMs: 0,
  scores: new Array<number>(BINS).fill(0),
};

/** Counts results. */
export function tallyOf(windows: readonly ScoredWindow[]): Tally {
  const scored = windows.filter(({ prediction }) => prediction !== 'error');
  const scores = new Array<number>(BINS).fill(0);
  for (const { attack_prob } of scored) {
    const bin = Math.min(BINS - 1, Math.floor(attack_prob * BINS));
    scores[bin] = (scores[bin] ?? 0) + 1;
  }
  return {
    windows: windows.length,
    errors: windows.length - scored.length,
    alerts: scored.filter(({ attack_prob }) => attack_prob >= ALERTING).length,
    computed: scored.filter(({ reused }) => !reused).length,
    // every window carries an equal share of its batch's time, remembered ones too
    computeMs: windows.reduce((sum, { inference_time_ms }) => sum + inference_time_ms, 0),
    scores,
  };
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    windows: a.windows + b.windows,
    errors: a.errors + b.errors,
    alerts: a.alerts + b.alerts,
    computed: a.computed + b.computed,
    computeMs: a.computeMs + b.computeMs,
    scores: a.scores.map((count, bin) => count + (b.scores[bin] ?? 0)),
  };
}

/**
 * Population stability index of two histograms: the sum over bins of (q - p) ln(q / p), with half a window added to
 * each bin so that an empty one weighs little where there are few windows. 0 for equal shares; 0.1 is read as a small
 * shift, 0.25 as a large one (Siddiqi, Credit Risk Scorecards, 2006).
 */
export function stabilityIndex(before: readonly number[], since: readonly number[]): number {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
    return counts.map((count) => (count + 0.5) / total);
  };
  const p = shares(before);
  return shares(since).reduce((sum, share, bin) => {
    const own = p[bin] ?? share;
    return sum + (share - own) * Math.log(share / own);
  }, 0);
}

/** The windows of late, bounded: two stretches of which the older is forgotten when the newer is full. */
export interface RecentTally {
  add(tally: Tally): void;
  total(): Tally;
}

/** Remembers between `stretch` and twice as many windows once so many have come. */
export function recentTally(stretch: number): RecentTally {
  let older = NO_WINDOWS;
  let newer = NO_WINDOWS;
  return {
    add(tally) {
      if (newer.windows >= stretch) {
        older = newer;
        newer = NO_WINDOWS;
      }
      newer = addTallies(newer, tally);
    },
    total: () => addTallies(older, newer),
  };
}
