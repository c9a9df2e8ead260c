import { LogsterError } from '../../contracts/errors.ts';
import { FEATURES, type GraphBatch } from '../../contracts/graph.ts';
import { HIDDEN, LAYERS, SCORE_LIMIT } from '../architecture.ts';
import { scoringParameters } from '../artifact.ts';
import type { Model } from '../engine.ts';
import type { Explanation } from '../explanation.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { type Gradient, layerBackward, reserveGradient, reserveScratch, type Scratch } from './backward.ts';
import { forward, groupFrom, type Pass, placeBatch } from './forward.ts';
import { fastestBuild, type KernelBuild, openKernels, type WasmModule } from './kernels.ts';
import { addMessages, type Carried } from './message-parts.ts';
import { addReadout } from './readout-parts.ts';
import { loadWeights, reserveWeights, type Weights } from './weights.ts';

/** Tells what carried the score of single graphs. */
export interface Explainer {
  /** Throws input-invalid unless the batch holds one graph whose numbers fit together. */
  explain(batch: GraphBatch): Explanation;
}

/**
 * An explainer on our kernels, for a model that any engine scores. One pass forward and one back through the network
 * give the gradient of the logit by everything in it: some milliseconds for a window of hundreds of nodes.
 */
export function createExplainer(model: Model, build: KernelBuild = fastestBuild()): Explainer {
  const { platform } = model.manifest;
  const parameters = scoringParameters(model);
  const module = openKernels(build);
  const { arena } = module;
  const weights = reserveWeights(module, platform);
  loadWeights(module, platform, weights, parameters);
  const inputWeight = tensorOf(parameterLayout(platform), parameters, 'input.weight');
  const turned = weights.input.map((_, type) => turnInput(module, inputWeight, type));
  const gradient = reserveGradient(module, platform);
  const start = arena.mark();
  const preparer = createPreparer(platform);
  return {
    explain(batch) {
      if (batch.graphs.length !== 1)
        throw new LogsterError(
          'input-invalid',
          `${batch.graphs.length} graphs to explain; give one at a time`,
        );
      arena.reset(start);
      const placed = placeBatch(module, preparer.prepare(batch));
      const carried: Carried = {
        node: new Float32Array(placed.nodes),
        edge: new Float32Array(batch.source.length),
        attention: new Float32Array(batch.source.length),
      };
      if (placed.nodes === 0) return { ...carried, input: new Float32Array(0) };
      arena.clear(gradient.start, gradient.size * 4);
      const pass = forward(module, weights, groupFrom(placed, 0, placed.nodes));
      const scratch = reserveScratch(module, pass);
      const read = readBack(module, weights, pass, scratch, gradient);
      addReadout(module, weights, pass, read, carried.node);
      for (let place = LAYERS - 1; place >= 0; place--) {
        const [layer, ofLayer, into] = [pass.layers[place], weights.layers[place], gradient.layers[place]];
        if (!layer || !ofLayer || !into) continue;
        layerBackward(module, pass, scratch, { layer, weights: ofLayer, into });
        addMessages(module, pass, { attention: layer.attention, dots: scratch.dots }, carried);
      }
      return { ...carried, input: inputParts(module, pass, { scratch, gradient, turned }) };
    },
  };
}

/** The input weights of a node type with rows for columns and as many columns of 0: packed [HIDDEN, HIDDEN]. */
function turnInput({ kernels, arena }: WasmModule, weight: Float32Array, type: number): number {
  const at = arena.reserve(HIDDEN * HIDDEN * 4);
  const mark = arena.mark();
  const square = new Float32Array(HIDDEN * HIDDEN);
  for (let feature = 0; feature < FEATURES; feature++) {
    const row = (type * FEATURES + feature) * HIDDEN;
    for (let j = 0; j < HIDDEN; j++) square[j * HIDDEN + feature] = weight[row + j] ?? 0;
  }
  kernels.pack(arena.put(square), HIDDEN, HIDDEN, at);
  arena.reset(mark);
  return at;
}

/** Takes the logit's gradient to the last layer's output, in scratch.dh; gives each node's share of the gate pool. */
function readBack(
  { kernels, arena }: WasmModule,
  weights: Weights,
  { output, rows }: Pass,
  { dh }: Scratch,
  { gate }: Gradient,
): { readonly shares: number } {
  const gates = arena.reserve(rows * 4);
  const shares = arena.reserve(rows * 4);
  const pooled = arena.reserve(2 * HIDDEN * 4);
  kernels.readout(output, rows, weights.gate, gates, shares, pooled, SCORE_LIMIT);
  kernels.readoutBackward(
    ...([output, rows, weights.gate, gates, shares, pooled] as const),
    ...([weights.direction, dh, gate, SCORE_LIMIT] as const),
  );
  return { shares };
}

interface InputNeeds {
  readonly scratch: Scratch;
  readonly gradient: Gradient;
  readonly turned: readonly number[]; // per node type
}

/** Gradient x input [rows, FEATURES] from the gradient of the first hidden vectors in scratch.dh. */
function inputParts(
  { kernels, arena }: WasmModule,
  { batch, rows, layers, features }: Pass,
  { scratch, gradient, turned }: InputNeeds,
): Float32Array {
  const hidden = layers[0]?.input ?? 0;
  let row = 0;
  turned.forEach((weight, type) => {
    const ofType = batch.nodesPerType[type] ?? 0;
    const at = row * HIDDEN * 4;
    kernels.eluBackward(hidden + at, scratch.dh + at, ofType, gradient.inputBias);
    kernels.multiply(scratch.dh + at, weight, scratch.dz + at, ofType, HIDDEN, false);
    row += ofType;
  });
  const slope = arena.floats(scratch.dz, rows * HIDDEN);
  const parts = arena.floats(features, rows * FEATURES).slice();
  for (let i = 0; i < parts.length; i++) {
    const node = Math.floor(i / FEATURES);
    parts[i] = (parts[i] ?? 0) * (slope[node * HIDDEN + (i - node * FEATURES)] ?? 0);
  }
  return parts;
}
