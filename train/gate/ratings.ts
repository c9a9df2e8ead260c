import { ALERT_PROBABILITY } from '../../models/scaling.ts';
import { byKey } from '../by-key.ts';
import { DEDUP_SECONDS, TICK_SECONDS } from '../judge.ts';
import type { GateFigure } from './bless-report.ts';

/** A judged window, for the figures: whose it is and how it was scored. */
export interface RatedWindow {
  readonly run: number; // place of its run among all runs
  readonly machine: string; // of one view of one run
  readonly end: number; // epoch seconds
  readonly attack: boolean;
  readonly score: number; // the shown probability
}

export type GateFigures = Readonly<Record<GateFigure, number | null>>;

/** [runs] how often each run counts: 1 for all, or what was drawn. */
export type Counts = Float64Array;

/** One version's scores, arranged so that the figures of a drawn sample of runs cost one pass. */
export interface Ratings {
  figures(counts: Counts): GateFigures;
  /** The score above which windows alert at one false alarm per host and day; minus infinity: every window may. */
  operatingPoint(counts: Counts): number;
}

/**
 * Arranges a version's scores. PR-AUC, Brier and `alertedShown` are of windows; recall is of runs, two views of one
 * being one; false alarms are episodes on benign windows, a machine being silent for `DEDUP_SECONDS` after one, over
 * the time that benign windows cover, each view by itself.
 */
export function ratingsOf(windows: readonly RatedWindow[]): Ratings {
  const falling = [...windows].sort((a, b) => b.score - a.score);
  const benign = falling.filter((one) => !one.attack);
  const begins = episodesOf(benign);
  const highest = highestOf(falling.filter((one) => one.attack));
  const days = (counts: Counts): number => (weightOf(benign, counts) * TICK_SECONDS) / 86_400;
  const operatingPoint = (counts: Counts): number => boundaryOf(begins, days(counts), counts);
  return {
    operatingPoint,
    figures: (counts) => {
      const covered = days(counts);
      const shown = (one: { readonly score: number }): boolean => one.score >= ALERT_PROBABILITY;
      const boundary = operatingPoint(counts);
      return {
        prAuc: precisionRecallArea(falling, counts),
        recallAtOneFalseAlarm: covered === 0 ? null : shareOf(highest, counts, (one) => one.score > boundary),
        recallShown: shareOf(highest, counts, shown),
        falseAlarmsPerHostDay: covered === 0 ? null : weightOf(begins.filter(shown), counts) / covered,
        alertedShown: shareOf(benign, counts, shown),
        brier: brierOf(falling, counts),
      };
    },
  };
}

/** A score of a run: where an episode begins, or the highest of its attack windows. */
interface RunScore {
  readonly run: number;
  readonly score: number;
}

/**
 * The scores at which a falling threshold brings one episode more, highest first. The number of episodes of a
 * machine never falls with the threshold: it is the least number of silences that cover its alerts.
 */
function episodesOf(benign: readonly RatedWindow[]): readonly RunScore[] {
  const begins: RunScore[] = [];
  for (const windows of byKey(benign, (one) => one.machine).values()) {
    const inTime = windows.sort((a, b) => a.end - b.end);
    const run = inTime[0]?.run ?? 0;
    let before = 0;
    for (const score of new Set(inTime.map((one) => one.score).sort((a, b) => b - a))) {
      const now = episodesFrom(inTime, score);
      for (; before < now; before++) begins.push({ run, score });
    }
  }
  return begins.sort((a, b) => b.score - a.score);
}

function episodesFrom(inTime: readonly RatedWindow[], threshold: number): number {
  let episodes = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const { score, end } of inTime) {
    if (score < threshold || end - last < DEDUP_SECONDS) continue;
    last = end;
    episodes++;
  }
  return episodes;
}

function highestOf(attacks: readonly RatedWindow[]): readonly RunScore[] {
  const perRun = byKey(attacks, (one) => String(one.run)).values(); // highest first, as they came
  return [...perRun].flatMap(([highest]) => (highest ? [{ run: highest.run, score: highest.score }] : []));
}

/** The highest score at which the episodes exceed the budget. */
function boundaryOf(begins: readonly RunScore[], budget: number, counts: Counts): number {
  let episodes = 0;
  for (const { run, score } of begins) {
    episodes += counts[run] ?? 0;
    if (episodes > budget) return score;
  }
  return Number.NEGATIVE_INFINITY;
}

/** Average precision as in `metrics.ts`; equal scores are one step. Null without an attack. */
function precisionRecallArea(falling: readonly RatedWindow[], counts: Counts): number | null {
  const attacks = falling.reduce((sum, one) => sum + (one.attack ? (counts[one.run] ?? 0) : 0), 0);
  if (attacks === 0) return null;
  let [area, hits, seen, hitsHere] = [0, 0, 0, 0];
  falling.forEach(({ run, attack, score }, place) => {
    const weight = counts[run] ?? 0;
    seen += weight;
    if (attack) hitsHere += weight;
    if (falling[place + 1]?.score === score || hitsHere === 0) return;
    hits += hitsHere;
    area += (hitsHere / attacks) * (hits / seen);
    hitsHere = 0;
  });
  return area;
}

function brierOf(windows: readonly RatedWindow[], counts: Counts): number | null {
  let [sum, weight] = [0, 0];
  for (const { run, attack, score } of windows) {
    const count = counts[run] ?? 0;
    sum += count * (score - (attack ? 1 : 0)) ** 2;
    weight += count;
  }
  return weight === 0 ? null : sum / weight;
}

function shareOf<T extends RunScore>(
  things: readonly T[],
  counts: Counts,
  holds: (one: T) => boolean,
): number | null {
  const all = weightOf(things, counts);
  return all === 0 ? null : weightOf(things.filter(holds), counts) / all;
}

function weightOf(things: readonly { readonly run: number }[], counts: Counts): number {
  return things.reduce((sum, one) => sum + (counts[one.run] ?? 0), 0);
}
