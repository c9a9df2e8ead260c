import { createHash } from 'node:crypto';
import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { Capture } from '../datasets/manifest.ts';
import { joinGraphs } from '../featurize/batch.ts';
import { featureSchema } from '../featurize/features.ts';
import { architectureHash } from '../models/architecture.ts';
import { encodeModel, goldenOf, type ModelManifest } from '../models/artifact.ts';
import { besideTrees } from '../models/beside-trees.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { encodeBaselines } from './baselines/baselines.ts';
import { SHOWN_THRESHOLDS } from './calibrate.ts';
import type { CrossFitted } from './cross-fit.ts';
import { heldOutScores, referenceOfCaptures } from './drift/capture-reference.ts';
import { encodeReference, REFERENCE_FILE } from './drift/reference.ts';
import { BENIGN_RATES } from './evaluation.ts';
import { type FeedbackWeight, weighedFeedback } from './feedback-examples.ts';
import { DATA_TAG } from './feedback-lineage.ts';
import type { Recipe } from './fit.ts';
import { examplesOf, type Trained } from './fit-all.ts';
import { BASELINES_FILE, modelName } from './load-model.ts';
import { modelCard } from './model-card.ts';
import { ORIGIN_FILE, originFile } from './origin.ts';
import type { CaptureSource } from './run/capture-source.ts';
import type { ReadCapture } from './weights.ts';

/** The file that says what a version learnt from and how good it is. */
export const CARD_FILE = 'card.md';

/** A version, ready for a registry. */
export interface NewVersion {
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A version that was trained from scratch. */
export interface TrainedVersion extends NewVersion {
  readonly crossFitted: CrossFitted;
  readonly trained: Trained;
  readonly weights: FeedbackWeight;
}

/** What a version is made of. */
export interface VersionParts {
  readonly platform: Platform;
  readonly recipe: Recipe;
  readonly read: readonly ReadCapture[];
  /** The dataset version that named the captures, with its verdicts; null where a manifest did. */
  readonly version: CaptureSource['version'];
  readonly crossFitted: CrossFitted;
  readonly trained: Trained;
  readonly code: string; // trainingCode()
  readonly createdAt: string; // ISO 8601
}

/** Makes the files of a version: network, self-test, simple models, what it was made of, and card. */
export async function versionOf(parts: VersionParts): Promise<TrainedVersion> {
  const { platform, recipe, read, version, crossFitted, trained, code, createdAt } = parts;
  const scaling = crossFitted.calibrations.hybrid?.scaling;
  const networkScaling = crossFitted.calibrations.gat?.scaling;
  if (!scaling || !networkScaling)
    throw new LogsterError('input-invalid', `The ${platform} network was not calibrated`);
  const metrics = metricsOf(crossFitted);
  const manifest: ModelManifest = {
    format: 1,
    name: modelName(platform),
    platform,
    architecture: architectureHash(platform),
    featureSchema: featureSchema(platform),
    data: version?.id ?? dataVersion(read.map((one) => one.capture)),
    createdAt,
    seed: recipe.seed,
    scaling,
    ...(trained.trees && { networkScaling }),
    thresholds: BENIGN_RATES.map((benignRate, place) => ({
      benignRate,
      threshold: SHOWN_THRESHOLDS[place] ?? 1,
    })),
    metrics,
    files: {},
  };
  const trees = trained.trees ?? undefined;
  const model = { manifest, parameters: trained.fitted.parameters, trees };
  const engine = besideTrees(wasmEngine(model), model);
  const golden = await goldenOf(engine, goldenBatch(platform, read));
  engine.close();
  const baselines = trained.baselines.map((one) => ({
    ...one,
    scaling: crossFitted.calibrations[one.name]?.scaling,
  }));
  const feedback = version?.feedback ?? [];
  const { weights } = weighedFeedback(examplesOf(read, recipe.pairShare), feedback, platform);
  const { data } = manifest;
  const files = {
    ...encodeModel({ ...model, golden }),
    [BASELINES_FILE]: encodeBaselines(baselines),
    [REFERENCE_FILE]: encodeReference(
      referenceOfCaptures(platform, read, { scores: heldOutScores(crossFitted.windows), heldOut: true }),
    ),
    [CARD_FILE]: Buffer.from(modelCard(manifest, { ...parts, weights })),
    [ORIGIN_FILE]: originFile({
      ...{ from: null, data, seed: recipe.seed, code, recipe, weights, captures: read, feedback },
    }),
  };
  const tags = {
    platform,
    data,
    featureSchema: manifest.featureSchema,
    seed: String(recipe.seed),
    trained_on: recipe.backend ?? 'wasm',
    code,
    ...(version && { [DATA_TAG]: version.id, feedback: String(feedback.length) }),
  };
  return { name: manifest.name, files, tags, metrics, crossFitted, trained, weights };
}

/** A hash over the files that were learnt from and what was claimed of them. */
export function dataVersion(captures: readonly Capture[]): string {
  const hash = createHash('sha256');
  for (const { file: _, ...one } of [...captures].sort((a, b) => a.id.localeCompare(b.id)))
    hash.update(JSON.stringify(one));
  return hash.digest('hex').slice(0, 16);
}

/** The smallest graphs of both classes: enough to prove an engine, small enough to travel. */
export function goldenBatch(platform: Platform, read: readonly ReadCapture[]) {
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
  const shown = evaluation.scorers.hybrid;
  const point = shown?.points[0];
  const figures: Record<string, number | null | undefined> = {
    prAuc: shown?.prAuc,
    rocAuc: shown?.rocAuc,
    brier: shown?.brier,
    runRecall: point && point.runs.detected / Math.max(1, point.runs.attack),
    benignAlertShare: point && point.benignWindows.alerted / Math.max(1, point.benignWindows.total),
    pairsMarked: shown?.pairs.marked.higher,
    pairsUnmarked: shown?.pairs.unmarked.higher,
  };
  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
