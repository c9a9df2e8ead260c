import type { Capture } from '../datasets/manifest.ts';
import { type CrossFitted, crossFit, typicalEpochs } from './cross-fit.ts';
import { evaluate } from './evaluate.ts';
import { evaluationSection } from './evaluation-section.ts';
import { idsOf } from './fold-plan.ts';
import { loadFiles, modelName } from './load-model.ts';
import { openRun, type Run, type RunOptions } from './open-run.ts';
import type { FitUnit } from './run/unit.ts';
import { CARD_FILE, type TrainedVersion, versionOf } from './version.ts';
import type { Inspect } from './windows-of.ts';

/** What training needs. */
export interface TrainOptions extends RunOptions {
  readonly seed?: number;
  /** A rule engine; with one, the card shows the rules beside the network. */
  readonly inspect?: Inspect | undefined;
}

/**
 * Trains one platform's network and its baselines on manifests' captures and says how good they are: first every
 * capture is judged by models that saw nothing of its cluster, then the version that ships is trained on all of
 * them but those held back. Equal data, code and seed give equal bytes, also after an interruption. Throws
 * input-invalid when there is nothing to learn.
 */
export async function trainPlatform(options: TrainOptions): Promise<TrainedVersion> {
  const run = await openRun(options);
  try {
    const [crossFitted] = await crossFitSeeds(run, run.usable, [options.seed ?? 1]);
    if (!crossFitted) throw new RangeError('No seed was cross-fitted');
    const version = await finalVersion(run, crossFitted);
    options.report('evaluating the version on all captures but those held back');
    return await withEvaluation(version, options);
  } finally {
    await run.close();
  }
}

/** Cross-fits captures once per seed, with the same folds. */
export function crossFitSeeds(
  run: Run,
  captures: readonly Capture[],
  seeds: readonly number[],
  title = '',
): Promise<readonly CrossFitted[]> {
  const { platform, folds } = run;
  const options = seeds.map((seed) => ({
    platform,
    folds,
    recipe: { ...run.recipe, seed },
    name: `${modelName(platform)}@cross-fitted`,
    title: seeds.length > 1 ? `${title}seed ${seed}` : title.trim(),
  }));
  return crossFit(captures, options, run.runner);
}

/** The fit that ships: on everything that may train, for as long as the folds of a cross-fit found best. */
export function finalUnit(run: Run, { plans, epochs }: CrossFitted): FitUnit {
  const recipe = plans[0]?.fit.recipe ?? { ...run.recipe, seed: 1 };
  return {
    kind: 'fit',
    title: 'all captures',
    platform: run.platform,
    recipe: { ...recipe, epochs: typicalEpochs(epochs) },
    train: idsOf(run.usable),
    choice: null,
    shuffleSeed: null,
  };
}

/** Trains the version that ships and makes its files. */
export async function finalVersion(run: Run, crossFitted: CrossFitted): Promise<TrainedVersion> {
  const unit = finalUnit(run, crossFitted);
  const [trained] = await run.runner.fit([unit]);
  if (!trained) throw new RangeError('The version was not trained');
  return versionOf({
    platform: run.platform,
    recipe: unit.recipe,
    read: await run.source.read(unit.train, 'none'),
    crossFitted,
    trained,
    createdAt: run.createdAt,
  });
}

/** The version with a card that also shows what it gives on the captures it learnt from. */
async function withEvaluation(
  version: TrainedVersion,
  { manifestFiles, platform, inspect }: TrainOptions,
): Promise<TrainedVersion> {
  const loadModel = async () => loadFiles({ ...version.files }, 'new');
  const evaluation = await evaluate({ manifestFiles, platform, loadModel, inspect, heldBack: false });
  const card = Buffer.from(`${version.files[CARD_FILE]}\n${evaluationSection(platform, evaluation)}`);
  return { ...version, files: { ...version.files, [CARD_FILE]: card } };
}
