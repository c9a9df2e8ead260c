import { join, relative } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { featureSchema } from '../../featurize/features.ts';
import { corrections } from '../corrections.ts';
import { type FeedbackInput, feedbackPart } from '../feedback/part.ts';
import type { FeedbackSection } from '../feedback/section.ts';
import { sha256OfFile } from '../file-hash.ts';
import { LABELS } from '../label.ts';
import type { Capture, Manifest } from '../manifest.ts';
import { PURGE_SECONDS } from '../split.ts';
import { checkFitted, type Fitted } from './fitted.ts';
import {
  addressOf,
  FITTED_FILE,
  MANIFEST_FILE,
  ROWS_FILE,
  sha256Of,
  type VersionCapture,
  type VersionContent,
} from './manifest.ts';
import { withMeasured } from './measured.ts';
import { type LabelledWindow, rowOf, type UnsplitRow, type WindowRow } from './row.ts';
import { encodeRows } from './rows-file.ts';
import { checkSides, emptyFolds, type Sides, sidesOf } from './sides.ts';
import { writeOnce } from './write-once.ts';

/** What reading a capture gives: its labelled windows and what became of its lines. */
export interface CaptureReading {
  readonly windows: readonly LabelledWindow[];
  readonly parsing: {
    readonly lines: number;
    readonly events: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly dead: number;
    readonly error: string | null;
  };
}

/** Takes a capture from raw lines to labelled windows, the product's own way. */
export type ReadWindows = (capture: Capture) => Promise<CaptureReading>;

/** What a version is built from. */
export interface BuildOptions {
  readonly manifest: Manifest;
  readonly captureFolder: string; // files are named relative to it
  readonly readWindows: ReadWindows;
  readonly outFolder: string; // the version becomes a folder below it, named by its id
  readonly folds: number;
  readonly fitted: readonly Fitted[]; // what was fitted on rows of a version and is judged with this one
  readonly feedback?: FeedbackInput; // verdicts, which train beside the captures and judge nothing
  readonly report: (line: string) => void;
}

/** A version that lies in its folder. */
export interface BuiltVersion {
  readonly id: string;
  readonly folder: string;
  readonly rows: number;
  readonly isNew: boolean; // false: an equal version was there already
  readonly feedback?: FeedbackSection; // what became of the verdicts, where some were given
}

/**
 * Builds an immutable version of a manifest's captures: one row per window with label, lineage, split and the hash of
 * its graph. Its id is the hash of all that; an equal build finds the version already there. Throws input-invalid
 * when a capture cannot be read, is not the file that its manifest names, or anything leaks across the split.
 */
export async function buildVersion(options: BuildOptions): Promise<BuiltVersion> {
  checkManifest(options.manifest);
  const read = await readAll(options);
  const captures = read.map((one) => one.capture);
  const sides = sidesOf(captures, options.folds);
  checkSides(captures, sides);
  for (const { platform, fold } of emptyFolds(sides, captures))
    options.report(`fold ${fold} of ${platform} judges nothing; fewer folds would do`);
  const rows = read.flatMap((one) => one.rows.map((row) => withSide(row, sides)));
  for (const one of options.fitted) checkFitted(one, { rows, folds: sides.folds });
  const part = options.feedback && (await feedbackPart(options.feedback, { captures, rows }));
  const files = {
    [ROWS_FILE]: encodeRows(rows),
    [FITTED_FILE]: Buffer.from(`${JSON.stringify(options.fitted, null, 1)}\n`),
    ...part?.files,
  };
  const content = {
    ...contentOf(read, rows, { ...options, sides, files }),
    ...(part && { feedback: part.section }),
  };
  const id = addressOf(content);
  const folder = join(options.outFolder, id);
  const manifest = Buffer.from(`${JSON.stringify({ id, content }, null, 1)}\n`);
  const isNew = await writeOnce(folder, { ...files, [MANIFEST_FILE]: manifest }, MANIFEST_FILE);
  return { id, folder, rows: rows.length, isNew, ...(part && { feedback: part.section }) };
}

interface Read {
  readonly capture: Capture;
  readonly sha256: string;
  readonly rows: readonly UnsplitRow[];
  readonly parsing: CaptureReading['parsing'];
}

function checkManifest({ captures, unreadable }: Manifest): void {
  const [first] = unreadable;
  if (first)
    throw new LogsterError(
      'input-invalid',
      `${unreadable.length} entries of the manifest cannot be read, the first is ${first.id}: ${first.reason}; mend it or take it out`,
    );
  if (captures.length === 0)
    throw new LogsterError('input-invalid', 'The manifest has no captures to build a version of');
  const seen = new Set<string>();
  for (const { id } of captures) {
    if (seen.has(id))
      throw new LogsterError('input-invalid', `The manifest has two captures called ${id}; rename one`);
    seen.add(id);
  }
}

async function readAll({ manifest, readWindows, report }: BuildOptions): Promise<readonly Read[]> {
  const captures = [...manifest.captures].sort((a, b) => (a.id < b.id ? -1 : 1));
  const read: Read[] = [];
  for (const [place, capture] of captures.entries()) {
    read.push(await readOne(capture, readWindows));
    if ((place + 1) % 20 === 0) report(`read ${place + 1} of ${captures.length} captures`);
  }
  return read;
}

async function readOne(capture: Capture, readWindows: ReadWindows): Promise<Read> {
  const sha256 = await sha256OfFile(capture.file).catch((cause: unknown) => {
    throw new LogsterError(
      'not-found',
      `Capture ${capture.id} lacks its file ${capture.file}; fetch it again`,
      {
        cause,
      },
    );
  });
  if (capture.sha256 !== null && capture.sha256 !== sha256)
    throw new LogsterError(
      'input-invalid',
      `${capture.file} is not the file that the manifest names for ${capture.id} (sha256 ${sha256}, not ${capture.sha256}); fetch it again`,
    );
  const { windows, parsing } = await readWindows(capture);
  if (parsing.error !== null)
    throw new LogsterError(
      'input-invalid',
      `Capture ${capture.id} cannot be read to its end: ${parsing.error}; mend ${capture.file} or take its entry out`,
    );
  const rows = windows.map((window) => rowOf(capture, window)).sort(byHostAndTime);
  return { capture: withMeasured({ ...capture, sha256 }, rows), sha256, rows, parsing };
}

const byHostAndTime = (a: UnsplitRow, b: UnsplitRow): number =>
  a.host < b.host ? -1 : a.host > b.host ? 1 : a.start - b.start;

function withSide(row: UnsplitRow, { standings }: Sides): WindowRow {
  const { side, fold } = standings.get(row.capture) ?? { side: 'none', fold: null };
  return { ...row, side, fold };
}

interface Parts extends BuildOptions {
  readonly sides: Sides;
  readonly files: Readonly<Record<string, Buffer>>;
}

function contentOf(
  read: readonly Read[],
  rows: readonly WindowRow[],
  { sides, files, captureFolder }: Parts,
): VersionContent {
  const platforms = PLATFORMS.filter((platform) => read.some((one) => one.capture.platform === platform));
  const ids = new Set(read.map((one) => one.capture.id));
  return {
    format: 1,
    windowSeconds: rows.reduce((longest, row) => Math.max(longest, row.end - row.start), 1),
    purgeSeconds: PURGE_SECONDS,
    featureSchema: Object.fromEntries(platforms.map((platform) => [platform, featureSchema(platform)])),
    corrections: corrections()
      .filter((one) => ids.has(one.capture))
      .map(({ capture, host, because }) => ({ capture, host, because })),
    captures: read.map((one) => captureOf(one, sides, captureFolder)),
    folds: sides.folds.map((one) => ({ ...one, purged: [...one.purged] })),
    rows: rows.length,
    files: Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [
        name,
        { sha256: sha256Of(bytes), bytes: bytes.byteLength },
      ]),
    ),
  };
}

function captureOf(
  { capture, sha256, rows, parsing }: Read,
  { standings }: Sides,
  folder: string,
): VersionCapture {
  const { side, fold } = standings.get(capture.id) ?? { side: 'none', fold: null };
  const { lines, events, dropped, dead } = parsing;
  const labels = LABELS.map((label) => [label, rows.filter((row) => row.label === label).length]);
  return {
    ...capture,
    file: relative(folder, capture.file).replaceAll('\\', '/'),
    sha256,
    techniques: [...capture.techniques],
    hosts: [...capture.hosts],
    side,
    fold,
    lines,
    events,
    dropped: { ...dropped },
    dead,
    windows: Object.fromEntries(labels) as VersionCapture['windows'],
  };
}
