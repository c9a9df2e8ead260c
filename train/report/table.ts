import { HIGH_PROBABILITY } from '../../models/scaling.ts';
import { byKey } from '../by-key.ts';
import { SHOWN_THRESHOLDS } from '../calibrate.ts';
import type { OperatingPoint, PlatformEvaluation, ScorerFigures, ScorerName } from '../evaluation.ts';
import { falseAlarms, isAttack, isLabelled, type JudgedWindow } from '../judge.ts';
import { bootstrapByGroup, type Interval, mean, prAuc, type Rated, rocAuc } from '../metrics.ts';

export const FIGURES = [
  'prAuc',
  'rocAuc',
  'brier',
  'foundAlert', // share of attack runs with an alert at the alert threshold
  'foundAttack', // the same at the threshold carried for 2 %
  'alertedAlert', // share of benign windows that alert at the alert threshold
  'alertedAttack',
  'falseAlarmsPerHostDay',
  'foundHigh', // share of attack runs with an alert that is HIGH, where that stands for a rate of benign windows
  'falseAlarmsHigh', // of those, episodes a host and day
  'firstAlertP50', // seconds
  'firstAlertP95',
  'pairsMarked',
  'pairsUnmarked',
] as const;
export type Figure = (typeof FIGURES)[number];

/** A figure over seeds. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * One scorer: each figure over the seeds, and 95 % intervals: runs drawn anew, or for the rate of false alarms
 * Poisson's, the mean of its bounds over the seeds.
 */
export interface ScorerSummary {
  readonly seeds: Readonly<Record<Figure, Spread | null>>;
  readonly interval: Readonly<Partial<Record<Figure, Interval>>>;
}

/** All scorers on one set of windows. */
export interface Table {
  readonly windows: { readonly attack: number; readonly benign: number };
  readonly runs: { readonly attack: number; readonly benign: number };
  readonly benignHostHours: number;
  readonly scorers: Readonly<Partial<Record<ScorerName, ScorerSummary>>>;
}

/** What one seed gave. */
export interface Judged {
  readonly evaluation: PlatformEvaluation;
  readonly windows: readonly JudgedWindow[];
  readonly gradesHigh: boolean;
}

/**
 * The table of several seeds that judged the same windows in the same order. Without `intervals` the windows may
 * differ between them. Throws RangeError for no seed.
 */
export function tableOf(judged: readonly Judged[], { intervals = true } = {}): Table {
  const [first] = judged;
  if (!first) throw new RangeError('A table needs a seed');
  const { windows, scorers } = first.evaluation;
  const names = Object.keys(scorers) as ScorerName[];
  const runs = (attack: boolean) =>
    new Set(first.windows.filter((one) => one.label === (attack ? 'attack' : 'benign')).map(runOf)).size;
  return {
    windows: { attack: windows.attack, benign: windows.benign },
    runs: { attack: runs(true), benign: runs(false) },
    benignHostHours: scorers.hybrid?.points[0]?.benignWindows.hostHours ?? 0,
    scorers: Object.fromEntries(
      names.map((name) => {
        const perSeed = judged.map((one) => figuresOf(name, one));
        const interval = intervals ? { ...intervalsOf(name, judged), ...poissonOf(name, judged) } : {};
        return [name, { seeds: spreadsOf(perSeed), interval }];
      }),
    ),
  };
}

/** A number over seeds; null where any seed lacks it. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const numbers = values.filter((one) => one !== null);
  if (numbers.length === 0 || numbers.length < values.length) return null;
  return { mean: mean(numbers), low: Math.min(...numbers), high: Math.max(...numbers) };
}

type Figures = Readonly<Record<Figure, number | null>>;

function spreadsOf(perSeed: readonly Figures[]): ScorerSummary['seeds'] {
  const spreads = FIGURES.map((figure) => [figure, spreadOf(perSeed.map((one) => one[figure]))]);
  return Object.fromEntries(spreads) as ScorerSummary['seeds'];
}

function figuresOf(name: ScorerName, judged: Judged): Figures {
  const figures: ScorerFigures | undefined = judged.evaluation.scorers[name];
  const [alert, attack] = figures?.points ?? [];
  return {
    prAuc: figures?.prAuc ?? null,
    rocAuc: figures?.rocAuc ?? null,
    brier: figures?.brier ?? null,
    foundAlert: shareFound(alert),
    foundAttack: shareFound(attack),
    alertedAlert: shareAlerted(alert),
    alertedAttack: shareAlerted(attack),
    falseAlarmsPerHostDay: figures?.falseAlarmsPerHostDay?.value ?? null,
    foundHigh: judged.gradesHigh ? foundHigh(name, judged.windows) : null,
    falseAlarmsHigh: alarmsHigh(name, judged)?.value ?? null,
    firstAlertP50: alert?.firstAlertSeconds.p50 ?? null,
    firstAlertP95: alert?.firstAlertSeconds.p95 ?? null,
    pairsMarked: figures?.pairs.marked.higher ?? null,
    pairsUnmarked: figures?.pairs.unmarked.higher ?? null,
  };
}

function foundHigh(name: ScorerName, windows: readonly JudgedWindow[]): number | null {
  const runs = [...byKey(windows.filter(isAttack), runOf).values()];
  const found = runs.filter((run) => run.some((one) => (one.scores[name] ?? 0) >= HIGH_PROBABILITY));
  return share(found.length, runs.length);
}

const alarmsHigh = (name: ScorerName, { windows, gradesHigh }: Judged) =>
  gradesHigh ? falseAlarms(name, windows, HIGH_PROBABILITY) : null;

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const shareFound = (point: OperatingPoint | undefined): number | null =>
  share(point?.runs.detected ?? 0, point?.runs.attack ?? 0);
const shareAlerted = (point: OperatingPoint | undefined): number | null =>
  share(point?.benignWindows.alerted ?? 0, point?.benignWindows.total ?? 0);

/** A window with its scores by one scorer, one per seed. */
interface Item {
  readonly attack: boolean;
  readonly begins: boolean; // the first attack window of its run
  readonly scores: readonly number[];
}

/** Draws of runs: enough for two digits of an interval's ends. */
const ROUNDS = 200;

function intervalsOf(name: ScorerName, judged: readonly Judged[]): ScorerSummary['interval'] {
  const places = [...(judged[0]?.windows ?? []).entries()].filter(
    ([, one]) => isLabelled(one) && one.capture.role !== 'pairs only',
  );
  const groups = [...byKey(places, ([, window]) => runOf(window)).values()].map((run): Item[] => {
    const first = run.find(([, window]) => isAttack(window))?.[0];
    return run.map(([at, window]) => ({
      attack: isAttack(window),
      begins: at === first,
      scores: judged.map(({ windows }) => windows[at]?.scores[name] ?? 0),
    }));
  });
  const [alert, attack] = SHOWN_THRESHOLDS;
  const figures: Partial<Record<Figure, (drawn: readonly Item[]) => number | null>> = {
    prAuc: overSeeds(prAuc),
    rocAuc: overSeeds(rocAuc),
    foundAlert: (drawn) => foundShare(drawn, alert),
    foundAttack: (drawn) => foundShare(drawn, attack),
    alertedAlert: (drawn) => alertedShare(drawn, alert),
    alertedAttack: (drawn) => alertedShare(drawn, attack),
    ...(judged.every((one) => one.gradesHigh) && {
      foundHigh: (drawn) => foundShare(drawn, HIGH_PROBABILITY),
    }),
  };
  const found = Object.entries(figures).flatMap(([figure, of]) => {
    const interval = bootstrapByGroup<Item>(groups, of, { rounds: ROUNDS });
    return interval ? [[figure, interval] as const] : [];
  });
  return Object.fromEntries(found);
}

function poissonOf(name: ScorerName, judged: readonly Judged[]): ScorerSummary['interval'] {
  const alert = judged.flatMap(({ evaluation }) => evaluation.scorers[name]?.falseAlarmsPerHostDay ?? []);
  const high = judged.flatMap((one) => alarmsHigh(name, one) ?? []);
  return {
    ...(alert.length > 0 && { falseAlarmsPerHostDay: meanInterval(alert) }),
    ...(high.length > 0 && { falseAlarmsHigh: meanInterval(high) }),
  };
}

function meanInterval(rates: readonly Interval[]): Interval {
  const over = (bound: keyof Interval): number => mean(rates.map((one) => one[bound]));
  return { value: over('value'), low: over('low'), high: over('high') };
}

/** The mean of a figure over seeds. */
function overSeeds(figure: (rated: readonly Rated[]) => number | null) {
  return (drawn: readonly Item[]): number | null => {
    const seeds = drawn[0]?.scores.length ?? 0;
    const values = Array.from({ length: seeds }, (_, seed) =>
      figure(drawn.map(({ attack, scores }) => ({ attack, score: scores[seed] ?? 0 }))),
    );
    return spreadOf(values)?.mean ?? null;
  };
}

function alertedShare(drawn: readonly Item[], threshold: number): number | null {
  const benign = drawn.filter((one) => !one.attack);
  if (benign.length === 0) return null;
  return mean(benign.map(({ scores }) => mean(scores.map((score) => (score >= threshold ? 1 : 0)))));
}

/** Each draw of a run counts by itself; its windows stand together. */
function foundShare(drawn: readonly Item[], threshold: number): number | null {
  const runs: number[][] = []; // per run the highest score of each seed
  for (const { attack, begins, scores } of drawn) {
    if (begins) runs.push([...scores]);
    else if (attack) raise(runs[runs.length - 1] ?? [], scores);
  }
  if (runs.length === 0) return null;
  return mean(runs.map((best) => mean(best.map((score) => (score >= threshold ? 1 : 0)))));
}

function raise(best: number[], scores: readonly number[]): void {
  for (const [seed, score] of scores.entries()) best[seed] = Math.max(best[seed] ?? 0, score);
}

const runOf = ({ capture }: JudgedWindow): string => capture.run;
