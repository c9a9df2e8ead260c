import type { Interval } from '../../metrics.ts';
import {
  type BlessReport,
  type Compared,
  type GateFigure,
  SLICE_KINDS,
  type Slice,
} from '../bless-report.ts';
import type { LimitName } from '../limits.ts';

const minus = (value: string): string => value.replace('-', '−');
/** Of 1, three digits. */
export const decimal = (value: number): string => minus(value.toFixed(3));
const rate = (value: number): string => minus(value.toFixed(2));
const percent = (value: number): string => minus(`${(100 * value).toFixed(1)} %`);
const points = (value: number): string => minus(`${(100 * value).toFixed(1)} points`);

/** How a figure is called and shown, and which limit holds it. */
export interface FigureText {
  readonly title: string;
  readonly show: (value: number) => string;
  readonly showChange: (value: number) => string;
  readonly limit: LimitName | null;
}

/** The figures of a judgement in words. */
export const FIGURE_TEXTS: Readonly<Record<GateFigure, FigureText>> = {
  prAuc: { title: 'PR-AUC of windows', show: decimal, showChange: decimal, limit: 'prAucLoss' },
  recallAtOneFalseAlarm: {
    title: 'recall of runs at one false alarm a host and day',
    show: percent,
    showChange: points,
    limit: 'recallLoss',
  },
  recallShown: {
    title: 'recall of runs as shown (0.7)',
    show: percent,
    showChange: points,
    limit: 'recallLoss',
  },
  falseAlarmsPerHostDay: {
    title: 'false alarms a host and day as shown',
    show: rate,
    showChange: rate,
    limit: 'falseAlarmRise',
  },
  alertedShown: {
    title: 'benign windows that alert as shown',
    show: percent,
    showChange: points,
    limit: null,
  },
  brier: {
    title: 'Brier score of the shown probability',
    show: decimal,
    showChange: decimal,
    limit: 'brierRise',
  },
};

/** Both versions' figure and the difference with its interval, in words. */
export function comparedTexts(
  { champion, challenger, difference }: Compared,
  { show, showChange }: FigureText,
): readonly [champion: string, challenger: string, difference: string] {
  const one = (value: number | null): string => (value === null ? '–' : show(value));
  return [one(champion), one(challenger), differenceText(difference, showChange)];
}

function differenceText(difference: Interval | null, show: (value: number) => string): string {
  if (!difference) return '–';
  const sign = difference.value > 0 ? '+' : '';
  return `${sign}${show(difference.value)} (${show(difference.low)} to ${show(difference.high)})`;
}

/** Slices that could refuse and those that changed, the largest of each kind first; how many others there are. */
export function tellingSlices({ slices, limits }: Pick<BlessReport, 'slices' | 'limits'>): {
  readonly told: readonly Slice[];
  readonly others: number;
} {
  const told = slices
    .filter((one) => one.runs >= limits.sliceRuns || one.champion !== one.challenger)
    .sort(
      (a, b) =>
        SLICE_KINDS.indexOf(b.by) - SLICE_KINDS.indexOf(a.by) || b.runs - a.runs || a.of.localeCompare(b.of),
    );
  return { told, others: slices.length - told.length };
}

/** What has to be said where it is not known what a judged version learnt from; nothing where it is. */
export function unknownText({ model, frozen }: BlessReport): string {
  if (frozen.unknown.length === 0) return '';
  const versions = frozen.unknown.map((one) => `${model}@${one}`).join(' and ');
  return `It is not known here what ${versions} learnt from. A version that learnt from a frozen capture looks better on it than it is.`;
}
