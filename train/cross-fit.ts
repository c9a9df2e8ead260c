import type { Capture } from '../datasets/manifest.ts';
import { shownProbability } from '../models/scaling.ts';
import { BASELINES } from './baselines/baselines.ts';
import { type Calibration, calibrate, SHOWN_THRESHOLDS } from './calibrate.ts';
import type { PlatformEvaluation, ScorerName } from './evaluation.ts';
import type { Epoch, Recipe } from './fit.ts';
import type { RawScores } from './fit-all.ts';
import {
  type FoldOptions,
  type FoldPlan,
  fitFolds,
  joinedRows,
  type PairRow,
  planFolds,
  type Row,
  type Rows,
  scoreFolds,
} from './fold-plan.ts';
import { type JudgedPair, type JudgedWindow, judge, type Scores } from './judge.ts';
import { quantile } from './metrics.ts';
import type { UnitRunner } from './run/unit-runner.ts';

/** The scorers that are trained here. */
export const TRAINED: readonly ScorerName[] = ['gat', 'hybrid', ...BASELINES];

/** What cross-fitting shows: every capture judged by models that saw nothing of its cluster. */
export interface CrossFitted extends JudgedRows {
  readonly calibrations: Calibrations; // over all folds, for the final model
  readonly byFold: readonly Calibrations[]; // by which each fold was shown
  readonly plans: readonly FoldPlan[];
  readonly recipe: Recipe;
  readonly folds: number;
  readonly epochs: readonly number[]; // chosen per fold
  readonly curves: readonly (readonly Epoch[])[]; // of the network, per fold
  readonly purged: number; // captures left out of a fold's training because they touch a judged one in time
}

/** How to cross-fit once. */
export interface CrossFitOptions extends FoldOptions {
  readonly name: string; // of the model, for the report
}

/**
 * Cross-fits once per element of `options`, e.g. per seed; all of their folds are trained side by side. A fold's
 * thresholds come from the benign windows of the other folds: no window has a say in the model or the threshold
 * quantile that judges it.
 */
export async function crossFit(
  captures: readonly Capture[],
  options: readonly CrossFitOptions[],
  runner: UnitRunner,
): Promise<readonly CrossFitted[]> {
  const planned = options.flatMap((one) => planFolds(captures, one));
  const trained = await fitFolds(planned, runner);
  const scored = await scoreFolds(planned, 'none', runner);
  let from = 0;
  return options.map(({ name, recipe, folds }) => {
    const part = <One>(all: readonly One[]): readonly One[] => all.slice(from, from + folds);
    const [plans, fits, rows] = [part(planned), part(trained), joinedRows(part(scored))];
    from += folds;
    const byFold = calibrationsByFold(rows.rows, folds);
    return {
      ...judgeRows(name, rows, byFold),
      calibrations: calibrationsOf(rows.rows),
      ...{ byFold, plans, recipe, folds },
      epochs: fits.map((one) => one.fitted.epochs),
      curves: fits.map((one) => one.fitted.curve),
      purged: plans.reduce((sum, one) => sum + one.purged, 0),
    };
  });
}

/** Judges rows by the calibration of each one's fold. */
export function judgeRows(name: string, { rows, pairs }: Rows, byFold: readonly Calibrations[]): JudgedRows {
  const windows = shownWindows(rows, byFold);
  const evaluation = judge(name, windows, shownPairs(pairs, byFold), SHOWN);
  return { windows, evaluation, gradesHigh: byFold.every((one) => one.hybrid?.high != null) };
}

/** What judging rows gives. */
export interface JudgedRows {
  readonly evaluation: PlatformEvaluation;
  readonly windows: readonly JudgedWindow[];
  readonly gradesHigh: boolean; // whether 0.85 stands for one benign window a host and day
}

/** The number of epochs in the middle of those chosen per fold. */
export function typicalEpochs(epochs: readonly number[]): number {
  return Math.max(1, Math.round(quantile(epochs, 0.5) ?? 1));
}

/** Every trained scorer is scaled to the same two thresholds. */
export const SHOWN: Readonly<Partial<Record<ScorerName, readonly number[]>>> = Object.fromEntries(
  TRAINED.map((name) => [name, SHOWN_THRESHOLDS]),
);

/** The session of a machine that a window is from; two views of one run are one session. */
export function sessionOf(capture: Capture, host: string): string {
  return capture.run !== capture.id ? capture.run : `${capture.id} ${host}`;
}

/** How each scorer is shown. */
export type Calibrations = Readonly<Partial<Record<ScorerName, Calibration>>>;

/** The calibration that rows' benign windows give. */
export function calibrationsOf(rows: readonly Row[]): Calibrations {
  const benign = rows.filter((row) => row.label === 'benign');
  return Object.fromEntries(
    TRAINED.map((name) => [
      name,
      calibrate(benign.map((row) => ({ host: sessionOf(row.capture, row.host), score: row.raw[name] ?? 0 }))),
    ]),
  );
}

/** Per fold the calibration that the other folds give. */
function calibrationsByFold(rows: readonly Row[], folds: number): readonly Calibrations[] {
  return Array.from({ length: folds }, (_, fold) => calibrationsOf(rows.filter((row) => row.fold !== fold)));
}

const shown = (raw: RawScores, calibrations: Calibrations): Scores =>
  Object.fromEntries(
    Object.entries(calibrations).map(([name, { scaling }]) => [
      name,
      shownProbability(scaling, raw[name as ScorerName] ?? 0),
    ]),
  );

function shownWindows(rows: readonly Row[], byFold: readonly Calibrations[]): readonly JudgedWindow[] {
  return rows.map(({ raw, fold, ...row }) => ({ ...row, scores: shown(raw, byFold[fold] ?? {}) }));
}

function shownPairs(pairs: readonly PairRow[], byFold: readonly Calibrations[]): readonly JudgedPair[] {
  return pairs.map(({ kind, before, during, fold }) => ({
    kind,
    before: shown(before, byFold[fold] ?? {}),
    during: shown(during, byFold[fold] ?? {}),
  }));
}
