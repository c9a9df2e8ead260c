import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '../../ports/telemetry/clock.ts';
import { progress } from '../progress.ts';
import { RECIPES } from '../recipes.ts';
import { type Executor, forkedExecutor } from './executor.ts';
import { runFolder } from './run-folder.ts';
import { type FitUnit, keyOfUnit } from './unit.ts';
import { unitRunner } from './unit-runner.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-executor-'));
afterAll(() => rmSync(folder, { recursive: true }));

const unit = (seed: number, title = 'a fit'): FitUnit => ({
  kind: 'fit',
  title,
  platform: 'linux',
  recipe: { ...RECIPES.linux, seed },
  train: ['c'],
  choice: null,
  shuffle: null,
});
const settings = {
  from: { manifests: [] },
  platform: 'linux',
  cacheFolder: folder,
  runPath: folder,
} as const;

function worker(answer: string): Executor {
  const script = join(folder, 'worker.cjs');
  writeFileSync(script, `process.on('message', () => { ${answer} });`);
  return forkedExecutor(script, settings);
}

test('a worker that fails or ends refuses its unit by name', async () => {
  const failing = worker("process.send({ kind: 'failed', reason: 'no such capture' })");
  await expect(failing.run(unit(1), () => {})).rejects.toThrow('a fit: no such capture');
  await failing.close();
  const ending = worker('process.exit(3)');
  await expect(ending.run(unit(1), () => {})).rejects.toThrow('A worker ended with code 3 in a fit');
  await expect(ending.run(unit(2), () => {})).rejects.toThrow('ended');
  await ending.close();
});

test('a unit that fails ends the run; nothing new is begun, and what was finished is kept', async () => {
  const kept = runFolder(join(folder, 'run'));
  const begun: number[] = [];
  const executor: Executor = {
    async run(one) {
      if (one.kind !== 'fit') return;
      begun.push(one.recipe.seed);
      if (one.recipe.seed === 2) throw new Error('broken');
      await kept.write(keyOfUnit(one), '{}');
    },
    close: async () => {},
  };
  const clock = fakeClock();
  const runner = unitRunner({
    folder: kept,
    executors: [executor],
    progress: progress({ clock, report: () => {} }),
  });
  await expect(runner.fit([1, 2, 3].map((seed) => unit(seed)))).rejects.toThrow('broken');
  expect(begun).toEqual([1, 2]);
  expect(readdirSync(kept.path)).toEqual([`${keyOfUnit(unit(1))}.json`]);
  expect(await runner.costLeft([unit(1), unit(2)])).toBe(RECIPES.linux.epochs + 4);
});

test('a unit is known by its work, not by its title', () => {
  expect(keyOfUnit(unit(1, 'one'))).toBe(keyOfUnit(unit(1, 'other')));
  expect(keyOfUnit(unit(1))).not.toBe(keyOfUnit(unit(2)));
});
