import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { catalogue } from '../../../datasets/fetch/catalogue.ts';
import { readVersionManifest } from '../../../datasets/version/read.ts';
import type { Surroundings } from '../../cli.ts';
import { table } from '../../table.ts';
import { placesOf } from './places.ts';

/** `logster datasets list`: the public sets that can be fetched and the versions that were built. */
export function addListCommand(datasets: Command, surroundings: Surroundings): void {
  datasets
    .command('list')
    .description('the public sets that can be fetched, and the versions that were built here')
    .action(async () => {
      const { versions } = placesOf(surroundings);
      const built = await versionRows(versions);
      process.stdout.write(
        `${table(['public set', 'captures', 'MiB', 'licence', 'what it is'], setRows())}\n\n` +
          `${built.length === 0 ? `No version was built in ${versions} yet; \`logster datasets build\` makes one.` : table(['version', 'captures', 'windows', 'held back', 'platforms'], built)}\n`,
      );
    });
}

function setRows(): readonly (readonly (string | number)[])[] {
  return catalogue().map(({ name, title, licence, captures }) => {
    const bytes = captures.reduce((sum, one) => sum + (one.capture.bytes ?? 0), 0);
    return [name, captures.length, Number((bytes / 2 ** 20).toFixed(2)), licence, title];
  });
}

async function versionRows(folder: string): Promise<readonly (readonly (string | number)[])[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  const ids = names.filter((name) => /^[0-9a-f]{24}$/.test(name)).sort();
  return Promise.all(
    ids.map(async (id) => {
      const { content } = await readVersionManifest(join(folder, id));
      const heldBack = content.captures.filter((one) => one.side === 'held back').length;
      const platforms = Object.keys(content.featureSchema).join(', ');
      return [id, content.captures.length, content.rows, heldBack, platforms];
    }),
  );
}
