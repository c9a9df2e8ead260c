import { type Feedback, SCOPES } from './feedback.ts';

/** What the verdicts that reach one window say of it together. */
export interface Resolution {
  readonly label: 'attack' | 'benign' | 'unknown';
  /** The counted verdicts that say the label (for `unknown`: those that could not tell), oldest first. */
  readonly agreeing: readonly Feedback[];
  /** The counted verdicts that name another label, oldest first. Who could not tell contradicts nobody. */
  readonly dissenting: readonly Feedback[];
}

/**
 * One label from all the verdicts that reach one window, which the caller has chosen. The rule: a verdict that
 * another one replaces never counts; of each analyst only the newest of the rest counts (by `at`); of these the
 * narrowest scope decides (window before process before pattern), and in it the majority of the analysts who
 * could tell. A tie, or nobody in that scope who could tell, is `unknown`. The order of the input does not matter.
 */
export function resolveVerdicts(verdicts: readonly Feedback[]): Resolution {
  const counted = newestOfEach(verdicts);
  const narrowest = Math.min(...counted.map(breadthOf));
  const deciding = counted.filter((one) => breadthOf(one) === narrowest);
  const attacks = deciding.filter((one) => one.is_true_positive === true).length;
  const benign = deciding.filter((one) => one.is_true_positive === false).length;
  const label = attacks > benign ? 'attack' : benign > attacks ? 'benign' : 'unknown';
  return {
    label,
    agreeing: counted.filter((one) => labelOf(one) === label),
    dissenting: counted.filter((one) => one.is_true_positive !== null && labelOf(one) !== label),
  };
}

/** Of each analyst the newest verdict that was not replaced, oldest first. */
function newestOfEach(verdicts: readonly Feedback[]): readonly Feedback[] {
  const replaced = new Set(verdicts.map((one) => one.replaces));
  const standing = verdicts.filter((one) => !replaced.has(one.feedback_id));
  const byAnalyst = new Map(standing.toSorted(byTime).map((one) => [one.analyst, one]));
  return [...byAnalyst.values()].sort(byTime);
}

/** Oldest first; at one moment by id, so that the answer never depends on the order of the input. */
function byTime(one: Feedback, other: Feedback): number {
  return one.at - other.at || (one.feedback_id < other.feedback_id ? -1 : 1);
}

function breadthOf({ scope }: Feedback): number {
  return SCOPES.indexOf(scope); // the list goes from narrow to wide
}

function labelOf({ is_true_positive }: Feedback): Resolution['label'] {
  if (is_true_positive === null) return 'unknown';
  return is_true_positive ? 'attack' : 'benign';
}
