import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { sha256OfFile } from '../datasets/file-hash.ts';
import type { Capture } from '../datasets/manifest.ts';
import { trainingSide } from '../datasets/split.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';
import { trainingCode } from './code-version.ts';
import type { Recipe } from './fit.ts';
import { type Progress, progress } from './progress.ts';
import { FOLDS, RECIPES } from './recipes.ts';
import { type CaptureSource, captureSource, type SourceSettings } from './run/capture-source.ts';
import { openExecutors } from './run/executor.ts';
import { type RunFolder, runFolder } from './run/run-folder.ts';
import { type UnitRunner, unitRunner } from './run/unit-runner.ts';
import { checkFile } from './version-captures.ts';

/** What a run needs. */
export interface RunOptions extends SourceSettings {
  readonly runsFolder: string; // finished units, so that a stopped run goes on where it was
  readonly workers?: number; // processes that fit side by side; the result is the same for any number
  readonly workerScript?: string; // the compiled worker, unless it lies beside this file
  readonly recipe?: Partial<Recipe>;
  readonly folds?: number;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** A run of training: what it learns from, how, and what finishes its units. */
export interface Run {
  readonly platform: Platform;
  readonly captures: readonly Capture[]; // all of the platform
  readonly usable: readonly Capture[]; // those that may train and are labelled
  readonly recipe: Omit<Recipe, 'seed'>;
  readonly folds: number;
  readonly source: CaptureSource;
  readonly runner: UnitRunner;
  readonly progress: Progress;
  readonly createdAt: string; // ISO 8601, when the run was begun the first time
  close(): Promise<void>;
}

/**
 * Opens the run of these captures, code and recipe; one that was begun before goes on. Throws input-invalid when
 * there is too little to learn from.
 */
export async function openRun(options: RunOptions): Promise<Run> {
  const { from, platform, cacheFolder, folds = FOLDS, workers = 1, clock, report } = options;
  const source = await captureSource({ from, platform, cacheFolder });
  if (source.version) for (const one of source.captures) await checkFile(one);
  for (const { id, reason } of source.unreadable) report(`left out ${id}: ${reason}`);
  const usable = trainingCaptures(source.captures);
  checkUsable(usable, platform, folds);
  const { seed: _, ...recipe } = { ...RECIPES[platform], ...options.recipe, seed: 0 };
  const key = await keyOf(source.captures, { platform, folds, recipe, version: source.version?.id });
  const folder = runFolder(join(options.runsFolder, key));
  await source.warm(
    usable.map((one) => one.id),
    recipe.renamedShare > 0 ? ['renamed'] : [],
    report,
  );
  const counted = progress({ clock, report });
  const executors = openExecutors(workers, {
    source,
    settings: { from, platform, cacheFolder, runPath: folder.path },
    script: options.workerScript ?? join(import.meta.dirname, 'run', 'unit-worker.js'),
  });
  return {
    ...{ platform, folds, recipe, source, usable },
    captures: source.captures,
    progress: counted,
    createdAt: await beginning(folder, clock),
    runner: unitRunner({ folder, executors, progress: counted }),
    async close() {
      await Promise.all(executors.map((one) => one.close()));
    },
  };
}

/** Captures that a version learns from: those that may train and are labelled. */
export function trainingCaptures(captures: readonly Capture[]): readonly Capture[] {
  return trainingSide(captures).filter((one) => one.attack === false || one.mark !== null);
}

function checkUsable(captures: readonly Capture[], platform: Platform, folds: number): void {
  const clusters = (attack: boolean) =>
    new Set(captures.filter((one) => (one.attack !== false) === attack).map((one) => one.cluster)).size;
  const [attack, benign] = [clusters(true), clusters(false)];
  if (attack >= folds && benign >= folds) return;
  throw new LogsterError(
    'input-invalid',
    `${folds} folds need as many ${platform} clusters of each class that may train (open licence, role, a mark); ` +
      `the manifest has ${attack} of attacks and ${benign} of benign captures`,
  );
}

async function beginning(folder: RunFolder, clock: Clock): Promise<string> {
  const kept = await folder.read('begun');
  if (kept !== null) return JSON.parse(kept) as string;
  const now = new Date(clock.now() * 1000).toISOString();
  await folder.write('begun', JSON.stringify(now));
  return now;
}

/** A hash of what a run's results depend on beside the seed: what captures hold, how they are learnt, the code. */
async function keyOf(captures: readonly Capture[], settings: object): Promise<string> {
  const hash = createHash('sha256');
  for (const capture of [...captures].sort((a, b) => a.id.localeCompare(b.id))) {
    const { file, ...entry } = capture;
    hash.update(JSON.stringify({ ...entry, sha256: capture.sha256 ?? (await sha256OfFile(file)) }));
  }
  hash.update(JSON.stringify([settings, await trainingCode()]));
  return hash.digest('hex').slice(0, 16);
}
