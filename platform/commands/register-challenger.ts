import type { Registry } from '../../ports/registry/registry.ts';
import type { TrackedRun, Tracking } from '../../ports/registry/tracking.ts';
import type { NewVersion } from '../../train/version.ts';

/** Where trained versions go to. */
export interface TrainedPlaces {
  readonly registry: Registry;
  readonly tracking: Tracking | undefined;
}

/** Tracks the training of a version where trainings are tracked, and registers it as challenger; its id. */
export async function registerChallenger(
  { name, files, tags, metrics }: NewVersion,
  training: TrackedRun,
  { registry, tracking }: TrainedPlaces,
): Promise<string> {
  const run = await tracking?.logRun(training);
  const { version } = await registry.register(name, {
    ...{ files, metrics },
    tags: run === undefined ? tags : { ...tags, training_run: run },
  });
  await registry.setAlias(name, 'challenger', version);
  return `${name}@${version}`;
}
