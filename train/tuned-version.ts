import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { encodeModel, goldenOf, type ModelManifest } from '../models/artifact.ts';
import { besideTrees } from '../models/beside-trees.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { encodeBaselines } from './baselines/baselines.ts';
import { type FineTuned, fineTune, type TuneRecipe } from './fine-tune.ts';
import type { AfterEpoch } from './fit.ts';
import { BASELINES_FILE, type LoadedModel } from './load-model.ts';
import { ORIGIN_FILE, originFile } from './origin.ts';
import { tuneCard } from './tune-card.ts';
import { type Standing, standingOf } from './tuned-figures.ts';
import { CARD_FILE, goldenBatch, type NewVersion } from './version.ts';
import { type ReadCapture, windowExamples } from './weights.ts';

/** What a fine-tuned version is made of. */
export interface TuneOptions {
  readonly champion: LoadedModel;
  readonly data: string; // id of the dataset version
  readonly corpus: readonly ReadCapture[]; // its training side
  readonly feedback: readonly FeedbackExample[];
  /** Captures that trained neither the champion nor this, only to be told apart; may be none. */
  readonly heldBack?: readonly ReadCapture[];
  readonly seed: number;
  readonly code: string; // trainingCode()
  readonly createdAt: string; // ISO 8601
  readonly recipe?: Partial<TuneRecipe>;
  readonly afterEpoch?: AfterEpoch;
}

/** How champion and new version stand to the same windows. */
export interface BeforeAfter {
  readonly before: Standing;
  readonly after: Standing;
}

/** A fine-tuned version with what it was made from and how it stands beside its champion. */
export interface TunedVersion extends NewVersion {
  readonly tuned: FineTuned;
  readonly figures: TunedFigures;
}

export interface TunedFigures {
  readonly feedback: BeforeAfter; // windows that trained it
  readonly corpus: BeforeAfter; // a part of what trained it
  readonly heldBack: BeforeAfter | null; // null: no such captures were given
}

/**
 * Fine-tunes a champion and makes the files of the new version. It claims no figure that was not measured: what
 * cross-fitting found for the champion is not carried over, only its baselines are, and its scaling as far as it held.
 */
export async function tunedVersion(options: TuneOptions): Promise<TunedVersion> {
  const { champion, corpus, feedback, seed, heldBack = [] } = options;
  const tuned = await fineTune(options);
  const { model } = champion;
  const { scaling } = tuned.threshold;
  const changed = {
    manifest: { ...model.manifest, scaling },
    parameters: tuned.fitted.parameters,
    trees: tuned.trees,
  };
  const both = async (examples: Parameters<typeof standingOf>[1]): Promise<BeforeAfter> => ({
    before: await standingOf(model, examples),
    after: await standingOf(changed, examples),
  });
  const judged = windowExamples(heldBack);
  const figures: TunedFigures = {
    feedback: await both(tuned.feedback),
    corpus: await both(tuned.rehearsed),
    heldBack: judged.length > 0 ? await both(judged) : null,
  };
  const metrics = metricsOf(figures);
  const { data, createdAt } = options;
  const manifest: ModelManifest = { ...changed.manifest, data, createdAt, seed, metrics, files: {} };
  const engine = besideTrees(wasmEngine({ ...changed, manifest }), changed);
  const golden = await goldenOf(engine, goldenBatch(manifest.platform, corpus));
  engine.close();
  const parts = { ...options, manifest, tuned, figures };
  return {
    name: manifest.name,
    files: {
      ...encodeModel({ ...changed, manifest, golden }),
      [BASELINES_FILE]: encodeBaselines(champion.baselines),
      [CARD_FILE]: Buffer.from(tuneCard(parts)),
      [ORIGIN_FILE]: originFile({
        ...{ data, seed, feedback, code: options.code, captures: corpus },
        from: { id: champion.id, data: model.manifest.data },
        ...{ recipe: tuned.recipe, weights: tuned.weights },
      }),
    },
    tags: {
      platform: manifest.platform,
      data,
      data_version: data,
      featureSchema: manifest.featureSchema,
      seed: String(seed),
      trained_on: 'wasm',
      origin: 'fine-tuned',
      from: champion.id,
      code: options.code,
      feedback: String(feedback.length),
    },
    ...{ metrics, tuned, figures },
  };
}

/** What the card and the origin are written from. */
export interface TunedParts extends TuneOptions {
  readonly manifest: ModelManifest;
  readonly tuned: FineTuned;
  readonly figures: TunedFigures;
}

/** Shares at the alert threshold, each only where there are such windows. */
const SHARES: Readonly<Record<string, (one: Standing) => readonly [part: number, of: number]>> = {
  BenignAlertShare: (one) => [one.benignAlerted, one.benign],
  AttackAlertShare: (one) => [one.attackAlerted, one.attack],
  CaptureRecall: (one) => [one.capturesFound, one.captures],
};

function metricsOf(figures: TunedFigures): Record<string, number> {
  const metrics: Record<string, number> = {
    corpusLossBefore: figures.corpus.before.loss,
    corpusLossAfter: figures.corpus.after.loss,
  };
  for (const [where, both] of Object.entries(figures)) {
    if (both === null) continue;
    for (const [name, shareOf] of Object.entries(SHARES))
      for (const [when, standing] of Object.entries<Standing>(both)) {
        const [part, of] = shareOf(standing);
        if (of > 0) metrics[`${where}${name}${when === 'before' ? 'Before' : 'After'}`] = part / of;
      }
  }
  return metrics;
}
