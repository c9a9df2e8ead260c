import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { Surroundings } from '../cli.ts';
import { generatedDocs } from '../generated-docs.ts';

/** `logster docs`: writes the pages and schemas that come from the code. */
export function addDocsCommand(program: Command, { root }: Surroundings): void {
  program
    .command('docs')
    .description('write the pages and JSON Schemas that come from the code')
    .action(() => {
      const docs = Object.entries(generatedDocs());
      for (const [path, text] of docs) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
      process.stdout.write(`${docs.length} files written below docs/ and deploy/\n`);
    });
}
