import type { Platform } from '../contracts/event.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import { DIFFERENCE_BINS, LARGEST_DIFFERENCES, type ShadowReport } from '../contracts/shadow-report.ts';
import type { ScoredWindow } from './messages.ts';
import { ALERTING } from './tally.ts';

/** Two versions on one platform. */
export interface Pair {
  readonly platform: Platform;
  readonly champion: string;
  readonly challenger: string;
}

/** A report of nothing yet. */
export function emptyReport(pair: Pair, at: number): ShadowReport {
  const none = { both: 0, champion: 0, challenger: 0 };
  return {
    ...pair,
    ...{ since: at, until: at, windows: 0, skipped: 0, failed: 0, at_half: none, at_alert: none },
    ...{ difference_sum: 0, differences: new Array<number>(DIFFERENCE_BINS).fill(0), largest: [] },
  };
}

/**
 * Compares two versions' results of the same windows, place by place. A window that the champion could not score says
 * nothing; one that only the challenger could not counts as failed.
 */
export function compareScores(
  pair: Pair,
  champions: readonly ScoredWindow[],
  challengers: readonly ScoredWindow[],
  at: number,
): ShadowReport {
  const scored = champions.flatMap((one, place) => {
    const other = challengers[place];
    return one.prediction === 'error' || !other ? [] : [{ one, other }];
  });
  const compared = scored.filter(({ other }) => other.prediction !== 'error');
  const differences = new Array<number>(DIFFERENCE_BINS).fill(0);
  for (const { one, other } of compared) {
    const bin = binOf(other.attack_prob - one.attack_prob);
    differences[bin] = (differences[bin] ?? 0) + 1;
  }
  const apart = (pairOf: Compared) => Math.abs(pairOf.other.attack_prob - pairOf.one.attack_prob);
  return {
    ...emptyReport(pair, at),
    windows: compared.length,
    failed: scored.length - compared.length,
    at_half: verdictsAt(compared, ATTACK_PROBABILITY),
    at_alert: verdictsAt(compared, ALERTING),
    difference_sum: compared.reduce((sum, pairOf) => sum + apart(pairOf), 0),
    differences,
    largest: compared
      .filter((pairOf) => apart(pairOf) > 0)
      .sort((a, b) => apart(b) - apart(a))
      .slice(0, LARGEST_DIFFERENCES)
      .map(({ one, other }) => ({
        ...{ inference_id: one.inference_id, endpoint_id: one.endpoint_id, tenant_id: one.tenant_id },
        ...{ window_end: one.window_end, champion: one.attack_prob, challenger: other.attack_prob },
      })),
  };
}

interface Compared {
  readonly one: ScoredWindow;
  readonly other: ScoredWindow;
}

function verdictsAt(compared: readonly Compared[], threshold: number): ShadowReport['at_half'] {
  const raised = ({ attack_prob }: ScoredWindow) => attack_prob >= threshold;
  const count = (champion: boolean, challenger: boolean) =>
    compared.filter(({ one, other }) => raised(one) === champion && raised(other) === challenger).length;
  return { both: count(true, true), champion: count(true, false), challenger: count(false, true) };
}

/** A difference of exactly 0 lies in the first bin above the middle. */
function binOf(difference: number): number {
  const place = Math.floor(((difference + 1) / 2) * DIFFERENCE_BINS);
  return Math.max(0, Math.min(DIFFERENCE_BINS - 1, place));
}
