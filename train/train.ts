import { createHash } from 'node:crypto';
import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { type Capture, readManifest } from '../datasets/manifest.ts';
import { mayTrain } from '../datasets/split.ts';
import { joinGraphs } from '../featurize/batch.ts';
import { featureSchema } from '../featurize/features.ts';
import { architectureHash } from '../models/architecture.ts';
import { encodeModel, goldenOf, type ModelManifest } from '../models/artifact.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';
import { encodeBaselines } from './baselines/baselines.ts';
import { SHOWN_THRESHOLDS } from './calibrate.ts';
import { type CrossFitted, crossFit, typicalEpochs } from './cross-fit.ts';
import { BENIGN_RATES } from './evaluation.ts';
import { cachedWindows, codeVersion } from './example-cache.ts';
import type { Recipe } from './fit.ts';
import { fitAll, type Trained } from './fit-all.ts';
import { BASELINES_FILE, modelName } from './load-model.ts';
import { modelCard } from './model-card.ts';
import { progress } from './progress.ts';
import { FOLDS, RECIPE } from './recipes.ts';
import type { ReadCapture } from './weights.ts';

/** What training needs. */
export interface TrainOptions {
  readonly platform: Platform;
  readonly manifestFile: string;
  readonly seed?: number;
  readonly cacheFolder: string; // graphs of captures, so that the next training starts at once
  readonly recipe?: Partial<Recipe>;
  readonly folds?: number;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** A trained version, ready for a registry. */
export interface TrainedVersion {
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly crossFitted: CrossFitted;
}

/**
 * Trains one platform's network and its baselines on a manifest's captures and says how good they are: first
 * every capture is judged by models that saw nothing of its cluster, then the version that ships is trained on
 * all of them. Equal data, code and seed give equal weights. Throws input-invalid when there is nothing to learn.
 */
export async function trainPlatform(options: TrainOptions): Promise<TrainedVersion> {
  const { platform, manifestFile, seed = 1, folds = FOLDS, clock, report } = options;
  const { captures } = await readManifest(manifestFile);
  const usable = captures.filter(
    (one) => one.platform === platform && mayTrain(one) && (one.attack === false || one.mark !== null),
  );
  checkUsable(usable, platform, folds);
  const read = await readAll(usable, options);
  const recipe: Recipe = { ...RECIPE, ...options.recipe, seed };
  const steps = progress({ clock, report, total: (2 * folds + 1) * recipe.epochs });
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
  return versionOf({ platform, recipe: { ...recipe, epochs }, read, crossFitted, trained, createdAt });
}

/** What a version is made of. */
export interface VersionParts {
  readonly platform: Platform;
  readonly recipe: Recipe;
  readonly read: readonly ReadCapture[];
  readonly crossFitted: CrossFitted;
  readonly trained: Trained;
  readonly createdAt: string; // ISO 8601
}

function versionOf(parts: VersionParts): TrainedVersion {
  const { platform, recipe, read, crossFitted, trained, createdAt } = parts;
  const scaling = crossFitted.calibrations.gat?.scaling;
  if (!scaling) throw new LogsterError('input-invalid', `The ${platform} network was not calibrated`);
  const metrics = metricsOf(crossFitted);
  const manifest: ModelManifest = {
    format: 1,
    name: modelName(platform),
    platform,
    architecture: architectureHash(platform),
    featureSchema: featureSchema(platform),
    data: dataVersion(read.map((one) => one.capture)),
    createdAt,
    seed: recipe.seed,
    scaling,
    thresholds: BENIGN_RATES.map((benignRate, place) => ({
      benignRate,
      threshold: SHOWN_THRESHOLDS[place] ?? 1,
    })),
    metrics,
    files: {},
  };
  const model = { manifest, parameters: trained.fitted.parameters };
  const engine = wasmEngine(model);
  const golden = goldenOf(engine, goldenBatch(platform, read));
  engine.close();
  const baselines = trained.baselines.map((one) => ({
    ...one,
    scaling: crossFitted.calibrations[one.name]?.scaling,
  }));
  const files = {
    ...encodeModel({ ...model, golden }),
    [BASELINES_FILE]: encodeBaselines(baselines),
    'card.md': Buffer.from(modelCard(manifest, parts)),
  };
  const tags = {
    platform,
    data: manifest.data,
    featureSchema: manifest.featureSchema,
    seed: String(recipe.seed),
  };
  return { name: manifest.name, files, tags, metrics, crossFitted };
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

/** A hash over the files that were learnt from and what was claimed of them. */
function dataVersion(captures: readonly Capture[]): string {
  const hash = createHash('sha256');
  for (const { file: _, ...one } of [...captures].sort((a, b) => a.id.localeCompare(b.id)))
    hash.update(JSON.stringify(one));
  return hash.digest('hex').slice(0, 16);
}

/** The smallest graphs of both classes: enough to prove an engine, small enough to travel. */
function goldenBatch(platform: Platform, read: readonly ReadCapture[]) {
  const windows = read.flatMap((one) => one.content.windows);
  const smallest = (label: 'attack' | 'benign') =>
    windows
      .filter((one) => one.label === label && one.graph.source.length > 2)
      .sort((a, b) => a.graph.labels.length - b.graph.labels.length || a.start - b.start)
      .slice(0, 4);
  return joinGraphs(
    platform,
    [...smallest('attack'), ...smallest('benign')].map((one) => one.graph),
  );
}

/** The figures that a registry compares versions by. */
function metricsOf({ evaluation }: CrossFitted): Record<string, number> {
  const gat = evaluation.scorers.gat;
  const point = gat?.points[0];
  const figures: Record<string, number | null | undefined> = {
    prAuc: gat?.prAuc,
    rocAuc: gat?.rocAuc,
    brier: gat?.brier,
    runRecall: point && point.runs.detected / Math.max(1, point.runs.attack),
    benignAlertShare: point && point.benignWindows.alerted / Math.max(1, point.benignWindows.total),
    pairsMarked: gat?.pairs.marked.higher,
    pairsUnmarked: gat?.pairs.unmarked.higher,
  };
  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
