import type { BlessReport, Compared, GateFigure, Reason } from './bless-report.ts';
import type { Limits } from './limits.ts';

/** What is judged: a report before it has a verdict. */
export type Unjudged = Pick<BlessReport, 'figures' | 'slices' | 'latency' | 'frozen' | 'limits'>;

/** Every rule that a challenger breaks, the gravest figures first. Empty: it passes. */
export function brokenRules({ figures, slices, latency, frozen, limits }: Unjudged): readonly Reason[] {
  return [
    ...frozenRules(frozen, limits),
    ...(figures ? figureRules(figures, frozen, limits) : []),
    ...slices
      .filter((one) => one.runs >= limits.sliceRuns && (one.difference?.value ?? 0) < -limits.sliceLoss)
      .map((one) =>
        reasonOf(
          'slice',
          one,
          `recall of ${one.by} ${one.of} (${one.runs} runs)`,
          PERCENT,
          -limits.sliceLoss,
        ),
      ),
    ...(latency && latency.ratio > limits.slowdown ? [slowReason(latency, limits)] : []),
  ];
}

function frozenRules(
  { attackRuns, windows, hostDays }: BlessReport['frozen'],
  limits: Limits,
): readonly Reason[] {
  const hours = 24 * hostDays;
  const reason = (text: string, limit: number): Reason => ({
    ...{ rule: 'frozen', text, limit },
    ...{ champion: null, challenger: null, interval: null },
  });
  const reasons: Reason[] = [];
  if (attackRuns < limits.fewestAttackRuns)
    reasons.push(
      reason(
        `The frozen captures hold ${attackRuns} runs with an attack; ${limits.fewestAttackRuns} are needed (--frozen names more)`,
        limits.fewestAttackRuns,
      ),
    );
  if (hours < limits.fewestBenignHours)
    reasons.push(
      reason(
        `The frozen captures hold ${hours.toFixed(2)} host-hours of ordinary work in ${windows.benign} windows; ` +
          `${limits.fewestBenignHours} are needed (--frozen names more)`,
        limits.fewestBenignHours,
      ),
    );
  return reasons;
}

function figureRules(
  figures: Readonly<Record<GateFigure, Compared>>,
  { hostDays }: BlessReport['frozen'],
  limits: Limits,
): readonly Reason[] {
  const { prAuc, recallAtOneFalseAlarm, recallShown, falseAlarmsPerHostDay, brier } = figures;
  const reasons: Reason[] = [];
  const allowedRise = allowedFalseAlarms(falseAlarmsPerHostDay, limits);
  const rise = falseAlarmsPerHostDay.difference?.value ?? 0;
  if ((prAuc.difference?.low ?? 0) < -limits.prAucLoss)
    reasons.push(
      reasonOf('prAuc', prAuc, 'PR-AUC', DECIMAL, -limits.prAucLoss, 'the lower end of the interval'),
    );
  if (below(recallAtOneFalseAlarm, -limits.recallLoss))
    reasons.push(
      reasonOf(
        'recallAtOneFalseAlarm',
        recallAtOneFalseAlarm,
        'recall of runs at one false alarm a host and day',
        PERCENT,
        -limits.recallLoss,
      ),
    );
  if (below(recallShown, -limits.recallLoss))
    reasons.push(
      reasonOf('recallShown', recallShown, 'recall of runs as shown', PERCENT, -limits.recallLoss),
    );
  if (rise > allowedRise && Math.round(rise * hostDays) >= limits.falseAlarmsMore)
    reasons.push(
      reasonOf(
        'falseAlarmsPerHostDay',
        falseAlarmsPerHostDay,
        'false alarms a host and day',
        RATE,
        allowedRise,
      ),
    );
  if ((brier.difference?.value ?? 0) > limits.brierRise)
    reasons.push(reasonOf('brier', brier, 'Brier score', DECIMAL, limits.brierRise));
  return reasons;
}

/** By how much false alarms a host and day may rise. */
export const allowedFalseAlarms = ({ champion }: Compared, limits: Limits): number =>
  Math.max(limits.falseAlarmRise, limits.falseAlarmShare * (champion ?? 0));

const below = ({ difference }: Compared, limit: number): boolean =>
  difference !== null && difference.value < limit;

const DECIMAL = (value: number): string => value.toFixed(3);
const RATE = (value: number): string => value.toFixed(2);
const PERCENT = (value: number): string => `${(100 * value).toFixed(1)} %`;

function reasonOf(
  rule: Reason['rule'],
  { champion, challenger, difference }: Compared,
  what: string,
  show: (value: number) => string,
  limit: number,
  held: string = 'the difference',
): Reason {
  const verb = (difference?.value ?? 0) < 0 ? 'fell' : (difference?.value ?? 0) > 0 ? 'rose' : 'stayed';
  const text =
    `${what[0]?.toUpperCase()}${what.slice(1)} ${verb} from ${show(champion ?? 0)} to ${show(challenger ?? 0)} ` +
    `(difference ${show(difference?.value ?? 0)}, 95 % ${show(difference?.low ?? 0)} to ${show(difference?.high ?? 0)}); ` +
    `${held} may not be ${limit < 0 ? 'below' : 'above'} ${show(limit)}`;
  const interval = difference && { low: difference.low, high: difference.high };
  return { rule, text, champion, challenger, interval, limit };
}

function slowReason(
  { ratio, championMs, challengerMs }: NonNullable<BlessReport['latency']>,
  limits: Limits,
): Reason {
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const [champion, challenger] = [middle(championMs), middle(challengerMs)];
  const text =
    `Scoring takes ${ratio.toFixed(2)} times as long as the champion: ${challenger.toFixed(2)} ms a graph instead of ` +
    `${champion.toFixed(2)} ms; ${limits.slowdown} times are allowed`;
  return { rule: 'latency', text, champion, challenger, interval: null, limit: limits.slowdown };
}
