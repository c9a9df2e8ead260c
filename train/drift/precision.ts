import type { WeekOfVerdicts } from '../../contracts/drift.ts';
import type { Feedback } from '../../contracts/feedback.ts';

const WEEK_SECONDS = 7 * 86_400;
/** The epoch began on a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY = 4 * 86_400;

/** How a set of alerts was judged. */
export interface Precision {
  readonly judged: number;
  readonly right: number;
  readonly weeks: readonly WeekOfVerdicts[]; // oldest first; those without a verdict are left out
}

/**
 * Of the alerts that somebody judged, how many were right, by the week of the verdict (UTC). An alert counts once:
 * of each analyst the newest verdict that was not replaced counts, the majority decides, and a tie decides nothing.
 * Verdicts on windows that raised no alert are of another kind and are left out.
 */
export function precisionByWeek(verdicts: readonly Feedback[]): Precision {
  const byAlert = new Map<string, Feedback[]>();
  for (const one of standing(verdicts))
    if (one.alert_id !== null) byAlert.set(one.alert_id, [...(byAlert.get(one.alert_id) ?? []), one]);
  const weeks = new Map<number, { judged: number; right: number }>();
  for (const own of byAlert.values()) {
    const votes = own.reduce((sum, one) => sum + voteOf(one), 0);
    if (votes === 0) continue;
    const week = weekOf(Math.max(...own.map((one) => one.at)));
    const { judged, right } = weeks.get(week) ?? { judged: 0, right: 0 };
    weeks.set(week, { judged: judged + 1, right: right + (votes > 0 ? 1 : 0) });
  }
  const rows = [...weeks].map(([week, counts]) => ({ week, ...counts })).sort((a, b) => a.week - b.week);
  return {
    judged: rows.reduce((sum, row) => sum + row.judged, 0),
    right: rows.reduce((sum, row) => sum + row.right, 0),
    weeks: rows,
  };
}

/** Of each analyst the newest verdict on an alert that no other replaces. */
function standing(verdicts: readonly Feedback[]): readonly Feedback[] {
  const replaced = new Set(verdicts.map((one) => one.replaces));
  const newest = new Map<string, Feedback>();
  for (const one of [...verdicts].sort((a, b) => a.at - b.at))
    if (!replaced.has(one.feedback_id)) newest.set(JSON.stringify([one.alert_id, one.analyst]), one);
  return [...newest.values()];
}

function voteOf({ is_true_positive }: Feedback): number {
  if (is_true_positive === null) return 0;
  return is_true_positive ? 1 : -1;
}

function weekOf(at: number): number {
  return Math.floor((at - FIRST_MONDAY) / WEEK_SECONDS) * WEEK_SECONDS + FIRST_MONDAY;
}
