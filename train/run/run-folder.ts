import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** The finished units of one run, each a file. */
export interface RunFolder {
  readonly path: string;
  /** The text kept under a name; null when there is none. */
  read(name: string): Promise<string | null>;
  /** Keeps a text whole or not at all, also when the process ends meanwhile. */
  write(name: string, text: string): Promise<void>;
}

/** Opens a run's folder, which need not exist. */
export function runFolder(path: string): RunFolder {
  const fileOf = (name: string): string => join(path, `${name}.json`);
  return {
    path,
    async read(name) {
      try {
        return await readFile(fileOf(name), 'utf8');
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw cause;
      }
    },
    async write(name, text) {
      await mkdir(path, { recursive: true });
      const part = `${fileOf(name)}.${process.pid}`;
      const file = await open(part, 'w');
      try {
        await file.writeFile(text);
        await file.sync(); // else a power cut could leave the new name with half of the bytes
      } finally {
        await file.close();
      }
      await rename(part, fileOf(name));
    },
  };
}
