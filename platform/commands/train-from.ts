import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { Registry } from '../../ports/registry/registry.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { type LoadedModel, loadVersion, modelName } from '../../train/load-model.ts';
import { trackedTuning } from '../../train/tracked-training.ts';
import { tuneFromVersion } from '../../train/tune-from-version.ts';
import type { BeforeAfter, TunedVersion } from '../../train/tuned-version.ts';
import type { Config } from '../config.ts';
import { openPorts, openTracking } from '../open-ports.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { table } from '../table.ts';
import { registerChallenger, type TrainedPlaces } from './register-challenger.ts';

/** What a fine-tuning is told. */
export interface TuneFlags {
  readonly platform: Platform;
  readonly from: string; // champion, or NAME@VERSION
  readonly versionFolder: string; // of the dataset version
  readonly capturesFolder: string;
  readonly seed: number;
}

/** Where fine-tuned versions come from and go to. */
export interface TunePlaces extends TrainedPlaces {
  readonly config: Config;
  readonly root: string;
  readonly report: (line: string) => void;
}

/** `logster train --from`: fine-tunes a version, shows how it stands beside that, and registers it as challenger. */
export async function runTuning(config: Config, root: string, flags: TuneFlags): Promise<void> {
  const tracking = openTracking(config, recordedTelemetry());
  const { registry } = await openPorts(config, recordedTelemetry(), { only: ['registry'] });
  const report = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  try {
    const places = { config, root, registry, tracking, report };
    const { version, id } = await tuneAndRegister(flags, places, async () => {});
    process.stdout.write(`${figuresTable(version)}\n`);
    process.stdout.write(
      `Registered ${id} as challenger, from ${version.tags.from}. Next: logster models compare, then logster models promote ${id}\n`,
    );
  } finally {
    await registry.close();
    await tracking?.close();
  }
}

/** Fine-tunes, asks whether it may register, registers the challenger and tracks the training. */
export async function tuneAndRegister(
  { platform, from, versionFolder, capturesFolder, seed }: TuneFlags,
  { config, root, registry, tracking, report }: TunePlaces,
  mayRegister: () => Promise<void>,
): Promise<{ readonly version: TunedVersion; readonly id: string }> {
  await registerShippedModels(registry, join(root, 'models'), recordedTelemetry().log);
  const version = await tuneFromVersion({
    champion: await versionNamed(registry, platform, from),
    ...{ versionFolder, capturesFolder, seed, clock: systemClock, report },
    cacheFolder: join(config.data.directory, 'cache'),
  });
  await mayRegister();
  const tracked = trackedTuning(version, systemClock.now());
  return { version, id: await registerChallenger(version, tracked, { registry, tracking }) };
}

async function versionNamed(registry: Registry, platform: Platform, from: string): Promise<LoadedModel> {
  const own = modelName(platform);
  if (from === 'champion') return loadVersion(registry, own);
  const [name, version] = from.split('@');
  if (name === own && version) return loadVersion(registry, own, version);
  throw new LogsterError(
    'input-invalid',
    `--from ${from} is neither "champion" nor a version of ${own}, such as ${own}@1`,
  );
}

/** How the new version stands beside the one it began from. */
export function figuresTable({ figures }: TunedVersion): string {
  const rows = Object.entries({
    'judged windows (trained it)': figures.feedback,
    'corpus (trained it)': figures.corpus,
    'held back': figures.heldBack,
  }).flatMap(([where, both]) => (both ? [rowOf(where, both, 'before'), rowOf(where, both, 'after')] : []));
  return table(['windows', 'model', 'benign alerted', 'attack alerted', 'captures found', 'loss'], rows);
}

function rowOf(where: string, both: BeforeAfter, when: keyof BeforeAfter): readonly string[] {
  const one = both[when];
  return [
    ...[where, when, `${one.benignAlerted}/${one.benign}`, `${one.attackAlerted}/${one.attack}`],
    ...[`${one.capturesFound}/${one.captures}`, one.loss.toFixed(4)],
  ];
}
