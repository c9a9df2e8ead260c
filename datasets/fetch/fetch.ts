import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { sha256OfFile } from '../file-hash.ts';
import { type FetchedCapture, fetchedSchema, type PublicSet } from './catalogue.ts';
import { download } from './download.ts';

/** The list of captures in a folder of captures. */
export const CAPTURES_FILE = 'MANIFEST.json';

/** A capture and where it can be had. */
export interface Offer {
  readonly capture: FetchedCapture;
  readonly at: { readonly address: string } | { readonly file: string };
}

/** What became of the offers. */
export interface Fetched {
  readonly brought: number;
  readonly there: number; // with the right sha256 already
  readonly refused: Readonly<Record<string, number>>; // by licence that was not accepted
}

export interface FetchOptions {
  readonly offers: readonly Offer[];
  readonly toFolder: string;
  readonly accepted: readonly string[]; // licences, by the name before any bracket
  readonly report: (line: string) => void;
}

/** What the catalogue's sets offer. */
export function offersOf(sets: readonly PublicSet[]): readonly Offer[] {
  return sets.flatMap((set) => set.captures.map(({ address, capture }) => ({ capture, at: { address } })));
}

/** What a folder with a MANIFEST.json offers. Throws input-invalid for an entry that cannot be checked. */
export async function offersIn(folder: string): Promise<readonly Offer[]> {
  const file = join(folder, CAPTURES_FILE);
  return (await entriesOf(file)).map((entry, place) => {
    const read = fetchedSchema.safeParse(entry);
    if (read.success) return { capture: read.data, at: { file: join(folder, read.data.file) } };
    throw new LogsterError('input-invalid', `Entry ${place} of ${file}\n${z.prettifyError(read.error)}`);
  });
}

/** A licence's own name: `MIT (OTRF Security-Datasets)` is MIT. */
export function licenceName(licence: string): string {
  return licence.replace(/\s*\(.*\)\s*$/, '').trim();
}

/**
 * Brings captures whose licence was accepted into a folder and lists them in its MANIFEST.json. Every file is
 * checked by sha256; what is there already is left alone, what broke off goes on. Throws input-invalid when no
 * licence fits or a file is not what it should be, unavailable when it cannot be had.
 */
export async function fetchCaptures({ offers, toFolder, accepted, report }: FetchOptions): Promise<Fetched> {
  const names = accepted.map((name) => name.toLowerCase());
  const isAccepted = ({ capture }: Offer) => names.includes(licenceName(capture.licence).toLowerCase());
  const wanted = offers.filter(isAccepted);
  if (wanted.length === 0)
    throw new LogsterError(
      'input-invalid',
      `No licence was accepted. Read them, then say which you accept: ${licencesOf(offers)
        .map((name) => `--accept-licence "${name}"`)
        .join(' or ')}`,
    );
  const counts = { brought: 0, there: 0 };
  for (const [place, offer] of wanted.entries()) {
    const title = `${place + 1}/${wanted.length} ${offer.capture.id}`;
    const isNew = await bring(offer, toFolder, (line) => report(`${title}: ${line}`));
    counts[isNew ? 'brought' : 'there'] += 1;
  }
  await listCaptures(toFolder, wanted);
  return { ...counts, refused: countBy(offers.filter((one) => !isAccepted(one))) };
}

/** The licences of offers by name, in order. */
export function licencesOf(offers: readonly Offer[]): readonly string[] {
  return [...new Set(offers.map(({ capture }) => licenceName(capture.licence)))].sort();
}

function countBy(offers: readonly Offer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { capture } of offers) {
    const name = licenceName(capture.licence);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Brings one file whole or not at all; false when it was there. */
async function bring(
  { capture, at }: Offer,
  folder: string,
  report: (line: string) => void,
): Promise<boolean> {
  const file = join(folder, capture.file);
  if ((await hashIfThere(file)) === capture.sha256) return false;
  const partFile = `${file}.part`;
  await mkdir(dirname(file), { recursive: true });
  if ('address' in at) {
    const onBytes = progress(capture.bytes, report);
    await download({ address: at.address, partFile, bytes: capture.bytes, onBytes });
  } else await copy(at.file, partFile, capture.id);
  const sha256 = await sha256OfFile(partFile);
  if (sha256 !== capture.sha256) {
    await rm(partFile);
    throw new LogsterError(
      'input-invalid',
      `${'address' in at ? at.address : at.file} is not ${capture.id}: its sha256 is ${sha256}, not ${capture.sha256}; nothing was kept`,
    );
  }
  await rename(partFile, file);
  return true;
}

async function hashIfThere(file: string): Promise<string | null> {
  return sha256OfFile(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  });
}

async function copy(from: string, to: string, id: string): Promise<void> {
  await copyFile(from, to).catch((cause: unknown) => {
    throw new LogsterError('not-found', `${id} cannot be copied: ${reasonOf(cause)}`, { cause });
  });
}

/** Says how far a download is at every tenth of it. */
function progress(bytes: number | undefined, report: (line: string) => void): (have: number) => void {
  let told = 0;
  return (have) => {
    const tenth = bytes ? Math.floor((10 * have) / bytes) : 0;
    if (tenth <= told) return;
    told = tenth;
    report(`${10 * tenth} % of ${((bytes ?? 0) / 2 ** 20).toFixed(1)} MiB`);
  };
}

/** Adds captures to the folder's list; an entry with the same id is replaced. */
async function listCaptures(folder: string, offers: readonly Offer[]): Promise<void> {
  const file = join(folder, CAPTURES_FILE);
  const old = await entriesOf(file).catch((thrown: unknown) => {
    if (thrown instanceof LogsterError && thrown.code === 'not-found') return [];
    throw thrown;
  });
  const ids = new Set<unknown>(offers.map((one) => one.capture.id));
  const kept = old.filter((entry) => !ids.has((entry as { id?: unknown } | null)?.id));
  const captures = [...kept, ...offers.map((one) => one.capture)];
  await writeFile(`${file}.new`, `${JSON.stringify({ version: 1, captures }, null, 1)}\n`);
  await rename(`${file}.new`, file);
}

async function entriesOf(file: string): Promise<readonly unknown[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LogsterError('not-found', `Cannot read ${file}: ${reasonOf(cause)}; captures need their list`, {
      cause,
    });
  });
  try {
    return z.looseObject({ captures: z.array(z.unknown()) }).parse(JSON.parse(text)).captures;
  } catch (cause) {
    throw new LogsterError('input-invalid', `${file} is no list of captures: ${reasonOf(cause)}`, { cause });
  }
}
