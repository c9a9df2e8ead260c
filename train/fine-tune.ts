import { LogsterError } from '../contracts/errors.ts';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import type { BesideTrees } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { type FeedbackWeight, weighedFeedback } from './feedback-examples.ts';
import { type AfterEpoch, type Fitted, fitNetwork, type Recipe } from './fit.ts';
import { type KeptThreshold, keptThreshold } from './kept-threshold.ts';
import type { LoadedModel } from './load-model.ts';
import { seededRandom, shuffled } from './random.ts';
import { RECIPES } from './recipes.ts';
import { tuneTrees } from './tune-trees.ts';
import { type ReadCapture, windowExamples } from './weights.ts';

/** How a version is fine-tuned, beside its platform's recipe. */
export interface TuneRecipe {
  readonly epochs: number;
  readonly drawsPerEpoch: number;
  readonly learningRate: number;
  readonly rehearsal: number; // windows of the corpus that are shown again, at most
}

/** A twentieth of the rate that the champion was trained with: it has to stay near. */
export const TUNE_RECIPE: TuneRecipe = {
  epochs: 3,
  drawsPerEpoch: 256,
  learningRate: 1.5e-4,
  rehearsal: 1000,
};

/** Of the corpus at most this much is shown again: the rest says how the threshold moved. */
const SHOWN_SHARE = 0.8;

/** Windows that say how the threshold moved, at most: they are scored twice. */
const MOST_UNSEEN = 1000;

/** What fine-tuning needs. */
export interface FineTuneOptions {
  readonly champion: LoadedModel;
  readonly corpus: readonly ReadCapture[]; // captures that may train
  readonly feedback: readonly FeedbackExample[];
  readonly seed: number;
  readonly recipe?: Partial<TuneRecipe>;
  readonly afterEpoch?: AfterEpoch;
}

/** What fine-tuning gives. */
export interface FineTuned {
  readonly fitted: Fitted;
  readonly trees: BesideTrees | undefined;
  readonly threshold: KeptThreshold;
  readonly recipe: TuneRecipe;
  readonly rehearsed: readonly WeightedExample[]; // windows of the corpus that were shown again
  readonly feedback: readonly WeightedExample[];
  readonly weights: FeedbackWeight;
}

/**
 * A new model that begins where the champion stands: its network trained on for a few epochs at a small rate, on
 * windows of the corpus and on those that verdicts gave a label; its trees kept and a few added. The same inputs give
 * the same bytes. Throws input-invalid without a labelled window in the corpus, or with feedback of another platform.
 */
export async function fineTune(options: FineTuneOptions): Promise<FineTuned> {
  const { champion, corpus, feedback, seed, afterEpoch } = options;
  const { platform } = champion.model.manifest;
  const recipe = { ...TUNE_RECIPE, ...options.recipe };
  const windows = windowExamples(corpus);
  if (windows.length === 0)
    throw new LogsterError(
      'input-invalid',
      'Fine-tuning needs captures with labelled windows; there are none',
    );
  const { rehearsed, unseen } = drawnParts(windows, recipe.rehearsal, seed);
  const { examples: told, weights } = weighedFeedback(rehearsed, feedback, platform);
  const fitted = await fitNetwork(
    platform,
    [...rehearsed, ...told],
    networkRecipe(platform, recipe, seed),
    afterEpoch,
    champion.model.parameters,
  );
  const { model } = champion;
  const trees = model.trees && tuneTrees({ trees: model.trees, corpus: rehearsed, feedback: told, seed });
  const changed = { ...model, parameters: fitted.parameters, trees };
  return {
    ...{ fitted, trees, recipe, rehearsed, feedback: told, weights },
    threshold: await keptThreshold(model, changed, unseen),
  };
}

function networkRecipe(
  platform: FeedbackExample['platform'],
  { epochs, drawsPerEpoch, learningRate }: TuneRecipe,
  seed: number,
): Recipe {
  const averageSteps = (epochs * drawsPerEpoch) / RECIPES[platform].batchGraphs;
  return {
    ...RECIPES[platform],
    seed,
    epochs,
    fewestEpochs: epochs,
    drawsPerEpoch,
    learningRate,
    averageSteps,
  };
}

/** The corpus in two parts, drawn by chance; each window counts what it counted in the whole. */
function drawnParts(
  windows: readonly WeightedExample[],
  most: number,
  seed: number,
): { readonly rehearsed: readonly WeightedExample[]; readonly unseen: readonly WeightedExample[] } {
  const order = shuffled(windows, seededRandom(seed));
  const shown = Math.min(most, Math.ceil(SHOWN_SHARE * order.length));
  return { rehearsed: order.slice(0, shown), unseen: order.slice(shown, shown + MOST_UNSEEN) };
}
