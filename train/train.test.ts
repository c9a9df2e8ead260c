import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProven } from '../models/artifact.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { modelNameOf } from '../serve/champions.ts';
import { BASELINES } from './baselines/baselines.ts';
import { decodeReference, REFERENCE_FILE } from './drift/reference.ts';
import { writeTestManifest } from './example-fixtures.ts';
import { loadFiles, modelName } from './load-model.ts';
import { PARTS } from './report/training-report.ts';
import { type TrainOptions, trainPlatform } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

const writeManifest = (licence: string): string =>
  writeTestManifest(
    folder,
    ['one', 'two', 'three', 'four'].map((id, at) => ({
      id,
      licence,
      attack: at < 2,
      seconds: 120 + 40 * at,
    })),
  );

const lines: string[] = [];
const train = (licence: string, runs = 'runs', more: Partial<TrainOptions> = {}) =>
  trainPlatform({
    platform: 'windows',
    from: { manifests: [writeManifest(licence)] },
    seed: 7,
    cacheFolder: join(folder, 'cache'),
    runsFolder: join(folder, runs),
    recipe: { epochs: 5, drawsPerEpoch: 8, batchGraphs: 4 },
    folds: 2,
    clock: fakeClock(),
    report: (line) => lines.push(line),
    ...more,
  });

/** Stops a training at the line that says so; what it finished until then is kept. */
const stopAt = (pattern: RegExp) => (line: string) => {
  if (pattern.test(line)) throw new Error('stopped');
};
const unitsIn = (runs: string): string[] =>
  readdirSync(join(folder, runs), { recursive: true })
    .map(String)
    .filter((name) => /(fit|score)-/.test(name));

test('trainPlatform() gives a version that loads, proves itself and is the same twice', async () => {
  const { version, report } = await train('MIT', 'runs', { seeds: 2, parts: PARTS });
  const { model, baselines, id } = loadFiles({ ...version.files }, '1');
  expect(id).toBe('logster-windows-gat@1');
  expect(baselines.map((one) => one.name)).toEqual(BASELINES);
  expect(baselines.every((one) => one.scaling !== undefined)).toBe(true);
  (await openProven(model, wasmEngine)).close();
  expect(model.manifest.thresholds.map((one) => one.threshold)).toEqual([0.7, 0.5]);
  const reference = decodeReference(version.files[REFERENCE_FILE] ?? Buffer.alloc(0), id);
  expect(reference).toMatchObject({
    platform: 'windows',
    scores: 'held-out',
    endpoints: { window: 2, score: 2 },
  });
  const card = version.files['card.md']?.toString() ?? '';
  expect(card).toContain('| MIT | 4 | 4 | 2 | 2 |');
  expect(card).toContain('| gat | ');
  expect(card).toContain('control-lab');
  expect(card).not.toContain('## Captures that trained nothing'); // all of them trained it
  expect(lines.some((line) => /fold 2\/2: epoch 5, loss .* minutes left/.test(line))).toBe(true);
  const again = await train('MIT', 'other-runs', { seeds: 2, parts: PARTS });
  expect(again.version.files).toEqual(version.files);
  expect(JSON.stringify(again.report)).toBe(JSON.stringify(report));
});

test('a training that was stopped goes on where it was and gives the same bytes', async () => {
  const whole = await train('MIT');
  await expect(train('MIT', 'stopped', { report: stopAt(/fold 2\/2: epoch 5/) })).rejects.toThrow('stopped');
  expect(unitsIn('stopped')).toHaveLength(1);
  await expect(train('MIT', 'stopped', { report: stopAt(/all captures: done/) })).rejects.toThrow('stopped');
  const before = lines.length;
  const resumed = await train('MIT', 'stopped', { clock: fakeClock(1_800_000_000) });
  expect(resumed).toEqual(whole);
  expect(lines.slice(before).some((line) => line.includes('epoch'))).toBe(false); // nothing was fitted again
  expect(unitsIn('stopped')).toHaveLength(5); // two folds and all captures, two scorings
});

const script = join(import.meta.dirname, '..', 'dist', 'train', 'run', 'unit-worker.js');
(existsSync(script) ? test : test.skip)(
  'two processes give the same bytes as one (needs dist/)',
  async () => {
    const whole = await train('MIT');
    const both = await train('MIT', 'parallel', { workers: 2, workerScript: script });
    expect(both).toEqual(whole);
  },
);

test('captures whose licence is not open train nothing', async () => {
  await expect(train('none stated')).rejects.toThrow(/2 folds need .* has 0 of attacks and 0 of benign/);
});

test('training and serving call a platform’s model by one name', () => {
  expect(modelName('linux')).toBe(modelNameOf('linux'));
});
