import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { featureSchema } from '../../featurize/features.ts';
import {
  checkFeedbackApart,
  checkFeedbackGraphs,
  checkFeedbackWeights,
  type WrittenFeedback,
} from '../feedback/check.ts';
import { readFeedbackGraphs, readFeedbackRows } from '../feedback/read.ts';
import { LABELS } from '../label.ts';
import type { Capture } from '../manifest.ts';
import { checkFitted, type Fitted } from './fitted.ts';
import { addressOf, MANIFEST_FILE, sha256Of, type VersionCapture, type VersionManifest } from './manifest.ts';
import { isListed, spanOf } from './measured.ts';
import { readVersion, readVersionManifest, type Version } from './read.ts';
import { rowId, type WindowRow } from './row.ts';
import { checkSides, type Sides } from './sides.ts';

/** One thing that was checked of a version; `wrong` says what is wrong and the way out. */
export interface Check {
  readonly name: string;
  readonly wrong: string | null;
}

/**
 * Checks a version: the sha256 of its files, its address, the feature schema, every row against its capture, the
 * rules of the split, everything fitted, `fitted` included, and the feedback. Goes on after a finding; what lies in files that
 * were changed is not looked at. Throws not-found when the folder holds no version.
 */
export async function verifyVersion(
  folder: string,
  fitted: readonly Fitted[] = [],
): Promise<readonly Check[]> {
  const manifest = await readVersionManifest(folder);
  const outside = [
    await checked('files', () => checkFiles(folder, manifest)),
    await checked('address', () => checkAddress(folder, manifest)),
    await checked('feature schema', () => checkSchema(manifest)),
    await checked('split', () => checkSplit(manifest)),
  ];
  if (outside[0]?.wrong !== null) return outside;
  const version = await readVersion(folder);
  const { rows } = version;
  const { folds } = manifest.content;
  const inside = [await checked('rows', () => checkRows(version))];
  for (const one of [...version.fitted, ...fitted])
    inside.push(await checked(`${one.kind} ${one.name}`, () => checkFitted(one, { rows, folds })));
  return [...outside, ...inside, ...(await feedbackChecks(version))];
}

async function feedbackChecks(version: Version): Promise<readonly Check[]> {
  const { content, folder, rows: captured } = version;
  if (content.feedback === undefined) return [];
  const section = content.feedback;
  let findings: readonly Check[] = [];
  const readable = await checked('feedback', async () => {
    const rows = await readFeedbackRows(folder);
    const windows = await readFeedbackGraphs(folder, 'windows');
    const linux = await readFeedbackGraphs(folder, 'linux');
    const written: WrittenFeedback = { content, section, captured, rows, graphs: { windows, linux } };
    findings = [
      await checked('feedback graphs', () => checkFeedbackGraphs(written)),
      await checked('feedback weights', () => checkFeedbackWeights(written)),
      await checked('feedback split', () => checkFeedbackApart(written)),
    ];
  });
  return [readable, ...findings];
}

/** What a check says against the version; anything but an answer of ours goes on up. */
async function checked(name: string, check: () => void | Promise<void>): Promise<Check> {
  try {
    await check();
    return { name, wrong: null };
  } catch (thrown) {
    if (thrown instanceof LogsterError) return { name, wrong: thrown.message };
    throw thrown;
  }
}

const refuse = (message: string): never => {
  throw new LogsterError('input-invalid', message);
};

async function checkFiles(folder: string, { content }: VersionManifest): Promise<void> {
  for (const [name, { sha256, bytes }] of Object.entries(content.files)) {
    const held = await readFile(join(folder, name)).catch((cause: unknown) =>
      refuse(`${name} cannot be read: ${reasonOf(cause)}`),
    );
    if (held.byteLength !== bytes || sha256Of(held) !== sha256)
      refuse(
        `${name} was changed after it was built (sha256 ${sha256Of(held)}, not ${sha256}); build it again`,
      );
  }
  const known = [...Object.keys(content.files), MANIFEST_FILE];
  const strange = (await readdir(folder)).filter((name) => !known.includes(name));
  if (strange.length > 0) refuse(`${strange.join(', ')} does not belong to the version; take it out`);
}

function checkAddress(folder: string, { id, content }: VersionManifest): void {
  const address = addressOf(content);
  if (address !== id) refuse(`The manifest was changed: its content has the id ${address}, not ${id}`);
  const name = basename(resolve(folder));
  if (name !== id) refuse(`The folder is called ${name}, not ${id}; rename it back`);
}

function checkSchema({ content }: VersionManifest): void {
  for (const platform of PLATFORMS) {
    const built = content.featureSchema[platform];
    const now = featureSchema(platform);
    if (built !== undefined && built !== now)
      refuse(
        `Its ${platform} graphs have the feature schema ${built}, this code makes ${now}; build a new version`,
      );
  }
}

function checkRows({ content, rows }: Version): void {
  if (rows.length !== content.rows) refuse(`It holds ${rows.length} rows, its manifest says ${content.rows}`);
  const byCapture = new Map<string, WindowRow[]>(content.captures.map((one) => [one.id, []]));
  for (const row of rows) {
    if (rowId(row) !== row.id) refuse(`Row ${row.id} was changed: its content has the id ${rowId(row)}`);
    if (row.end - row.start > content.windowSeconds)
      refuse(`Row ${row.id} is longer than a window of ${content.windowSeconds} s`);
    const own = byCapture.get(row.capture) ?? refuse(`Row ${row.id} is of no capture here: ${row.capture}`);
    own.push(row);
  }
  for (const capture of content.captures) checkRowsOf(capture, byCapture.get(capture.id) ?? []);
}

const LINEAGE = ['run', 'lab', 'cluster', 'licence', 'source', 'platform', 'side', 'fold'] as const;

function checkRowsOf(capture: VersionCapture, rows: readonly WindowRow[]): void {
  for (const row of rows) {
    const other = LINEAGE.find((field) => row[field] !== capture[field]);
    if (other)
      refuse(`Row ${row.id} has the ${other} ${row[other]}, its capture ${capture.id} ${capture[other]}`);
    if (!isListed(capture, row.host))
      refuse(`Row ${row.id} is of ${row.host}, which ${capture.id} does not list`);
  }
  for (const label of LABELS) {
    const count = rows.filter((row) => row.label === label).length;
    if (count !== capture.windows[label])
      refuse(`${capture.id} has ${count} ${label} windows, its manifest says ${capture.windows[label]}`);
  }
  const span = spanOf(rows);
  if (span && (span.from < (capture.from ?? span.to) || span.to > (capture.to ?? span.from)))
    refuse(`${capture.id} has windows outside of the time that its manifest states; build the version again`);
}

function checkSplit({ content }: VersionManifest): void {
  const { purgeSeconds, windowSeconds, captures, folds } = content;
  if (purgeSeconds < windowSeconds)
    refuse(`The purge gap of ${purgeSeconds} s is shorter than a window of ${windowSeconds} s`);
  checkSides(captures satisfies readonly Capture[], sidesIn(captures, folds));
}

function sidesIn(captures: readonly VersionCapture[], folds: Sides['folds']): Sides {
  return { standings: new Map(captures.map(({ id, side, fold }) => [id, { side, fold }])), folds };
}
