import type { Platform } from '../contracts/event.ts';
import type { Capture } from '../datasets/manifest.ts';
import { holdOut, splitByCluster } from '../datasets/split.ts';
import type { Ablation } from './ablate.ts';
import type { Alteration } from './alter-events.ts';
import type { Pair } from './example.ts';
import type { Recipe } from './fit.ts';
import type { RawScores, Trained } from './fit-all.ts';
import type { JudgedWindow } from './judge.ts';
import type { FitUnit, ScoredCapture, ScoreUnit } from './run/unit.ts';
import type { UnitRunner } from './run/unit-runner.ts';

/** One fold's training and the captures that it judges. */
export interface FoldPlan {
  readonly fold: number;
  readonly fit: FitUnit;
  readonly judge: readonly Capture[];
  readonly purged: number; // captures left out of both sides because they touch a judged one in time
}

export interface FoldOptions {
  readonly platform: Platform;
  readonly folds: number;
  readonly recipe: Recipe;
  readonly title: string; // for people, in progress
}

/**
 * Who trains and who judges in each fold, checked for leaks. How long to train is chosen inside the training side,
 * where the recipe leaves a choice. What is held back is in no fold.
 */
export function planFolds(
  captures: readonly Capture[],
  { platform, folds, recipe, title }: FoldOptions,
): readonly FoldPlan[] {
  const split = splitByCluster(captures, folds);
  return Array.from({ length: folds }, (_, fold) => {
    const { train, judge, purged } = holdOut(captures, split, fold);
    const inner = recipe.fewestEpochs < recipe.epochs ? holdOut(train, split, (fold + 1) % folds) : null;
    return {
      fold,
      judge,
      purged: purged.length,
      fit: {
        kind: 'fit',
        title: `${title} fold ${fold + 1}/${folds}`.trim(),
        platform,
        recipe,
        train: idsOf(train),
        choice: inner && { train: idsOf(inner.train), judge: idsOf(inner.judge) },
        shuffle: null,
      },
    };
  });
}

/** A window with raw scores and the fold that judged it. */
export interface Row extends Omit<JudgedWindow, 'scores'> {
  readonly raw: RawScores;
  readonly fold: number;
}

/** A pair with raw scores and the fold that judged it. */
export interface PairRow {
  readonly kind: Pair['kind'];
  readonly before: RawScores;
  readonly during: RawScores;
  readonly fold: number;
}

/** What fits gave captures that they did not see. */
export interface Rows {
  readonly rows: readonly Row[];
  readonly pairs: readonly PairRow[];
}

/** Trains the folds of all plans. */
export function fitFolds(plans: readonly FoldPlan[], runner: UnitRunner): Promise<readonly Trained[]> {
  return runner.fit(plans.map((plan) => plan.fit));
}

/** Scores each fold's captures by its fit, as recorded or altered. */
export async function scoreFolds(
  plans: readonly FoldPlan[],
  alteration: Alteration,
  runner: UnitRunner,
): Promise<readonly Rows[]> {
  const scored = await runner.score(plans.map((plan) => scoreUnit(plan, alteration)));
  return plans.map((plan, place) => rowsOf(scored[place] ?? [], plan.judge, plan.fold));
}

/** The scoring of a plan's captures, of whole graphs or of what an ablation leaves. */
export function scoreUnit({ fit, judge }: FoldPlan, alteration: Alteration, ablation?: Ablation): ScoreUnit {
  const unit = { kind: 'score', title: fit.title, fit, captures: idsOf(judge), alteration } as const;
  return ablation ? { ...unit, ablation } : unit;
}

/** Scored captures as rows, each with its capture. */
export function rowsOf(scored: readonly ScoredCapture[], captures: readonly Capture[], fold: number): Rows {
  const byId = new Map(captures.map((one) => [one.id, one]));
  return {
    rows: scored.flatMap(({ id, windows }) => {
      const capture = byId.get(id);
      return capture ? windows.map((one) => ({ ...one, capture, fold })) : [];
    }),
    pairs: scored.flatMap(({ pairs }) => pairs.map((one) => ({ ...one, fold }))),
  };
}

/** Rows of several fits as one. */
export function joinedRows(parts: readonly Rows[]): Rows {
  return { rows: parts.flatMap((one) => one.rows), pairs: parts.flatMap((one) => one.pairs) };
}

export const idsOf = (captures: readonly Capture[]): readonly string[] => captures.map((one) => one.id);
