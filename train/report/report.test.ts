import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '../../ports/telemetry/clock.ts';
import { ablationsOf } from '../ablate.ts';
import { TRAINED } from '../cross-fit.ts';
import { type TestEntry, writeTestManifest } from '../example-fixtures.ts';
import { openRun, type RunOptions } from '../open-run.ts';
import { type TrainOptions, trainPlatform } from '../train.ts';
import { plannedUnits } from './planned-units.ts';
import { PARTS } from './training-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const entry = (id: string, lab: string, attack: boolean, more: object = {}): TestEntry => ({
  id,
  lab,
  attack,
  techniques: attack ? ['T1059', `T-${id}`] : [],
  seconds: 120 + 10 * id.length,
  ...more,
});

const learnt = writeTestManifest(join(folder, 'learnt'), [
  entry('shire-a', 'shire-1', true),
  entry('shire-bb', 'shire-2', false),
  ...['c', 'dd'].map((id) => entry(id, 'lab', true)),
  ...['eee', 'ffff'].map((id) => entry(id, 'lab', false)),
]);
const heldBack = writeTestManifest(join(folder, 'held'), [
  entry('later-attack', 'lab', true, { held_back: true }),
  entry('later-work', 'lab', false, { held_back: true }),
]);

const lines: string[] = [];
const runOptions = (manifests: readonly string[]): RunOptions => ({
  platform: 'windows',
  from: { manifests },
  cacheFolder: join(folder, 'cache'),
  runsFolder: join(folder, 'runs'),
  recipe: { epochs: 2, fewestEpochs: 2, drawsPerEpoch: 8, batchGraphs: 4 },
  folds: 2,
  clock: fakeClock(),
  report: (line) => lines.push(line),
});
const train = (manifests: readonly string[], more: Partial<TrainOptions> = {}) =>
  trainPlatform({ ...runOptions(manifests), seeds: 2, parts: PARTS, ...more });

test('a report holds every part with every scorer, and captures held back are in none but their own', async () => {
  const { version, report } = await train([learnt, heldBack]);
  expect(report.seeds).toEqual([1, 2]);
  expect([report.omitted, report.notApplicable]).toEqual([[], []]);
  expect(report.data).toMatchObject({ captures: 6, runs: 6, heldBack: 2 });
  const tables = [
    report.crossFit,
    report.heldBack?.[0]?.table,
    report.labOut?.[0]?.table,
    report.renamed?.table,
    report.basicSensor?.table,
    report.shuffled?.byShuffled,
    report.shuffled?.byTrue,
  ];
  for (const table of tables) expect(Object.keys(table?.scorers ?? {}).sort()).toEqual([...TRAINED].sort());
  expect(report.crossFit.runs).toEqual({ attack: 3, benign: 3 });
  expect(report.shuffled?.byTrue.windows).toEqual(report.crossFit.windows);
  expect(report.shuffled?.prevalence).toHaveLength(5);
  expect(report.heldBack?.[0]?.table.runs).toEqual({ attack: 1, benign: 1 });
  expect(report.labOut?.map((one) => [one.labs, one.table.runs])).toEqual([
    ['shire*', { attack: 1, benign: 1 }],
  ]);
  const { hybrid } = report.crossFit.scorers;
  const { low = 1, high = 0, value = -1 } = hybrid?.interval.prAuc ?? {};
  expect(low <= value && value <= high).toBe(true);
  expect(hybrid?.seeds.prAuc?.mean).toBeCloseTo(value, 10);
  expect(report.heldBack?.[0]?.table.scorers.hybrid?.interval.falseAlarmsPerHostDay?.high).toBeGreaterThan(0);
  expect(report.techniques[0]).toMatchObject({ technique: 'T1059', runs: 3 });
  // without T1059 no attack is left to learn from
  expect(report.techniqueOut?.map((one) => [one.technique, one.runs])).toEqual([
    ['T-c', 1],
    ['T-dd', 1],
    ['T-shire-a', 1],
  ]);
  expect(report.curves).toHaveLength(4);
  for (const name of TRAINED) expect(report.basicSensor?.difference[name]?.mean).toBe(0); // all are process starts

  const ablations = report.ablations ?? [];
  expect(ablations).toHaveLength(ablationsOf('windows').length);
  for (const { prAuc } of ablations) expect(Object.keys(prAuc).sort()).toEqual([...TRAINED].sort());
  const unseen = ablations.find(({ title }) => title === 'relation: process set registry'); // nothing sets any
  expect(unseen?.prAuc.gat).toBe(0);

  const run = await openRun(runOptions([learnt, heldBack]));
  const planned = plannedUnits(run, [1, 2], PARTS);
  expect(planned.length).toBeGreaterThan(20);
  expect(await run.runner.costLeft(planned)).toBe(0); // what was foretold is what was done
  await run.close();

  const without = await train([learnt]);
  expect(without.version.files).toEqual(version.files);
  expect(without.report.crossFit).toEqual(report.crossFit);
  expect(without.report.notApplicable).toEqual(['heldBack']);
}, 300_000);

test('parts that would end after the budget are left out and named', async () => {
  lines.length = 0;
  const clock = fakeClock();
  const runsFolder = join(folder, 'slow');
  const report = (line: string): void => {
    lines.push(line);
    void clock.advance(10_000); // every line takes ten seconds
  };
  const made = await train([learnt, heldBack], { clock, report, runsFolder, seeds: 1, budgetMinutes: 1 });
  expect(made.report.omitted).toEqual(PARTS.slice(1));
  expect(made.report.heldBack?.[0]?.table.windows.benign).toBeGreaterThan(0);
  expect(lines).toContain(`left out for want of time: ${PARTS.slice(1).join(', ')}`);
});
