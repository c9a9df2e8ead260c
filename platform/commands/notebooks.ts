import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import type { Surroundings } from '../cli.ts';
import { checkNotebook } from '../notebooks/check-notebook.ts';
import { readNotebook, withOutputs, writeNotebook } from '../notebooks/ipynb.ts';
import { setUpNotebooks } from '../notebooks/set-up.ts';

/** `logster notebooks`: runs the notebooks without Jupyter, and brings Jupyter with a kernel for them. */
export function addNotebooksCommand(program: Command, surroundings: Surroundings): void {
  const notebooks = program.command('notebooks').description('run the notebooks, or bring Jupyter for them');
  notebooks
    .command('run')
    .description('run notebooks from the top and compare what they show with what is stored in them')
    .argument('[files...]', 'notebooks; without any, those of notebooks/')
    .option('--write', 'store what they show now')
    .action(async (files: string[], { write = false }: { write?: boolean }) => {
      const { root } = surroundings;
      for (const file of files.length > 0 ? files : notebooksOf(root)) await run(root, file, write);
    });
  notebooks
    .command('setup')
    .description('bring JupyterLab and its Deno kernel to this machine, into .logster/notebooks')
    .action(async () => {
      await setUpNotebooks({ ...surroundings, say });
    });
}

const say = (sentence: string): void => void process.stderr.write(`logster: ${sentence}\n`);

/** The notebooks that come with the product, in reading order. */
export function notebooksOf(root: string): readonly string[] {
  const folder = join(root, 'notebooks');
  const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));
  return names.sort().map((name) => join(folder, name));
}

async function run(root: string, file: string, write: boolean): Promise<void> {
  say(`running ${basename(file)} …`);
  const { outputs, differences } = await checkNotebook(root, file);
  const cells = differences.length === 1 ? '1 cell shows' : `${differences.length} cells show`;
  const found = differences.length === 0 ? 'shows what is stored' : `${cells} something else than is stored`;
  process.stdout.write(`${[`${basename(file)}: ${found}`, ...differences].join('\n  ')}\n`);
  if (write) await writeNotebook(file, withOutputs(await readNotebook(file), outputs));
  else if (differences.length > 0) process.exitCode = 1;
}
