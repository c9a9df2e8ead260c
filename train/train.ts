import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { type Capture, readManifests } from '../datasets/manifest.ts';
import { trainingSide } from '../datasets/split.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';
import { crossFit, typicalEpochs } from './cross-fit.ts';
import { evaluate } from './evaluate.ts';
import { evaluationSection } from './evaluation-section.ts';
import { cachedWindows, codeVersion } from './example-cache.ts';
import type { Recipe } from './fit.ts';
import { fitAll } from './fit-all.ts';
import { loadFiles, modelName } from './load-model.ts';
import { progress } from './progress.ts';
import { FOLDS, RECIPES } from './recipes.ts';
import { CARD_FILE, type TrainedVersion, versionOf } from './version.ts';
import type { ReadCapture } from './weights.ts';
import type { Inspect } from './windows-of.ts';

/** What training needs. */
export interface TrainOptions {
  readonly platform: Platform;
  readonly manifestFiles: readonly string[];
  readonly seed?: number;
  readonly cacheFolder: string; // graphs of captures, so that the next training starts at once
  readonly recipe?: Partial<Recipe>;
  readonly folds?: number;
  /** A rule engine; with one, the card shows the rules beside the network. */
  readonly inspect?: Inspect | undefined;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/**
 * Trains one platform's network and its baselines on a manifest's captures and says how good they are: first
 * every capture is judged by models that saw nothing of its cluster, then the version that ships is trained on
 * all of them. Equal data, code and seed give equal weights. Throws input-invalid when there is nothing to learn.
 */
export async function trainPlatform(options: TrainOptions): Promise<TrainedVersion> {
  const { platform, manifestFiles, seed = 1, folds = FOLDS, clock, report } = options;
  const { captures } = await readManifests(manifestFiles);
  const usable = trainingSide(captures.filter((one) => one.platform === platform)).filter(
    (one) => one.attack === false || one.mark !== null,
  );
  checkUsable(usable, platform, folds);
  const read = await readAll(usable, options);
  const recipe: Recipe = { ...RECIPES[platform], ...options.recipe, seed };
  const fits = (recipe.fewestEpochs < recipe.epochs ? 2 * folds : folds) + 1;
  const steps = progress({ clock, report, total: fits * recipe.epochs });
  const crossFitted = await crossFit(read, {
    platform,
    folds,
    recipe,
    name: `${modelName(platform)}@cross-fitted`,
    onFit: steps.onFit,
  });
  const epochs = typicalEpochs(crossFitted.epochs);
  const trained = await fitAll(platform, read, { ...recipe, epochs }, steps.onFit('all captures'));
  const createdAt = new Date(clock.now() * 1000).toISOString();
  const version = await versionOf({
    platform,
    recipe: { ...recipe, epochs },
    read,
    crossFitted,
    trained,
    createdAt,
  });
  report('evaluating the version on captures that trained nothing');
  const learntFrom = new Set(usable.map((one) => one.id));
  const loadModel = async () => loadFiles({ ...version.files }, 'new');
  const evaluation = await evaluate({
    manifestFiles,
    platform,
    loadModel,
    inspect: options.inspect,
    judges: (capture) => capture.platform === platform && !learntFrom.has(capture.id),
  });
  const card = Buffer.from(`${version.files[CARD_FILE]}\n${evaluationSection(platform, evaluation)}`);
  return { ...version, files: { ...version.files, [CARD_FILE]: card } };
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

async function readAll(
  captures: readonly Capture[],
  { cacheFolder, report }: TrainOptions,
): Promise<readonly ReadCapture[]> {
  const version = await codeVersion();
  const read: ReadCapture[] = [];
  for (const [place, capture] of captures.entries()) {
    const content = await cachedWindows(capture, cacheFolder, version);
    if (content.parsing.error)
      throw new LogsterError('input-invalid', `${capture.file} cannot be read: ${content.parsing.error}`);
    read.push({ capture, content });
    if ((place + 1) % 20 === 0) report(`read ${place + 1} of ${captures.length} captures`);
  }
  return read;
}
