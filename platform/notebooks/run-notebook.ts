import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LogsterError } from '../../contracts/errors.ts';
import { type CellOutput, codeCells, outputSchema, readNotebook } from './ipynb.ts';
import { type NotebookModule, notebookModule } from './notebook-module.ts';

/** What the process of a notebook reports at its end. */
const reportSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    outputs: z.array(z.object({ cell: z.number().int(), output: outputSchema })),
  }),
  z.object({
    ok: z.literal(false),
    cell: z.number().int().nullable(),
    message: z.string(),
    stack: z.string(),
  }),
]);
export type RunReport = z.infer<typeof reportSchema>;

/** Where the compiled process of a notebook lies, below the project's folder. */
const PROCESS = 'dist/platform/notebooks/run-main.js';
/** Reading captures makes much that lives briefly; with less room a fifth of the time goes to collecting it. */
const NODE_FLAGS = ['--max-semi-space-size=64'];
/** The last of what a process that died had to say. */
const LAST_WORDS = 2000;

/**
 * Runs a notebook's cells from the top, in a process of its own, and gives what each cell of code showed, in their
 * order. Throws input-invalid, with cell and line, when a cell fails.
 */
export async function runNotebook(
  root: string,
  notebookFile: string,
): Promise<readonly (readonly CellOutput[])[]> {
  const file = resolve(notebookFile);
  const cells = codeCells(await readNotebook(file));
  const module = await notebookModule(file, cells);
  const folder = await mkdtemp(join(tmpdir(), 'logster-notebook-'));
  try {
    const place = join(folder, `${basename(file, '.ipynb')}.mjs`);
    await writeFile(place, module.code);
    const report = await reportOf(join(root, PROCESS), place, dirname(file));
    if (!report.ok) throw failure(file, module, report);
    return cells.map((cell) =>
      report.outputs.filter((one) => one.cell === cell.place).map(({ output }) => output),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the module as Jupyter would: in the notebook's own folder. */
function reportOf(script: string, module: string, cwd: string): Promise<RunReport> {
  return new Promise((done, failed) => {
    const child = fork(script, [module], {
      cwd,
      execArgv: NODE_FLAGS,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-LAST_WORDS);
      });
    }
    let report: unknown;
    child.once('message', (message) => {
      report = message;
    });
    child.once('error', failed);
    child.once('close', (code, signal) => {
      const read = reportSchema.safeParse(report);
      if (read.success) return done(read.data);
      const why = `${basename(module, '.mjs')}: its process ended (${signal ?? `code ${code}`}) before the last cell: ${said.trim()}`;
      failed(new LogsterError('input-invalid', why));
    });
  });
}

function failure(file: string, module: NotebookModule, report: Extract<RunReport, { ok: false }>) {
  const line = Number(/\.ipynb\.ts:(\d+)/.exec(report.stack)?.[1]);
  const origin = Number.isNaN(line) ? undefined : module.origin(line);
  const cell = origin?.cell ?? report.cell;
  const where = cell === null ? 'an import' : `cell ${cell}${origin ? `, line ${origin.line}` : ''}`;
  return new LogsterError('input-invalid', `${file}, ${where}: ${report.message}`);
}
