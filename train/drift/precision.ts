import type { Drift, WeekOfVerdicts } from '../../contracts/drift.ts';
import type { Feedback } from '../../contracts/feedback.ts';
import { resolveVerdicts } from '../../contracts/resolve-verdicts.ts';

const WEEK_SECONDS = 7 * 86_400;
/** The epoch began on a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY = 4 * 86_400;

/**
 * Of the alerts that somebody judged, how many were right, by the week of the newest verdict (UTC). An alert counts
 * once, by the rule that makes labels of verdicts; where that says unknown it does not count. Verdicts on windows
 * that raised no alert were asked for, not raised, and are left out.
 */
export function precisionByWeek(verdicts: readonly Feedback[]): Drift['precision'] {
  const byAlert = new Map<string, Feedback[]>();
  for (const one of verdicts)
    if (one.alert_id !== null) byAlert.set(one.alert_id, [...(byAlert.get(one.alert_id) ?? []), one]);
  const byWeek = new Map<number, WeekOfVerdicts>();
  for (const own of byAlert.values()) {
    const { label } = resolveVerdicts(own);
    if (label === 'unknown') continue;
    const week = weekOf(Math.max(...own.map((one) => one.at)));
    const { judged, right } = byWeek.get(week) ?? { judged: 0, right: 0 };
    byWeek.set(week, { week, judged: judged + 1, right: right + (label === 'attack' ? 1 : 0) });
  }
  const weeks = [...byWeek.values()].sort((a, b) => a.week - b.week);
  const sum = (pick: (week: WeekOfVerdicts) => number) => weeks.reduce((all, week) => all + pick(week), 0);
  return { judged: sum(({ judged }) => judged), right: sum(({ right }) => right), weeks };
}

function weekOf(at: number): number {
  return Math.floor((at - FIRST_MONDAY) / WEEK_SECONDS) * WEEK_SECONDS + FIRST_MONDAY;
}
