import { pathToFileURL } from 'node:url';
import { format, inspect } from 'node:util';
import { reasonOf } from '../../contracts/errors.ts';
import type { CellOutput } from './ipynb.ts';
import { linesOf } from './ipynb.ts';
import { DISPLAY } from './mime-bundle.ts';
import { MARKS } from './notebook-module.ts';
import type { RunReport } from './run-notebook.ts';

/** The process of one notebook: runs the module it is given and reports what its cells showed. */
process.setSourceMapsEnabled(true); // a failure then names the notebook's own line

let cell: number | null = null;
const outputs: { cell: number; output: CellOutput }[] = [];

/** Neighbouring texts of one stream are one output, as in Jupyter. */
function write(name: 'stdout' | 'stderr', text: string): void {
  const last = outputs.at(-1);
  if (last?.cell === cell && last.output.output_type === 'stream' && last.output.name === name) {
    last.output = { ...last.output, text: linesOf([last.output.text].flat().join('') + text) };
  } else outputs.push({ cell: cell ?? 0, output: { output_type: 'stream', name, text: linesOf(text) } });
}

async function bundleOf(value: unknown): Promise<Record<string, unknown>> {
  const display = typeof value === 'object' && value !== null ? Reflect.get(value, DISPLAY) : undefined;
  if (typeof display === 'function')
    return (await Reflect.apply(display, value, [])) as Record<string, unknown>;
  return { 'text/plain': inspect(value) };
}

for (const name of ['log', 'info', 'debug'] as const)
  console[name] = (...values: unknown[]) => write('stdout', `${format(...values)}\n`);
for (const name of ['warn', 'error'] as const)
  console[name] = (...values: unknown[]) => write('stderr', `${format(...values)}\n`);

Object.assign(globalThis, {
  [MARKS.begin](place: number) {
    cell = place;
  },
  async [MARKS.show](value: unknown) {
    const shown = await value;
    if (shown === undefined) return;
    const data = storedForm(await bundleOf(shown));
    outputs.push({
      cell: cell ?? 0,
      output: { output_type: 'execute_result', data, metadata: {}, execution_count: null },
    });
  },
});

/** Text of a bundle by lines; what is JSON stays so, as Jupyter stores it. */
function storedForm(bundle: Record<string, unknown>): Record<string, unknown> {
  const stored = Object.entries(bundle).map(([mime, value]) => [
    mime,
    typeof value === 'string' ? linesOf(value) : value,
  ]);
  return Object.fromEntries(stored);
}

async function run(module: string): Promise<RunReport> {
  try {
    await import(pathToFileURL(module).href);
    return { ok: true, outputs };
  } catch (thrown) {
    const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
    return { ok: false, cell, message: reasonOf(thrown), stack };
  }
}

const report = await run(process.argv[2] ?? '');
process.send?.(report, () => process.exit(0)); // whatever a notebook left open ends with it
