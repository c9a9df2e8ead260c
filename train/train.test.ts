import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProven } from '../models/artifact.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { modelNameOf } from '../serve/champions.ts';
import { BASELINES } from './baselines/baselines.ts';
import { START, sysmonLines } from './example-fixtures.ts';
import { loadFiles, modelName } from './load-model.ts';
import { trainPlatform } from './train.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeManifest(licence: string): string {
  const captures = ['one', 'two', 'three', 'four'].map((id, at) => {
    const attack = at < 2;
    const programs = attack ? ['powershell', 'whoami', 'net'] : ['explorer', 'notepad'];
    writeFileSync(join(folder, id), sysmonLines(`${id}.lab`, 120 + 40 * at, programs));
    return {
      id,
      file: id,
      platform: 'windows',
      cluster: id,
      role: 'train and judge',
      licence,
      attack,
      attack_window: attack ? { start: START + 60, end: START + 70 } : null,
      hosts: [{ name: `${id}.lab` }],
      sha256: id,
    };
  });
  const file = join(folder, 'MANIFEST.json');
  writeFileSync(file, JSON.stringify({ captures }));
  return file;
}

const lines: string[] = [];
const train = (licence: string) =>
  trainPlatform({
    platform: 'windows',
    manifestFiles: [writeManifest(licence)],
    seed: 7,
    cacheFolder: join(folder, 'cache'),
    recipe: { epochs: 5, drawsPerEpoch: 8, batchGraphs: 4 },
    folds: 2,
    clock: fakeClock(),
    report: (line) => lines.push(line),
  });

test('trainPlatform() gives a version that loads, proves itself and is the same twice', async () => {
  const version = await train('MIT');
  const { model, baselines, id } = loadFiles({ ...version.files }, '1');
  expect(id).toBe('logster-windows-gat@1');
  expect(baselines.map((one) => one.name)).toEqual(BASELINES);
  expect(baselines.every((one) => one.scaling !== undefined)).toBe(true);
  (await openProven(model, wasmEngine)).close();
  expect(model.manifest.thresholds.map((one) => one.threshold)).toEqual([0.7, 0.5]);
  const card = version.files['card.md']?.toString() ?? '';
  expect(card).toContain('| MIT | 4 | 4 | 2 | 2 |');
  expect(card).toContain('| gat | ');
  expect(card).toContain('control-lab');
  expect(card).not.toContain('## Captures that trained nothing'); // all of them trained it
  expect(lines.some((line) => /fold 2\/2 fit: epoch 5, loss .* minutes left/.test(line))).toBe(true);
  const again = await train('MIT');
  expect(again.files).toEqual(version.files);
});

test('captures whose licence is not open train nothing', async () => {
  await expect(train('none stated')).rejects.toThrow(/2 folds need .* has 0 of attacks and 0 of benign/);
});

test('training and serving call a platform’s model by one name', () => {
  expect(modelName('linux')).toBe(modelNameOf('linux'));
});
