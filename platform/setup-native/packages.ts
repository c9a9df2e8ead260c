import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { explainNpm } from './explain.ts';
import { runTool, type ToolOptions } from './run-tool.ts';
import type { Step } from './steps.ts';

export interface PackagesNeeds {
  /** Folder of the package.json and the lock file that say what is installed. */
  readonly recipe: string;
  readonly title: string;
  /** Where `node_modules` goes, below the home folder. */
  readonly into: string;
  readonly sizes: { readonly downloadBytes: number; readonly keptBytes: number };
  /** Files that nothing here reads, by their path below `node_modules`. */
  readonly unneeded: (path: string) => boolean;
  readonly tools: ToolOptions;
}

/** Installs exactly the packages of a lock file, by their checksums, without running any of their scripts. */
export function packagesStep({ recipe, title, into, sizes, unneeded, tools }: PackagesNeeds): Step {
  const files = ['package.json', 'package-lock.json'];
  return {
    name: 'packages',
    title,
    inputs: files.map((file) => readFileSync(join(recipe, file), 'utf8')),
    outputs: ['package.json', 'node_modules'].map((name) => join(into, name)),
    ...sizes,
    async run(folder) {
      const target = join(folder, into);
      mkdirSync(target, { recursive: true });
      for (const file of files) copyFileSync(join(recipe, file), join(target, file));
      const flags = ['--prefix', target, '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev'];
      const loud = '--loglevel=error'; // an `npm run -s` above would silence this one's reasons too
      const { ok, stdout, stderr } = await runTool('npm', ['ci', ...flags, loud], { ...tools, cwd: target });
      if (!ok) throw explainNpm(`${stdout}\n${stderr}`, title.replace(/^installing /, ''));
      prune(join(target, 'node_modules'), unneeded);
    },
  };
}

function prune(modules: string, unneeded: (path: string) => boolean): void {
  for (const entry of readdirSync(modules, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (unneeded(path.slice(modules.length + 1))) rmSync(path);
  }
}
