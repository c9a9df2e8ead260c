import { LogsterError } from '../contracts/errors.ts';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import type { Capture } from '../datasets/manifest.ts';
import type { BesideTrees } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { factsOf } from './example.ts';
import { type AfterEpoch, type Fitted, fitNetwork, type Recipe } from './fit.ts';
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

/** Feedback counts at most this much of what the corpus counts, however many verdicts there are. */
export const MOST_FEEDBACK = 0.2;

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
  readonly recipe: TuneRecipe;
  readonly rehearsed: readonly WeightedExample[]; // windows of the corpus that were shown again
  readonly feedback: readonly WeightedExample[];
  readonly weights: FeedbackWeight;
}

/** What feedback counts beside the part of the corpus that was shown again, in windows of it. */
export interface FeedbackWeight {
  readonly corpus: number;
  readonly asked: number; // as the examples came
  readonly given: number; // after the cap of MOST_FEEDBACK
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
  const rehearsed = rehearsal(windows, recipe.rehearsal, seed);
  const { examples: told, weights } = weighedFeedback(rehearsed, feedback, platform);
  const fitted = await fitNetwork(
    platform,
    [...rehearsed, ...told],
    networkRecipe(platform, recipe, seed),
    afterEpoch,
    champion.model.parameters,
  );
  const { trees } = champion.model;
  return {
    fitted,
    trees: trees && tuneTrees({ trees, corpus: rehearsed, feedback: told, seed }),
    ...{ recipe, rehearsed, feedback: told, weights },
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

/** A part of the corpus, drawn by chance; each window counts what it counted in the whole. */
function rehearsal(
  windows: readonly WeightedExample[],
  most: number,
  seed: number,
): readonly WeightedExample[] {
  return windows.length <= most ? windows : shuffled(windows, seededRandom(seed)).slice(0, most);
}

/** Feedback as examples to learn from, scaled down where together they would count more than MOST_FEEDBACK. */
function weighedFeedback(
  windows: readonly WeightedExample[],
  feedback: readonly FeedbackExample[],
  platform: FeedbackExample['platform'],
): { readonly examples: readonly WeightedExample[]; readonly weights: FeedbackWeight } {
  const foreign = feedback.find((one) => one.platform !== platform);
  if (foreign)
    throw new LogsterError(
      'input-invalid',
      `Feedback on the ${foreign.platform} window ${foreign.inferenceId} cannot train a ${platform} model`,
    );
  const examples = feedback.map(exampleOf);
  const corpus = sumOf(windows);
  const asked = sumOf(examples);
  const given = Math.min(asked, MOST_FEEDBACK * corpus);
  const scale = asked > 0 ? given / asked : 0;
  return {
    examples: examples.map((one) => ({ ...one, weight: one.weight * scale })),
    weights: { corpus, asked, given },
  };
}

const sumOf = (examples: readonly WeightedExample[]): number =>
  examples.reduce((sum, one) => sum + one.weight, 0);

/** A judged window as an example; the tenant is its laboratory, so that its own other work is laid over it. */
export function exampleOf(one: FeedbackExample): WeightedExample {
  const { tenantId, endpointId, platform, start, end, label, content, weight } = one;
  const id = `feedback ${one.inferenceId}`;
  return {
    example: { captureId: id, host: endpointId, start, end, label, graph: content, facts: factsOf([]) },
    capture: feedbackCapture(id, platform, `feedback ${tenantId}`, label === 'attack'),
    weight,
  };
}

function feedbackCapture(
  id: string,
  platform: FeedbackExample['platform'],
  lab: string,
  attack: boolean,
): Capture {
  return {
    ...{ id, platform, lab, attack, run: id, cluster: id, role: 'train and judge', heldBack: false },
    ...{ source: 'feedback', file: '', licence: 'own (verdicts)', origin: 'a verdict', sha256: null },
    ...{ mark: null, useFrom: null, from: null, to: null, techniques: [], hosts: [] },
  };
}
