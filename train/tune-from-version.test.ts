import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keptOf } from '../datasets/feedback/feedback-fixtures.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { ORIGIN_FILE } from './origin.ts';
import { trackedTuning } from './tracked-training.ts';
import { datasetVersion, sessions, shippedLinux } from './tune-fixtures.ts';
import { tuneFromVersion } from './tune-from-version.ts';
import { CARD_FILE } from './version.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-tune-from-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a version is fine-tuned on a dataset version, tracked whole, and tells what it came from', async () => {
  const train = (await sessions(3)).map((one) => one.capture);
  const [attack] = await sessions(1, true, 'attack');
  const elsewhere = (await sessions(4)).at(-1)?.content.windows[0]?.graph;
  if (!attack || !elsewhere) throw new Error('the sessions lack one to judge');
  const window = { ...elsewhere.window, tenantId: 'acme', endpointId: 'h1' };
  const kept = keptOf('w1', { ...elsewhere, window });
  const built = await datasetVersion([...train, attack.capture], [kept], folder);
  expect(built.feedback).toMatchObject({ rows: 1, verdicts: 1 });
  const lines: string[] = [];
  const options = {
    champion: await shippedLinux(),
    versionFolder: built.folder,
    capturesFolder: dirname(attack.capture.file),
    ...{ cacheFolder: join(folder, 'cache'), seed: 4, clock: fakeClock() },
    recipe: { epochs: 1, drawsPerEpoch: 32 },
    report: (line: string) => lines.push(line),
  };
  const version = await tuneFromVersion(options);
  expect(version.tags).toMatchObject({
    data_version: built.id,
    feedback: '1',
    seed: '4',
    origin: 'fine-tuned',
  });
  expect(version.figures.heldBack?.after.captures).toBe(1);
  expect(version.metrics).toHaveProperty('heldBackCaptureRecallAfter');
  const origin = JSON.parse(version.files[ORIGIN_FILE]?.toString() ?? '{}');
  expect(origin).toMatchObject({
    data: built.id,
    from: 'logster-linux-gat@shipped',
    feedback: ['verdict-1'],
  });
  expect(origin.captures).toHaveLength(train.length); // what is held back trained nothing
  const card = version.files[CARD_FILE]?.toString() ?? '';
  expect(card).toContain('1 windows that 1 verdicts of 1 analysts');
  expect(card).not.toContain('kim');
  const run = trackedTuning(version, 100);
  expect(run.params).toMatchObject({ data_version: built.id, seed: '4', 'recipe.epochs': '1' });
  expect(run.metrics).toContainEqual(expect.objectContaining({ key: 'loss', step: 1 }));
  expect(Object.keys(run.files)).toEqual([CARD_FILE, ORIGIN_FILE]);
  expect(lines).toContainEqual(expect.stringMatching(/^epoch 1: loss/));
  const wrong = tuneFromVersion({ ...options, capturesFolder: folder });
  await expect(wrong).rejects.toThrow(/--captures names the folder/);
}, 240_000); // where other tests have the machine too
