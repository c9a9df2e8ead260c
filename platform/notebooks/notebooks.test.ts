import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { notebooksOf } from '../commands/notebooks.ts';
import { projectRoot } from '../root.ts';
import { lastLines, runTool } from '../setup-native/run-tool.ts';
import { checkNotebook, differences } from './check-notebook.ts';
import { codeCells, readNotebook } from './ipynb.ts';
import { hasNotebookTools, notebookTools } from './set-up.ts';

const root = projectRoot();
const files = notebooksOf(root).map((file) => ({ name: basename(file), file }));
/** A notebook takes up to half a minute of one core. */
const PATIENCE_MS = 300_000;

test.each(files)(
  '$name shows what is stored in it',
  async ({ file }) => {
    expect((await checkNotebook(root, file)).differences).toEqual([]);
  },
  PATIENCE_MS,
);

test.each(files)(
  '$name has stored outputs of every cell that shows something, and no error',
  async ({ file }) => {
    const cells = codeCells(await readNotebook(file));
    expect(cells.flatMap(({ outputs }) => outputs).filter((one) => one.output_type === 'error')).toEqual([]);
    const pictures = cells.flatMap(({ outputs }) =>
      outputs.filter((one) => one.output_type === 'execute_result' && 'image/svg+xml' in one.data),
    );
    expect(pictures.length).toBeGreaterThan(0);
    for (const picture of pictures)
      expect(picture).toMatchObject({ data: { 'application/vnd.vegalite.v5+json': expect.any(Object) } });
  },
);

const tools = notebookTools(root);
const installed = hasNotebookTools(tools);
const why = installed ? '' : ' (skipped: `npm run setup:notebooks` brings Jupyter and Deno)';

(installed ? describe : describe.skip)(`in Jupyter with the Deno kernel${why}`, () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logster-nbconvert-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(files)(
    '$name shows the same',
    async ({ name, file }) => {
      const options = [
        '--to',
        'notebook',
        '--execute',
        '--ExecutePreprocessor.timeout=240',
        '--output-dir',
        folder,
      ];
      const environment = { ...process.env, ...tools.environment };
      const { ok, stderr } = await runTool(tools.jupyter, ['nbconvert', ...options, file], { environment });
      expect(ok ? '' : lastLines(stderr, 30)).toBe('');
      const fresh = codeCells(await readNotebook(join(folder, name)));
      const stored = codeCells(await readNotebook(file));
      expect(
        differences(
          stored,
          fresh.map(({ outputs }) => outputs),
        ),
      ).toEqual([]);
    },
    PATIENCE_MS,
  );
});
