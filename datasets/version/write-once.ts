import { access, chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a folder of read-only files whole or not at all; false when it is there already, as `sign` shows. */
export async function writeOnce(
  folder: string,
  files: Readonly<Record<string, Buffer>>,
  sign: string,
): Promise<boolean> {
  if (await isThere(join(folder, sign))) return false;
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(unfinished, name), bytes);
    await chmod(join(unfinished, name), 0o444);
  }
  await rename(unfinished, folder);
  return true;
}

/** Whether there is a file or a folder of this name. */
export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
