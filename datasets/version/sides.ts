import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { Capture } from '../manifest.ts';
import {
  checkHeldBack,
  checkParted,
  holdOut,
  mayTrain,
  type Split,
  splitByCluster,
  trainingSide,
} from '../split.ts';

/**
 * What a capture is to a version: it trains in every fold but the one that judges it (`train`), only its fold
 * judges it (`judge`), it waits for the last judgement (`held back`), or it is in neither (`none`).
 */
export const SIDES = ['train', 'judge', 'held back', 'none'] as const;
export type Side = (typeof SIDES)[number];

/** Where a capture stands. */
export interface Standing {
  readonly side: Side;
  readonly fold: number | null; // the fold that judges it; null where no fold does
}

/** Which captures a fold's training leaves out, because they touch a judged or held-back one in machine and time. */
export interface FoldPurge {
  readonly platform: Platform;
  readonly fold: number | null; // null: the training of what ships, on all folds
  readonly purged: readonly string[]; // capture ids
}

/** A version's division of its captures. */
export interface Sides {
  readonly standings: ReadonlyMap<string, Standing>; // by capture id
  readonly folds: readonly FoldPurge[];
}

/** Divides captures into sides and, platform by platform, into folds; throws input-invalid on a leak. */
export function sidesOf(captures: readonly Capture[], folds: number): Sides {
  const standings = new Map(captures.map((one) => [one.id, { side: sideOf(one), fold: null } as Standing]));
  for (const platform of PLATFORMS) {
    const own = captures.filter((one) => one.platform === platform);
    const divided = own.filter((one) => one.heldBack || isJudged(one));
    for (const [id, fold] of splitByCluster(divided, folds)) {
      const standing = standings.get(id);
      if (standing) standings.set(id, { ...standing, fold });
    }
  }
  return { standings, folds: purgesOf(captures, standings, folds) };
}

function sideOf(capture: Capture): Side {
  if (capture.heldBack) return 'held back';
  if (!isJudged(capture)) return 'none';
  return mayTrain(capture) ? 'train' : 'judge';
}

const isJudged = (capture: Capture): boolean =>
  capture.role === 'train and judge' || capture.role === 'judge only';

function purgesOf(
  captures: readonly Capture[],
  standings: Sides['standings'],
  folds: number,
): readonly FoldPurge[] {
  const split: Split = new Map(
    [...standings].flatMap(([id, { fold }]) => (fold === null ? [] : [[id, fold] as const])),
  );
  return PLATFORMS.flatMap((platform) => {
    const own = captures.filter((one) => one.platform === platform && standings.get(one.id)?.side !== 'none');
    if (own.length === 0) return [];
    const train = trainingSide(own);
    const atAll = own.filter((one) => mayTrain(one) && !train.includes(one));
    const byFold = Array.from({ length: folds }, (_, fold) => {
      const { purged } = holdOut(own, split, fold);
      return { platform, fold, purged: idsOf(purged) };
    });
    return [{ platform, fold: null, purged: idsOf(atAll) }, ...byFold];
  });
}

const idsOf = (captures: readonly Capture[]): readonly string[] => captures.map((one) => one.id).sort();

/**
 * Checks a division that was written down: no fold trains on what it judges or on what is held back, on anything
 * tied to either, or on what may not train. Throws input-invalid and names both captures.
 */
export function checkSides(captures: readonly Capture[], { standings, folds }: Sides): void {
  for (const capture of captures) {
    const standing = standings.get(capture.id);
    checkStanding(capture, standing);
    const fold = standing?.fold ?? null;
    if (!folds.some((one) => one.platform === capture.platform && one.fold === fold) && fold !== null)
      throw new LogsterError(
        'input-invalid',
        `${capture.id} is judged in fold ${fold}, which is not listed; build the version again`,
      );
  }
  for (const { platform, fold, purged } of folds) {
    const own = captures.filter((one) => one.platform === platform);
    const on = (side: Side) => own.filter((one) => standings.get(one.id)?.side === side);
    const train = on('train').filter(
      (one) => standings.get(one.id)?.fold !== fold && !purged.includes(one.id),
    );
    const judge = own.filter((one) => fold !== null && standings.get(one.id)?.fold === fold);
    checkParted(train, judge);
    checkHeldBack(train, on('held back'));
    if (fold === null)
      checkParted(
        train,
        own.filter((one) => one.role === 'pairs only'),
      ); // judged by what ships
  }
}

/** Folds that judge no capture although their platform has some. */
export function emptyFolds({ standings, folds }: Sides, captures: readonly Capture[]): readonly FoldPurge[] {
  return folds.filter(
    ({ platform, fold }) =>
      fold !== null &&
      !captures.some((one) => one.platform === platform && standings.get(one.id)?.fold === fold),
  );
}

function checkStanding(capture: Capture, standing: Standing | undefined): void {
  const stated = standing?.side ?? 'missing';
  const fit = sideOf(capture);
  if (stated === fit && (fit === 'train' || fit === 'judge') === (standing?.fold != null)) return;
  throw new LogsterError(
    'input-invalid',
    `The split leaks: ${capture.id} is on the side "${stated}"${standing?.fold == null ? '' : ` of fold ${standing.fold}`}, ` +
      `but its role, licence and held_back put it on "${fit}"; build the version again`,
  );
}
