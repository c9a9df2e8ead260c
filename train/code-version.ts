import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeVersion } from './example-cache.ts';

/** A hash of the code that decides what training gives: that makes graphs, that learns, the networks. */
export async function trainingCode(): Promise<string> {
  const hash = createHash('sha256').update(await codeVersion());
  for (const folder of [import.meta.dirname, join(import.meta.dirname, '..', 'models')])
    for (const file of await codeBelow(folder)) hash.update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Files that decide what a fit gives; how it is reported afterwards does not. */
async function codeBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /(?<!\.(test|bench|d))\.(ts|js|wasm)$/.test(name))
    .filter((name) => !/^(report[\\/]|model-card|evaluation-section|tune-card|watch)/.test(name))
    .sort();
}
