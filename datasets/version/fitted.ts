import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { WindowRow } from './row.ts';
import type { FoldPurge } from './sides.ts';

export const FITTED_KINDS = ['scaler', 'vocabulary', 'threshold', 'weights'] as const;

const fittedSchema = z.strictObject({
  name: z.string().min(1),
  kind: z.enum(FITTED_KINDS),
  platform: z.enum(PLATFORMS),
  fold: z.number().int().nonnegative().nullable(),
  rows: z.array(z.string()).min(1, 'nothing is fitted on no rows'),
  sha256: z.string().length(64),
});

/**
 * What was computed from rows of a version: means and deviations of a scaler, a table of names or techniques, a
 * threshold, weights. It names its rows, so that whoever uses it can prove that none of them is judged with it.
 */
export type Fitted = Readonly<z.infer<typeof fittedSchema>>;

/** What a fitted thing is, before it is said on which rows it rests. */
export interface FittedThing {
  readonly name: string;
  readonly kind: Fitted['kind'];
  readonly platform: Platform;
  readonly fold: number | null; // the fold it is judged in; null: it ships, and rests on the training side of all
}

/** Writes down on which rows a thing was fitted; the order of the rows does not count. */
export function fittedOn(thing: FittedThing, rows: readonly Pick<WindowRow, 'id'>[]): Fitted {
  const ids = rows.map((row) => row.id).sort();
  return { ...thing, rows: ids, sha256: hashOf(ids) };
}

/** Reads what `fittedOn` gave, one or a list. Throws input-invalid; `file` names it. */
export function parseFitted(text: string, file: string): readonly Fitted[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LogsterError('input-invalid', `${file} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  const read = z.array(fittedSchema).safeParse(Array.isArray(json) ? json : [json]);
  if (read.success) return read.data;
  throw new LogsterError('input-invalid', `${file} names nothing fitted\n${z.prettifyError(read.error)}`);
}

/** What a fitted thing must rest on. */
export interface RowsAndFolds {
  readonly rows: readonly WindowRow[];
  readonly folds: readonly FoldPurge[];
}

/**
 * Checks that a fitted thing rests on the training side alone: on rows of this version, of its own platform, of
 * captures that train, and none that its fold judges or purges. Throws input-invalid and names the first row.
 */
export function checkFitted(fitted: Fitted, version: RowsAndFolds): void {
  const leak = leakOf(fitted, version);
  if (leak === null) return;
  const side = fitted.fold === null ? 'the training side' : `the training side of fold ${fitted.fold}`;
  throw new LogsterError(
    'input-invalid',
    `The ${fitted.kind} ${fitted.name} leaks: ${leak}; fit it again on ${side}`,
  );
}

function leakOf({ platform, fold, rows, sha256 }: Fitted, version: RowsAndFolds): string | null {
  const hash = hashOf([...rows].sort());
  if (hash !== sha256) return `its rows have the hash ${hash}, not ${sha256}`;
  const place = version.folds.find((one) => one.platform === platform && one.fold === fold);
  if (place === undefined) return `this version has no fold ${fold} of ${platform}`;
  const byId = new Map(version.rows.map((row) => [row.id, row]));
  for (const id of rows) {
    const row = byId.get(id);
    if (row === undefined) return `row ${id} is not in this version`;
    const reason = reasonAgainst(row, place);
    if (reason !== null) return `row ${id} (${row.capture}, ${row.host}) ${reason}`;
  }
  return null;
}

function reasonAgainst(row: WindowRow, { platform, fold, purged }: FoldPurge): string | null {
  if (row.platform !== platform) return `is of ${row.platform}`;
  if (row.side !== 'train') return `is on the side "${row.side}"`;
  if (fold !== null && row.fold === fold) return 'is judged in its fold';
  return purged.includes(row.capture) ? 'touches a judged capture in machine and time' : null;
}

function hashOf(sortedIds: readonly string[]): string {
  return createHash('sha256').update(sortedIds.join('\n')).digest('hex');
}
