import type { Platform } from '../contracts/event.ts';
import type { HeteroGraph } from '../contracts/graph.ts';
import { joinGraphs } from '../featurize/batch.ts';
import type { Trainer } from '../models/trainer.ts';
import type { TreeRows } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { byKey } from './by-key.ts';
import { hideNames } from './hide-names.ts';
import { maskSensor } from './mask-sensor.ts';
import { mean } from './metrics.ts';
import { openTrainer, type TrainingBackend } from './open-trainer.ts';
import { overlay } from './overlay.ts';
import { seededRandom, shuffled } from './random.ts';

/** How a network is fitted. */
export interface Recipe {
  readonly seed: number;
  readonly epochs: number; // at most; fewer where a validation loss says so
  readonly fewestEpochs: number; // before which no validation loss counts
  readonly drawsPerEpoch: number; // examples drawn, with replacement, by their weight
  readonly batchGraphs: number;
  readonly learningRate: number; // rises over the first epoch, then stays, so that any epoch may be the last
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly dropout: { readonly node: number; readonly edge: number; readonly feature: number };
  readonly maskShare: number; // chance that a node type is hidden from an example, as a poorer sensor would
  readonly namelessShare: number; // chance that an example's features say nothing of names
  readonly renamedShare: number; // of the weight that goes to examples in which every name is a random word
  readonly overlayShare: number; // chance that other ordinary work of the same lab goes on beside an example
  readonly smoothing: number; // labels lie this far from 0 and 1: they are not all right
  readonly averageSteps: number; // parameters are a moving average over about so many steps
  readonly pairShare: number; // what stretches around marks count beside the windows, for the network
  readonly treeRows: TreeRows; // what trees beside the network look at
  readonly treeShare: number; // of the trees in the shown score; 0: the network alone
  readonly backend?: TrainingBackend; // wasm unless told
}

/** One epoch, for progress and curves. */
export interface Epoch {
  readonly epoch: number; // from 1
  readonly loss: number; // mean weighted cross-entropy, nats
  readonly validation: number | null;
}

/** What came out of fitting. */
export interface Fitted {
  readonly parameters: Float32Array;
  readonly epochs: number; // after which the parameters were taken
  readonly curve: readonly Epoch[];
}

/** Told after each epoch; gives a validation loss where there is one. */
export type AfterEpoch = (
  epoch: number,
  loss: number,
  parameters: () => Float32Array,
) => number | null | Promise<number | null>;

/**
 * Fits one platform's network to weighted examples. The same examples and recipe give the same parameters to the
 * byte. With a validation loss the epoch of its lowest value counts, and fitting ends `PATIENCE` epochs later. With
 * `initial` it begins from those parameters instead of fresh ones.
 */
export async function fitNetwork(
  platform: Platform,
  examples: readonly WeightedExample[],
  recipe: Recipe,
  afterEpoch: AfterEpoch = () => null,
  initial?: Float32Array,
): Promise<Fitted> {
  const options = { ...recipe, learningRate: 0, ...(initial && { initial }) };
  const trainer = await openTrainer(recipe.backend ?? 'wasm', platform, options);
  try {
    return await fitWith(trainer, { platform, examples, recipe, afterEpoch });
  } finally {
    trainer.close();
  }
}

interface FitNeeds {
  readonly platform: Platform;
  readonly examples: readonly WeightedExample[];
  readonly recipe: Recipe;
  readonly afterEpoch: AfterEpoch;
}

async function fitWith(
  trainer: Trainer,
  { platform, examples, recipe, afterEpoch }: FitNeeds,
): Promise<Fitted> {
  const random = seededRandom(recipe.seed);
  const average = movingAverage(recipe.averageSteps);
  const alter = alterations(examples, recipe, random);
  const curve: Epoch[] = [];
  let best: Fitted | null = null;
  for (let epoch = 1; epoch <= recipe.epochs; epoch++) {
    const drawn = shuffled(draw(examples, recipe.drawsPerEpoch, random), random);
    const losses: number[] = [];
    for (let from = 0; from < drawn.length; from += recipe.batchGraphs) {
      const batch = drawn.slice(from, from + recipe.batchGraphs);
      trainer.setLearningRate(rateAt(recipe, epoch - 1 + from / drawn.length));
      losses.push(step(trainer, platform, batch, recipe.smoothing, alter));
      average.add(trainer.parameters());
      await new Promise(setImmediate); // so that a caller can stop the process between two steps
    }
    const loss = mean(losses);
    const validation = await afterEpoch(epoch, loss, average.value);
    curve.push({ epoch, loss, validation });
    if (validation === null || epoch < recipe.fewestEpochs) continue;
    const before = curve
      .slice(recipe.fewestEpochs - 1, -1)
      .map((one) => one.validation ?? Number.POSITIVE_INFINITY);
    if (validation < Math.min(...before)) best = { parameters: average.value(), epochs: epoch, curve };
    if (best && epoch - best.epochs >= PATIENCE) break;
  }
  return best ?? { parameters: average.value(), epochs: recipe.epochs, curve };
}

/** Epochs without a better validation loss: it moves up and down between two epochs by more than its trend. */
const PATIENCE = 6;

function step(
  trainer: Trainer,
  platform: Platform,
  batch: readonly WeightedExample[],
  smoothing: number,
  alter: (one: WeightedExample) => HeteroGraph,
): number {
  const labels = Float32Array.from(batch, ({ example }) =>
    example.label === 'attack' ? 1 - smoothing : smoothing,
  );
  const weights = new Float32Array(batch.length).fill(1); // the weights have gone into the drawing
  return trainer.step(joinGraphs(platform, batch.map(alter)), labels, weights).loss;
}

/** What is done to an example's graph before each step: work beside it, no names, a poorer sensor. */
function alterations(
  examples: readonly WeightedExample[],
  { overlayShare, namelessShare, maskShare }: Recipe,
  random: () => number,
): (one: WeightedExample) => HeteroGraph {
  const place = ({ capture }: WeightedExample): string => `${capture.lab} ${capture.source}`;
  const benign = examples.filter(({ example }) => example.label === 'benign');
  const byPlace = byKey(benign, place);
  return (one) => {
    const near = byPlace.get(place(one)) ?? benign;
    const background = random() < overlayShare ? near[Math.floor(random() * near.length)] : undefined;
    const { graph } = one.example;
    const busy = background ? overlay(graph, background.example.graph) : graph;
    return maskSensor(random() < namelessShare ? hideNames(busy) : busy, maskShare, random);
  };
}

/** Examples drawn by weight at even distances, so that each comes up as often as its weight says. */
function draw(
  examples: readonly WeightedExample[],
  count: number,
  random: () => number,
): readonly WeightedExample[] {
  const order = shuffled(examples, random);
  const total = order.reduce((sum, one) => sum + one.weight, 0);
  const drawn: WeightedExample[] = [];
  let reached = 0;
  let next = (random() * total) / count;
  for (const one of order) {
    reached += one.weight;
    for (; next < reached && drawn.length < count; next += total / count) drawn.push(one);
  }
  return drawn;
}

function rateAt({ learningRate }: Recipe, epoch: number): number {
  return learningRate * Math.min(1, 0.1 + 0.9 * epoch);
}

/** An exponential moving average, unbiased from the first step (Polyak averaging; Kingma and Ba 2015, 7.2). */
function movingAverage(steps: number) {
  const keep = 1 - 1 / steps;
  let sum: Float64Array | null = null;
  let weight = 0;
  return {
    add(vector: Float32Array): void {
      sum ??= new Float64Array(vector.length);
      for (let place = 0; place < vector.length; place++)
        sum[place] = keep * (sum[place] ?? 0) + (1 - keep) * (vector[place] ?? 0);
      weight = keep * weight + (1 - keep);
    },
    value: (): Float32Array => Float32Array.from(sum ?? [], (value) => value / weight),
  };
}
