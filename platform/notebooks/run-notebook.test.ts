import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../root.ts';
import { joined, readNotebook, withOutputs, writeNotebook } from './ipynb.ts';
import { runNotebook } from './run-notebook.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logster-notebook-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes a notebook of these cells of code, after one of prose. */
async function notebookOf(...sources: string[]): Promise<string> {
  const file = join(folder, 'some.ipynb');
  const code = sources.map((source, at) => ({
    cell_type: 'code',
    id: `code-${at}`,
    metadata: {},
    source: source.split(/(?<=\n)/),
    outputs: [],
    execution_count: null,
  }));
  const cells = [{ cell_type: 'markdown', id: 'prose', metadata: {}, source: '# Some' }, ...code];
  await writeFile(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  return file;
}

const run = async (...sources: string[]) => runNotebook(projectRoot(), await notebookOf(...sources));

test('later cells see what earlier ones declared, and a cell shows its last expression', async () => {
  const outputs = await run(
    "import { basename } from 'node:path';\nconst twice = (one: number): number => 2 * one;\nlet sum = await Promise.resolve(1);",
    'sum += twice(20);\nsum',
    "console.log('in', 'between');\nbasename('/a/b')",
    'sum;',
  );
  const plain = { output_type: 'execute_result', metadata: {}, execution_count: null };
  expect(outputs).toEqual([
    [],
    [{ ...plain, data: { 'text/plain': ['41'] } }],
    [
      { output_type: 'stream', name: 'stdout', text: ['in between\n'] },
      { ...plain, data: { 'text/plain': ["'b'"] } },
    ],
    [{ ...plain, data: { 'text/plain': ['41'] } }],
  ]);
});

test('a value that shows itself to Jupyter shows itself here in the same forms', async () => {
  const [cell] = await run(
    "({ async [Symbol.for('Jupyter.display')]() { return { 'text/html': '<b>a</b>\\n<i>b</i>', 'application/json': { a: 1 } }; } })",
  );
  expect(cell).toMatchObject([
    { data: { 'text/html': ['<b>a</b>\n', '<i>b</i>'], 'application/json': { a: 1 } } },
  ]);
});

test('a failure names the cell and the line', async () => {
  await expect(run('type Only = string;\nconst a: Only = "a";', 'const b = 1;\n\nnull.b;')).rejects.toThrow(
    /some\.ipynb, cell 3, line 3: Cannot read properties of null/,
  );
  await expect(run('const a = 1;', 'const = 2;')).rejects.toThrow(/cell 3, line 1: /);
  await expect(run('process.exit(3);')).rejects.toThrow(/ended \(code 3\) before the last cell/);
});

test('a package is no import of a notebook: it would run here or in Jupyter, not in both', async () => {
  await expect(run("import { z } from 'zod';\nz")).rejects.toThrow(/cell 2 imports zod/);
});

test('outputs that are stored are read back as they were', async () => {
  const file = await notebookOf('1 + 1');
  const outputs = await runNotebook(projectRoot(), file);
  await writeNotebook(file, withOutputs(await readNotebook(file), outputs));
  const { cells } = await readNotebook(file);
  expect(cells[1]).toMatchObject({
    execution_count: 1,
    outputs: [{ output_type: 'execute_result', execution_count: 1, data: { 'text/plain': ['2'] } }],
  });
  expect(joined(cells[0]?.source ?? [])).toBe('# Some');
});

test('a file that is no notebook is refused with the reason', async () => {
  const file = join(folder, 'old.ipynb');
  await writeFile(file, JSON.stringify({ nbformat: 4, nbformat_minor: 2, metadata: {}, cells: [] }));
  await expect(readNotebook(file)).rejects.toThrow(/no notebook of nbformat 4\.5: .*nbformat_minor/s);
});
