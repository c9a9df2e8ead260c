import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LogsterError, reasonOf } from '../../../contracts/errors.ts';
import { type Fitted, parseFitted } from '../../../datasets/version/fitted.ts';
import { MANIFEST_FILE } from '../../../datasets/version/manifest.ts';
import { isThere } from '../../../datasets/version/write-once.ts';
import type { Surroundings } from '../../cli.ts';
import { readConfig } from '../../config.ts';

/** Where captures and versions lie when no option says so. */
export interface Places {
  readonly captures: string;
  readonly versions: string;
  readonly cache: string; // graphs of captures that were read before
}

/** The folders of data below the data directory. */
export function placesOf({ root, environment }: Surroundings): Places {
  const { directory } = readConfig(environment, root).data;
  const folder = join(directory, 'datasets');
  return {
    captures: join(folder, 'captures'),
    versions: join(folder, 'versions'),
    cache: join(directory, 'cache'),
  };
}

/** The folder of a version that a person named by its id or its path. Throws not-found when neither is one. */
export async function versionFolder(named: string, { versions }: Places): Promise<string> {
  for (const folder of [resolve(named), join(versions, named)])
    if (await isThere(join(folder, MANIFEST_FILE))) return folder;
  throw new LogsterError(
    'not-found',
    `${named} is neither the folder of a version nor the id of one in ${versions}; \`logster datasets list\` shows them`,
  );
}

/** The fitted things in files. Throws not-found or input-invalid and names the file. */
export async function fittedIn(files: readonly string[]): Promise<readonly Fitted[]> {
  const read = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new LogsterError('not-found', `Cannot read ${file}: ${reasonOf(cause)}`, { cause });
      });
      return parseFitted(text, file);
    }),
  );
  return read.flat();
}
