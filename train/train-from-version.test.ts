import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keptOf } from '../datasets/feedback/feedback-fixtures.ts';
import { readManifest } from '../datasets/manifest.ts';
import { besideTrees } from '../models/beside-trees.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import type { KeptGraph } from '../ports/graphs/graphs.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { sysmonLines, testCapture, writeTestManifest } from './example-fixtures.ts';
import { loadFiles } from './load-model.ts';
import { ORIGIN_FILE } from './origin.ts';
import type { CapturesFrom } from './run/capture-source.ts';
import { scoresOf } from './score-graphs.ts';
import { trackedTraining } from './tracked-training.ts';
import { type Training, trainPlatform } from './train.ts';
import { datasetVersion } from './tune-fixtures.ts';
import { CARD_FILE } from './version.ts';
import { windowsOf } from './windows-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-scratch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = writeTestManifest(
  join(folder, 'captures'),
  ['a1', 'a2', 'b1', 'b2'].map((id, at) => ({ id, attack: at < 2, seconds: 240, sha256: null })),
);
const files = dirname(manifest);

/** Windows of a machine on which an administrator uses what attackers use. */
async function judgedWindows() {
  const file = join(folder, 'office');
  writeFileSync(file, sysmonLines('office.lab', 600, ['powershell', 'net', 'notepad']));
  const read = await windowsOf(
    testCapture({
      platform: 'windows',
      source: 'sysmon',
      id: 'office',
      file,
      attack: false,
      hosts: ['office.lab'],
    }),
  );
  return read.windows.map(({ graph }) => ({ ...graph, window: { ...graph.window, tenantId: 'acme' } }));
}

const train = (from: CapturesFrom, runs = 'runs') =>
  trainPlatform({
    ...{ platform: 'windows', from, seed: 7, folds: 2, clock: fakeClock() },
    ...{ cacheFolder: join(folder, 'cache'), runsFolder: join(folder, runs) },
    recipe: { epochs: 3, fewestEpochs: 3, drawsPerEpoch: 16, batchGraphs: 4 },
    report: () => {},
  });

async function meanScore({ version }: Training, graphs: Parameters<typeof scoresOf>[1]): Promise<number> {
  const { model } = loadFiles({ ...version.files }, '1');
  const engine = besideTrees(wasmEngine(model), model);
  const { logits } = await scoresOf(engine, graphs);
  engine.close();
  return logits.reduce((sum, one) => sum + one, 0) / logits.length;
}

/** Digests, because a difference between bytes is nothing to read. */
const digests = ({ version }: Training, ...names: readonly string[]) =>
  names.map((name) =>
    createHash('sha256')
      .update(version.files[name] ?? '')
      .digest('hex'),
  );
const weights = (training: Training) => digests(training, 'weights.bin', 'trees.json');

test('verdicts of a dataset version train a version from scratch, which says so', async () => {
  const graphs = await judgedWindows();
  const kept: readonly KeptGraph[] = graphs.map((graph, at) => keptOf(`w${at}`, graph));
  const { captures } = await readManifest(manifest);
  const without = await datasetVersion(captures, [], join(folder, 'versions'));
  const told = await datasetVersion(captures, kept, join(folder, 'versions'));
  const plain = await train({ manifests: [manifest] });
  const captured = await train({ version: without.folder, files });
  const judged = await train({ version: told.folder, files });
  expect(weights(captured)).toEqual(weights(plain)); // the same captures in the same order
  expect(weights(judged)).not.toEqual(weights(captured));
  expect(await meanScore(judged, graphs)).toBeLessThan(await meanScore(captured, graphs));

  const { version } = judged;
  expect(version.tags).toMatchObject({
    data: told.id,
    data_version: told.id,
    feedback: `${told.feedback?.rows}`,
  });
  const origin = JSON.parse(version.files[ORIGIN_FILE]?.toString() ?? '{}');
  expect(origin).toMatchObject({ data: told.id, seed: 7, weights: { asked: expect.any(Number) } });
  expect(origin).not.toHaveProperty('from');
  expect(origin.captures).toHaveLength(4);
  expect(origin.feedback).toContain('verdict-1');
  const { corpus, given } = version.weights;
  expect(given).toBeGreaterThan(0);
  expect(given).toBeLessThanOrEqual(0.2 * corpus);
  const card = version.files[CARD_FILE]?.toString() ?? '';
  expect(card).toMatch(/windows that \d+ verdicts of 1 analysts gave a label, on 1 endpoints/);
  expect(card).not.toContain('kim');
  expect(plain.version.files[CARD_FILE]?.toString()).not.toContain('verdicts');
  const run = trackedTraining(version, 100);
  expect(run.params).toMatchObject({ data_version: told.id, seed: '7', 'recipe.epochs': '3' });
  for (const key of ['loss', 'loss.fold2', 'prAuc'])
    expect(run.metrics).toContainEqual(expect.objectContaining({ key }));
  expect(Object.keys(run.files)).toEqual([CARD_FILE, ORIGIN_FILE]);
  const again = await train({ version: told.folder, files }, 'again');
  const all = Object.keys(version.files);
  expect(digests(again, ...all)).toEqual(digests(judged, ...all));
});

test('a version whose files are others than it was built from trains nothing', async () => {
  const { captures } = await readManifest(manifest);
  const built = await datasetVersion(captures, [], join(folder, 'versions'));
  const elsewhere = train({ version: built.folder, files: folder });
  await expect(elsewhere).rejects.toThrow(/Capture a1 lacks its file .*--captures names the folder/);
});
