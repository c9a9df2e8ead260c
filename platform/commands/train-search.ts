import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tracking } from '../../ports/registry/tracking.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { type SearchOptions, searchRecipe, type Trial } from '../../train/search.ts';
import type { Config } from '../config.ts';
import { openTracking } from '../open-ports.ts';
import { table } from '../table.ts';

/** `logster train --search`: tries recipes, keeps every trial, and shows them, the best first. */
export async function runSearch(config: Config, options: SearchOptions): Promise<void> {
  const { platform } = options;
  const folder = join(config.data.directory, 'search');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${platform}.jsonl`);
  const tracking = openTracking(config, recordedTelemetry());
  const trials = await searchRecipe({
    ...options,
    async onTrial(trial) {
      const at = options.clock.now();
      await appendFile(file, `${JSON.stringify({ at, platform, seed: options.seed, ...trial })}\n`);
      await tracking?.logRun(trackedOf(trial, platform, at));
    },
  });
  await tracking?.close();
  const rows = trials.map(({ number, score, prAuc, found, alerted, seconds, changed }) => [
    number,
    ...[score, prAuc.gat, prAuc.hybrid, found, alerted].map((figure) => figure.toFixed(4)),
    seconds.toFixed(0),
    JSON.stringify(changed),
  ]);
  const head = ['trial', 'score', 'gat', 'hybrid', 'found', 'alerted', 'seconds', 'changed'];
  process.stdout.write(
    `${table(head, rows)}\nEvery trial is kept in ${file}. The best of many looks better than it is: put its fields into train/recipes.ts and judge it with --report, over five seeds\n`,
  );
}

function trackedOf(trial: Trial, platform: string, at: number): Parameters<Tracking['logRun']>[0] {
  const { number, changed, score, prAuc, found, alerted, seconds } = trial;
  const figures = { score, 'pr-auc-gat': prAuc.gat, 'pr-auc-hybrid': prAuc.hybrid, found, alerted, seconds };
  return {
    experiment: `logster-search-${platform}`,
    name: `trial ${number}`,
    params: Object.fromEntries(
      Object.entries(changed).map(([field, value]) => [field, JSON.stringify(value)]),
    ),
    metrics: Object.entries(figures).map(([key, value]) => ({ key, value, step: 0, at })),
    tags: { platform },
    files: {},
  };
}
