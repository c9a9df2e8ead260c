import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import type { Surroundings } from '../cli.ts';
import { explainNpm, explainPip } from '../setup-native/explain.ts';
import { lastLines, runTool, type ToolEnd, type ToolOptions } from '../setup-native/run-tool.ts';

/** The versions that the notebooks were run with. */
const JUPYTER = ['jupyterlab==4.6.6', 'nbconvert==7.17.2'];
const DENO = 'deno@2.9.6';

export interface SetUpNeeds extends Surroundings {
  say(sentence: string): void;
}

/** Where Jupyter and Deno of the notebooks lie, and what starts them. */
export interface NotebookTools {
  readonly home: string;
  readonly jupyter: string;
  /** What Jupyter must find in its environment: Deno's cache stays in the same folder. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The tools' places below the project's folder, whether they are there or not. */
export function notebookTools(root: string): NotebookTools {
  const home = join(root, '.logster', 'notebooks');
  return {
    home,
    jupyter: join(binaries(home), 'jupyter'),
    environment: { DENO_DIR: join(home, 'deno-cache') },
  };
}

/** Whether `setUpNotebooks()` has been here to its end. */
export function hasNotebookTools({ home, jupyter }: NotebookTools): boolean {
  return existsSync(jupyter) && existsSync(kernelFile(home));
}

/**
 * Brings JupyterLab, from the Python package index, and Deno, from the npm registry, into `.logster/notebooks`, and tells
 * Jupyter of the kernel there alone: nothing outside the folder changes. Throws unavailable with the way out.
 */
export async function setUpNotebooks({ root, environment, say }: SetUpNeeds): Promise<NotebookTools> {
  const made = notebookTools(root);
  const { home } = made;
  const tools: ToolOptions = { environment, cwd: root };
  mkdirSync(home, { recursive: true });
  rmSync(kernelFile(home), { force: true }); // it comes last, and says that the rest is whole
  await installJupyter(home, tools, say);
  const deno = await installDeno(home, tools, say);
  mkdirSync(join(kernelFile(home), '..'), { recursive: true });
  writeFileSync(kernelFile(home), kernelSpec(deno, made));
  say(`JupyterLab and the Deno kernel are ready in ${home}. Start them in the project's folder with`);
  say(`  ${made.jupyter} lab notebooks`);
  return made;
}

async function installJupyter(home: string, tools: ToolOptions, say: SetUpNeeds['say']): Promise<void> {
  const python = await findPython(tools);
  if (!existsSync(binaries(home))) {
    say('making a Python environment …');
    const { ok, stdout, stderr } = await runTool(python, ['-m', 'venv', join(home, 'python')], tools);
    if (!ok) {
      rmSync(join(home, 'python'), { recursive: true, force: true });
      throw new LogsterError(
        'unavailable',
        `Python could not make an environment. On Debian and Ubuntu: \`apt-get install -y python3-venv\`; then run the same command again\n${lastLines(stderr || stdout)}`,
      );
    }
  }
  say(`installing ${JUPYTER.join(' and ')}, some 150 MB …`);
  const own = join(binaries(home), process.platform === 'win32' ? 'python.exe' : 'python');
  const patience = ['--disable-pip-version-check', '--retries', '1', '--timeout', '30'];
  const end = await runTool(own, ['-m', 'pip', 'install', ...patience, ...JUPYTER], tools);
  if (!end.ok) throw explainPip(saidBy(end), JUPYTER.join(' and '));
}

async function findPython(tools: ToolOptions): Promise<string> {
  for (const name of ['python3', 'python']) if ((await runTool(name, ['--version'], tools)).ok) return name;
  throw new LogsterError(
    'unavailable',
    'There is no Python 3 here. On Debian and Ubuntu: `apt-get install -y python3 python3-venv`; then run the same command again',
  );
}

/** Installs Deno without running a script: its binary lies in a package of its own for each kind of machine. */
async function installDeno(home: string, tools: ToolOptions, say: SetUpNeeds['say']): Promise<string> {
  say(`installing ${DENO}, some 100 MB …`);
  const folder = join(home, 'deno');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const end = await runTool('npm', ['install', ...flags, DENO], { ...tools, cwd: folder });
  if (end.missing) throw new LogsterError('unavailable', 'There is no npm here; install it beside Node');
  if (!end.ok) throw explainNpm(saidBy(end), DENO);
  const binary = denoBinary(join(folder, 'node_modules', '@deno'));
  if (binary) return binary;
  throw new LogsterError(
    'unavailable',
    `${DENO} has no program for ${process.platform} on ${process.arch}; the notebooks still run with \`npm run logster -- notebooks run\``,
  );
}

function denoBinary(packages: string): string | undefined {
  if (!existsSync(packages)) return undefined;
  const name = process.platform === 'win32' ? 'deno.exe' : 'deno';
  return readdirSync(packages)
    .map((one) => join(packages, one, name))
    .find((file) => existsSync(file));
}

function kernelSpec(deno: string, { environment }: NotebookTools): string {
  const argv = [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'];
  return `${JSON.stringify({ argv, display_name: 'Deno', language: 'typescript', env: environment }, null, 2)}\n`;
}

const saidBy = ({ stdout, stderr }: ToolEnd): string => `${stdout}\n${stderr}`;

const binaries = (home: string): string =>
  join(home, 'python', process.platform === 'win32' ? 'Scripts' : 'bin');

/** Where the Jupyter of that environment looks for kernels, and no other. */
const kernelFile = (home: string): string =>
  join(home, 'python', 'share', 'jupyter', 'kernels', 'deno', 'kernel.json');
