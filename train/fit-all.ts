import type { Platform } from '../contracts/event.ts';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import type { Capture } from '../datasets/manifest.ts';
import type { Engine, Model } from '../models/engine.ts';
import { wholeGraph } from '../models/graph-part.ts';
import { scalingAt } from '../models/scaling.ts';
import { type BesideTrees, besideLogit } from '../models/trees.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { type Baseline, fitBaselines, scoreBaselines, type WeightedExample } from './baselines/baselines.ts';
import { boundedLogit } from './calibrate.ts';
import type { ScorerName } from './evaluation.ts';
import type { Example } from './example.ts';
import { weighedFeedback } from './feedback-examples.ts';
import { type AfterEpoch, type Fitted, fitNetwork, type Recipe } from './fit.ts';
import { fitProcessTrees } from './fit-process-trees.ts';
import { fitTrees, TREES_PAIR_SHARE } from './fit-trees.ts';
import { scoresOf } from './score-graphs.ts';
import { pairExamples, type ReadCapture, windowExamples } from './weights.ts';

/** The network and all simple models, trained on the same examples. */
export interface Trained {
  readonly fitted: Fitted;
  readonly trees: BesideTrees | null; // null where the recipe gives them no share
  readonly baselines: readonly Baseline[];
}

/** Raw logits of one stretch by every scorer. */
export type RawScores = Readonly<Partial<Record<ScorerName, number>>>;

/** The windows that a set of captures gives to learn from, and its pairs with `pairShare` of their weight. */
export function examplesOf(captures: readonly ReadCapture[], pairShare: number): readonly WeightedExample[] {
  const windows = windowExamples(captures);
  return pairShare > 0 ? [...windows, ...pairExamples(captures, pairShare * windows.length)] : windows;
}

/** What pairs count for the simple models, which nobody chose a recipe for. */
const BASELINE_PAIR_SHARE = 0.4;

/** What trains. */
export interface TrainingSet {
  readonly recorded: readonly ReadCapture[];
  readonly renamed: readonly ReadCapture[]; // the same with every name changed; none where it has no weight
  readonly feedback: readonly FeedbackExample[];
}

/**
 * Trains everything on a set of captures, the network for as many epochs as the recipe says. The network and the
 * trees also learn from verdicts. Simple models do not: they count events, of which a kept graph has none.
 */
export async function fitAll(
  platform: Platform,
  set: TrainingSet,
  recipe: Recipe,
  afterEpoch?: AfterEpoch,
): Promise<Trained> {
  const { pairShare, treeShare, treeRows, seed } = recipe;
  const examples = (pairs: number) =>
    withFeedback(platform, withRenamed(set, pairs, recipe.renamedShare), set.feedback);
  const fitted = await fitNetwork(platform, examples(pairShare), recipe, afterEpoch);
  const grow = treeRows === 'window' ? fitTrees : fitProcessTrees;
  const trees = treeShare > 0 ? grow(examples(TREES_PAIR_SHARE), seed) : null;
  return {
    fitted,
    trees: trees && { ...trees, over: treeRows, share: treeShare },
    baselines: fitBaselines(examplesOf(set.recorded, BASELINE_PAIR_SHARE)),
  };
}

/** Examples as recorded and renamed: a program under another name does what it did. */
function withRenamed(
  { recorded, renamed }: TrainingSet,
  pairShare: number,
  share: number,
): readonly WeightedExample[] {
  const weighted = (captures: readonly ReadCapture[], by: number) =>
    examplesOf(captures, pairShare).map((one) => ({ ...one, weight: one.weight * by }));
  return share > 0
    ? [...weighted(recorded, 1 - share), ...weighted(renamed, share)]
    : examplesOf(recorded, pairShare);
}

const withFeedback = (
  platform: Platform,
  windows: readonly WeightedExample[],
  feedback: readonly FeedbackExample[],
): readonly WeightedExample[] => [...windows, ...weighedFeedback(windows, feedback, platform).examples];

/**
 * For how many epochs to train: the best one of a fit in which a part of the captures, whole clusters of several
 * labs, only validates.
 */
export async function chooseEpochs(
  platform: Platform,
  { train, judge, feedback, recipe, afterEpoch }: EpochChoice,
): Promise<number> {
  const validation = examplesOf(judge, recipe.pairShare);
  if (validation.length === 0) return recipe.epochs;
  const { epochs } = await fitNetwork(
    platform,
    withFeedback(platform, examplesOf(train, recipe.pairShare), feedback),
    recipe,
    async (epoch, loss, parameters) => {
      await afterEpoch(epoch, loss, parameters);
      return lossOn(platform, parameters(), validation);
    },
  );
  return epochs;
}

/** The two parts of a training side, what verdicts add to the one that trains, and how to train. */
export interface EpochChoice {
  readonly train: readonly ReadCapture[];
  readonly judge: readonly ReadCapture[];
  readonly feedback: readonly FeedbackExample[];
  readonly recipe: Recipe;
  readonly afterEpoch: AfterEpoch;
}

/** What scores examples: the network in an engine, the trees and the simple models. */
export interface Scoring extends Pick<Trained, 'trees' | 'baselines'> {
  readonly engine: Engine;
}

/** Raw logits of a capture's examples in order: network, network and trees as one (`hybrid`), every simple model. */
export async function rawScoresOf(
  { engine, trees, baselines }: Scoring,
  capture: Capture,
  examples: readonly Example[],
): Promise<readonly RawScores[]> {
  const { logits } = await scoresOf(
    engine,
    examples.map((one) => one.graph),
  );
  return examples.map((example, place) => {
    const simple = Object.entries(scoreBaselines(baselines, example, capture));
    const raw = simple.map(([name, probability]) => [name, boundedLogit(probability)]);
    const gat = logits[place] ?? 0;
    return { gat, hybrid: besideLogit(trees, gat, wholeGraph(example.graph)), ...Object.fromEntries(raw) };
  });
}

/** An engine for parameters that are no version yet: it shows plain logits. */
export function plainEngine(platform: Platform, parameters: Float32Array): Engine {
  const manifest = { platform, scaling: scalingAt(0) } as Model['manifest'];
  return wasmEngine({ manifest, parameters });
}

/** Scores are calibrated afterwards, so a network may be this many times too sure of itself and still be the best. */
const TEMPERATURES = [1, 1.5, 2, 3, 5, 8] as const;

/** Weighted mean cross-entropy, nats, at the temperature that suits it best. */
async function lossOn(
  platform: Platform,
  parameters: Float32Array,
  examples: readonly WeightedExample[],
): Promise<number> {
  const engine = plainEngine(platform, parameters);
  const { logits } = await scoresOf(
    engine,
    examples.map(({ example }) => example.graph),
  );
  engine.close();
  const weights = examples.reduce((sum, one) => sum + one.weight, 0);
  const losses = TEMPERATURES.map((temperature) =>
    examples.reduce((sum, { example, weight }, place) => {
      const logit = (logits[place] ?? 0) / temperature;
      return sum + weight * Math.log1p(Math.exp(example.label === 'attack' ? -logit : logit));
    }, 0),
  );
  return Math.min(...losses) / weights;
}
