import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { writeTestManifest } from './example-fixtures.ts';
import { searchRecipe, type Trial } from './search.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-search-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('tries the recipe as it is first, then others, tells each, and ends with its budget', async () => {
  const captures = ['one', 'two', 'three', 'four'];
  const manifest = writeTestManifest(
    folder,
    captures.map((id, at) => ({ id, licence: 'MIT', attack: at < 2, seconds: 120 + 40 * at })),
  );
  const clock = fakeClock();
  const lines: string[] = [];
  const search = async (trials: number, budgetMinutes: number | null): Promise<readonly Trial[]> => {
    const told: Trial[] = [];
    const sorted = await searchRecipe({
      ...{
        platform: 'windows',
        from: { manifests: [manifest] },
        folds: 2,
        seed: 3,
        trials,
        budgetMinutes,
        clock,
      },
      cacheFolder: join(folder, 'cache'),
      runsFolder: join(folder, 'runs'),
      recipe: { epochs: 2, fewestEpochs: 2, drawsPerEpoch: 4, batchGraphs: 4 },
      report: (line) => lines.push(line),
      async onTrial(trial) {
        told.push(trial);
        await clock.advance(90_000); // as if a trial had taken so long
      },
    });
    expect(sorted.map(({ score }) => score)).toEqual(sorted.map(({ score }) => score).sort((a, b) => b - a));
    return told;
  };
  const told = await search(3, null);
  expect(told.map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(told[0]!.changed).toEqual({});
  expect(Object.keys(told[1]!.changed).length).toBeGreaterThan(1);
  expect(told[1]!.changed).not.toEqual(told[2]!.changed);
  for (const { prAuc, found, alerted } of told)
    for (const figure of [prAuc.gat, prAuc.hybrid, found, alerted]) {
      expect(figure).toBeGreaterThanOrEqual(0);
      expect(figure).toBeLessThanOrEqual(1);
    }
  const again = await search(3, 2);
  expect(again).toEqual(told.slice(0, 2)); // equal seeds try the same, and the third would have begun too late
  expect(lines.at(-1)).toContain('ends the search after 2 trials');
}, 240_000);
