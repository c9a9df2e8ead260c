import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDERS = '/usr/local/go/bin /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin'.split(' ');

/** Those whose programs are all on this machine. */
export async function installed<T extends { readonly needs: readonly string[] }>(
  all: readonly T[],
): Promise<readonly T[]> {
  const fits = await Promise.all(
    all.map(async (one) => (await Promise.all(one.needs.map(isInstalled))).every(Boolean)),
  );
  return all.filter((_, place) => fits[place]);
}

async function isInstalled(program: string): Promise<boolean> {
  const rust = process.env.HOME === undefined ? [] : [join(process.env.HOME, '.cargo/bin')];
  const found = await Promise.all(
    [...FOLDERS, ...rust].map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false, // not there: another folder may have it
      ),
    ),
  );
  return found.includes(true);
}
