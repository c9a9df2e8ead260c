import type { Platform } from '../contracts/event.ts';
import type { Capture } from '../datasets/manifest.ts';
import { holdOut, type Parting, type Split, splitByCluster } from '../datasets/split.ts';
import { shownProbability } from '../models/scaling.ts';
import { BASELINES } from './baselines/baselines.ts';
import { type Calibration, calibrate, SHOWN_THRESHOLDS } from './calibrate.ts';
import type { PlatformEvaluation, ScorerName } from './evaluation.ts';
import type { Example, Pair } from './example.ts';
import type { AfterEpoch, Recipe } from './fit.ts';
import { chooseEpochs, fitAll, only, plainEngine, type RawScores, rawScoresOf } from './fit-all.ts';
import { type JudgedPair, type JudgedWindow, judge, type Scores } from './judge.ts';
import { quantile } from './metrics.ts';
import type { ReadCapture } from './weights.ts';

/** The scorers that are trained here. */
export const TRAINED: readonly ScorerName[] = ['gat', 'hybrid', ...BASELINES];

/** What cross-fitting shows: every capture judged by models that saw nothing of its cluster. */
export interface CrossFitted {
  readonly evaluation: PlatformEvaluation;
  readonly windows: readonly JudgedWindow[];
  readonly calibrations: Readonly<Partial<Record<ScorerName, Calibration>>>; // over all folds, for the final model
  readonly folds: number;
  readonly epochs: readonly number[]; // chosen per fold
  readonly purged: number; // captures left out of a fold's training because they touch a judged one in time
}

export interface CrossFitOptions {
  readonly platform: Platform;
  readonly folds: number;
  readonly recipe: Recipe;
  readonly name: string; // of the model, for the report
  readonly onFit: (title: string) => AfterEpoch;
}

/**
 * Trains once per fold on all others and judges the fold. How long to train is chosen inside the training side,
 * and a fold's thresholds come from the benign windows of the other folds: no window has a say in the model or the
 * threshold quantile that judges it.
 */
export async function crossFit(
  captures: readonly ReadCapture[],
  options: CrossFitOptions,
): Promise<CrossFitted> {
  const { folds, name } = options;
  const all = captures.map((one) => one.capture);
  const split = splitByCluster(all, folds);
  const judged: JudgedFold[] = [];
  for (let fold = 0; fold < folds; fold++)
    judged.push(await judgeFold(captures, holdOut(all, split, fold), { ...options, split, fold }));
  const rows = judged.flatMap((one) => one.rows);
  const byFold = calibrationsByFold(rows, folds);
  const windows = shownWindows(rows, byFold);
  const pairs = shownPairs(
    judged.flatMap((one) => one.pairs),
    byFold,
  );
  return {
    windows,
    evaluation: judge(name, windows, pairs, SHOWN),
    calibrations: calibrationsOf(rows),
    folds,
    epochs: judged.map((one) => one.epochs),
    purged: judged.reduce((sum, one) => sum + one.purged, 0),
  };
}

interface JudgedFold {
  readonly rows: readonly Row[];
  readonly pairs: readonly PairRow[];
  readonly epochs: number;
  readonly purged: number;
}

async function judgeFold(
  captures: readonly ReadCapture[],
  sides: Parting,
  {
    platform,
    folds,
    recipe,
    onFit,
    split,
    fold,
  }: CrossFitOptions & { readonly split: Split; readonly fold: number },
): Promise<JudgedFold> {
  const training = only(captures, sides.train);
  const title = `fold ${fold + 1}/${folds}`;
  const epochs = await chooseEpochs(platform, training, split, (fold + 1) % folds, {
    recipe,
    afterEpoch: onFit(`${title} validation`),
  });
  const trained = await fitAll(platform, training, { ...recipe, epochs }, onFit(`${title} fit`));
  const engine = plainEngine(platform, trained.fitted.parameters);
  const rows: Row[] = [];
  const pairs: PairRow[] = [];
  for (const { capture, content } of only(captures, sides.judge)) {
    const score = (examples: readonly Example[]) => rawScoresOf({ ...trained, engine }, capture, examples);
    const raw = await score(content.windows);
    content.windows.forEach(({ host, end, label }, place) => {
      rows.push({ capture, host, end, label, raw: raw[place] ?? {}, fold });
    });
    const before = await score(content.pairs.map((pair) => pair.before));
    const during = await score(content.pairs.map((pair) => pair.during));
    content.pairs.forEach(({ kind }, place) => {
      pairs.push({ kind, before: before[place] ?? {}, during: during[place] ?? {}, fold });
    });
  }
  engine.close();
  return { rows, pairs, epochs, purged: sides.purged.length };
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

interface Row extends Omit<JudgedWindow, 'scores'> {
  readonly raw: RawScores;
  readonly fold: number;
}

interface PairRow {
  readonly kind: Pair['kind'];
  readonly before: RawScores;
  readonly during: RawScores;
  readonly fold: number;
}

type Calibrations = Readonly<Partial<Record<ScorerName, Calibration>>>;

function calibrationsOf(rows: readonly Row[]): Calibrations {
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
