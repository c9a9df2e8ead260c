import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { type Fitted, parseFitted } from './fitted.ts';
import { FITTED_FILE, MANIFEST_FILE, parseVersion, ROWS_FILE, type VersionManifest } from './manifest.ts';
import type { WindowRow } from './row.ts';
import { decodeRows } from './rows-file.ts';

/** A version as it lies in its folder. */
export interface Version extends VersionManifest {
  readonly folder: string;
  readonly rows: readonly WindowRow[];
  readonly fitted: readonly Fitted[];
}

/** Reads the manifest of a version's folder. Throws not-found or input-invalid and names the file. */
export async function readVersionManifest(folder: string): Promise<VersionManifest> {
  const file = join(folder, MANIFEST_FILE);
  return parseVersion((await bytesOf(file)).toString('utf8'), file);
}

/** Reads a version's folder. Throws not-found or input-invalid and names the file; it checks no hash. */
export async function readVersion(folder: string): Promise<Version> {
  const manifest = await readVersionManifest(folder);
  const [rowsFile, fittedFile] = [join(folder, ROWS_FILE), join(folder, FITTED_FILE)];
  return {
    ...manifest,
    folder,
    rows: await decodeRows(await bytesOf(rowsFile), rowsFile),
    fitted: parseFitted((await bytesOf(fittedFile)).toString('utf8'), fittedFile),
  };
}

async function bytesOf(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new LogsterError(
      'not-found',
      `Cannot read ${file}: ${reasonOf(cause)}; give the folder that \`logster datasets build\` wrote`,
      { cause },
    );
  });
}
