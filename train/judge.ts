import type { Label } from '../datasets/label.ts';
import type { Capture } from '../datasets/manifest.ts';
import { byKey } from './by-key.ts';
import {
  BENIGN_RATES,
  type Found,
  type LabFigures,
  type OperatingPoint,
  type PairFigure,
  type PlatformEvaluation,
  SCORERS,
  type ScorerFigures,
  type ScorerName,
} from './evaluation.ts';
import type { Pair } from './example.ts';
import { brier, poissonInterval, prAuc, quantile, rocAuc, shareHigher } from './metrics.ts';

/** Seconds between two ticks of one machine: what one more benign window adds to the observed time. */
export const TICK_SECONDS = 30;

/** An alert keeps its machine silent for this long (Logster reference, section 7.3). */
export const DEDUP_SECONDS = 300;

/** A window's scores by every scorer. */
export type Scores = Readonly<Partial<Record<ScorerName, number>>>;

/** A window with its label and scores; nothing else is kept of it, so that any number can be judged. */
export interface JudgedWindow {
  readonly capture: Capture;
  readonly host: string;
  readonly end: number; // the tick, epoch seconds
  readonly label: Label;
  readonly scores: Scores;
}

export interface JudgedPair {
  readonly kind: Pair['kind'];
  readonly before: Scores;
  readonly during: Scores;
}

/** Per scorer the thresholds for `BENIGN_RATES`, in that order. They come with the model. */
export type Thresholds = Readonly<Partial<Record<ScorerName, readonly number[]>>>;

/** Figures of all scorers over judged windows. Captures for pairs enter the pairs alone. */
export function judge(
  model: string,
  windows: readonly JudgedWindow[],
  pairs: readonly JudgedPair[],
  thresholds: Thresholds,
): PlatformEvaluation {
  const used = windows.filter((one) => one.capture.role !== 'pairs only');
  const count = (label: Label) => used.filter((one) => one.label === label).length;
  const present = SCORERS.filter((name) => thresholds[name] !== undefined);
  const labs = [...new Set(used.filter(isLabelled).map((one) => one.capture.lab))].sort();
  return {
    model,
    windows: { attack: count('attack'), benign: count('benign'), unknown: count('unknown') },
    scorers: Object.fromEntries(
      present.map((name) => [name, figuresOf(name, used, pairs, thresholds[name] ?? [])]),
    ),
    labs: Object.fromEntries(
      labs.map((lab) => {
        const here = used.filter((one) => one.capture.lab === lab);
        const figures = present.map((name) => [name, labFigures(name, here, thresholds[name]?.[0])]);
        return [lab, Object.fromEntries(figures)];
      }),
    ),
    techniques: techniquesOf(used, thresholds.gat?.[0]),
  };
}

function figuresOf(
  name: ScorerName,
  windows: readonly JudgedWindow[],
  pairs: readonly JudgedPair[],
  thresholds: readonly number[],
): ScorerFigures {
  const rated = ratedBy(name, windows);
  return {
    prAuc: prAuc(rated),
    rocAuc: rocAuc(rated),
    points: BENIGN_RATES.map((rate, place) => pointOf(name, windows, rate, thresholds[place])),
    falseAlarmsPerHostDay: falseAlarms(name, windows, thresholds[0]),
    pairs: {
      marked: pairFigure(name, pairs, 'marked'),
      unmarked: pairFigure(name, pairs, 'unmarked'),
      atomic: pairFigure(name, pairs, 'atomic'),
    },
    brier: brier(rated),
  };
}

function pointOf(
  name: ScorerName,
  windows: readonly JudgedWindow[],
  benignRate: number,
  threshold = Number.POSITIVE_INFINITY,
): OperatingPoint {
  const alerts = (one: JudgedWindow) => (one.scores[name] ?? 0) >= threshold;
  const benign = windows.filter((one) => one.label === 'benign');
  const benignCaptures = byKey(
    benign.filter((one) => one.capture.attack === false),
    (one) => one.capture.id,
  );
  const delays = firstAlertDelays(windows.filter(isAttack), alerts);
  return {
    benignRate,
    threshold,
    captures: foundOf(windows, alerts, (one) => one.capture.id),
    runs: foundOf(windows, alerts, (one) => one.capture.run),
    benignCaptures: {
      total: benignCaptures.size,
      alerted: [...benignCaptures.values()].filter((group) => group.some(alerts)).length,
    },
    benignWindows: {
      total: benign.length,
      alerted: benign.filter(alerts).length,
      hostHours: (benign.length * TICK_SECONDS) / 3600,
    },
    firstAlertSeconds: { p50: quantile(delays, 0.5), p95: quantile(delays, 0.95) },
  };
}

/** Of the captures (or runs) with an attack window, how many have one that alerts. */
function foundOf(
  windows: readonly JudgedWindow[],
  alerts: (one: JudgedWindow) => boolean,
  key: (one: JudgedWindow) => string,
): Found {
  const groups = [...byKey(windows.filter(isAttack), key).values()];
  return { attack: groups.length, detected: groups.filter((group) => group.some(alerts)).length };
}

/** Seconds from the mark's start to the end of the first attack window that alerts, per found capture. */
function firstAlertDelays(
  attacks: readonly JudgedWindow[],
  alerts: (one: JudgedWindow) => boolean,
): readonly number[] {
  return [...byKey(attacks.filter(alerts), (one) => one.capture.id).values()].map((group) => {
    const first = Math.min(...group.map((one) => one.end));
    return Math.max(0, first - (group[0]?.capture.mark?.start ?? first));
  });
}

/** Alert episodes on benign windows: a machine that has alerted is silent for `DEDUP_SECONDS`. */
export function falseAlarms(
  name: ScorerName,
  windows: readonly JudgedWindow[],
  threshold = Number.POSITIVE_INFINITY,
) {
  const benign = windows.filter((one) => one.label === 'benign');
  if (benign.length === 0) return null;
  const days = (benign.length * TICK_SECONDS) / 86_400;
  let episodes = 0;
  for (const group of byKey(benign, (one) => `${one.capture.id} ${one.host}`).values()) {
    let last = Number.NEGATIVE_INFINITY;
    for (const one of group.sort((a, b) => a.end - b.end)) {
      if ((one.scores[name] ?? 0) < threshold || one.end - last < DEDUP_SECONDS) continue;
      last = one.end;
      episodes++;
    }
  }
  const { low, high } = poissonInterval(episodes);
  return { value: episodes / days, low: low / days, high: high / days };
}

function pairFigure(name: ScorerName, pairs: readonly JudgedPair[], kind: Pair['kind']): PairFigure {
  const scored = pairs
    .filter((pair) => pair.kind === kind)
    .map((pair) => [pair.before[name] ?? 0, pair.during[name] ?? 0] as const);
  return { n: scored.length, higher: shareHigher(scored) };
}

function labFigures(name: ScorerName, windows: readonly JudgedWindow[], threshold?: number): LabFigures {
  const { captures, benignWindows } = pointOf(name, windows, BENIGN_RATES[0], threshold);
  const { total, alerted } = benignWindows;
  return { prAuc: prAuc(ratedBy(name, windows)), captures, benignWindows: { total, alerted } };
}

function techniquesOf(windows: readonly JudgedWindow[], threshold = Number.POSITIVE_INFINITY) {
  const found: Record<string, { captures: number; detected: number }> = {};
  for (const group of byKey(windows.filter(isAttack), (one) => one.capture.id).values()) {
    const detected = group.some((one) => (one.scores.gat ?? 0) >= threshold);
    for (const technique of new Set(group[0]?.capture.techniques ?? [])) {
      found[technique] ??= { captures: 0, detected: 0 };
      found[technique].captures++;
      if (detected) found[technique].detected++;
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => a.localeCompare(b)));
}

/** Labelled windows as a scorer rates them. */
export const ratedBy = (name: ScorerName, windows: readonly JudgedWindow[]) =>
  windows.filter(isLabelled).map((one) => ({ score: one.scores[name] ?? 0, attack: one.label === 'attack' }));

/** Whether a window counts. */
export const isLabelled = (one: JudgedWindow): boolean => one.label !== 'unknown';
/** Whether a window holds a marked attack. */
export const isAttack = (one: JudgedWindow): boolean => one.label === 'attack';
