import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { LAYER_NAMES, type ParameterName, parameterLayout } from '../parameters.ts';
import type { LayerPass, Pass } from './forward.ts';
import type { WasmModule } from './kernels.ts';
import type { LayerWeights, Weights } from './weights.ts';

/** Where one layer's gradient gathers. */
export interface LayerGradient {
  readonly weight: number; // [HIDDEN, HIDDEN]
  readonly source: number; // [HIDDEN]
  readonly target: number; // [HIDDEN]
  readonly kind: number; // [kinds, HEADS]
  readonly bias: number; // [HIDDEN]
}

/** Where a batch's gradient gathers in the module's memory: one vector in the layout of parameterLayout(). */
export interface Gradient {
  readonly start: number;
  readonly size: number; // in floats
  readonly inputWeight: number; // [node types, FEATURES, HIDDEN]
  readonly inputBias: number; // [node types, HIDDEN]
  readonly layers: readonly LayerGradient[];
  readonly gate: number; // [HIDDEN]
}

/** Reserves room for a platform's gradient. */
export function reserveGradient({ arena }: WasmModule, platform: Platform): Gradient {
  const { tensors, size } = parameterLayout(platform);
  const start = arena.reserve(size * 4);
  const at = (name: ParameterName) =>
    start + 4 * (tensors.find((tensor) => tensor.name === name)?.offset ?? 0);
  return {
    start,
    size,
    inputWeight: at('input.weight'),
    inputBias: at('input.bias'),
    layers: LAYER_NAMES.map((name) => ({
      weight: at(`${name}.weight`),
      source: at(`${name}.source`),
      target: at(`${name}.target`),
      kind: at(`${name}.kind`),
      bias: at(`${name}.bias`),
    })),
    gate: at('gate'),
  };
}

/** Scratch of one backward pass in the module's memory. */
export interface Scratch {
  readonly dh: number; // [rows, HIDDEN] the gradient on its way down
  readonly dz: number; // [rows, HIDDEN]
  readonly dScores: number; // [rows, 2 HEADS]
  readonly dots: number; // [messages, HEADS]
  readonly turned: number; // [HIDDEN, rows]
  readonly packed: number; // packed [rows, HIDDEN]
}

/** Reserves what backward() needs for a pass. */
export function reserveScratch({ arena }: WasmModule, { rows, messages }: Pass): Scratch {
  const room = (floats: number) => arena.reserve(floats * 4);
  return {
    dh: room(rows * HIDDEN),
    dz: room(rows * HIDDEN),
    dScores: room(rows * 2 * HEADS),
    dots: room(messages * HEADS),
    turned: room(rows * HIDDEN),
    packed: room(rows * HIDDEN),
  };
}

/**
 * Adds the gradient of a pass that was made with `keep`, from scratch.dh, the gradient of its output. The readout's
 * part is left to the caller.
 */
export function backward(
  module: WasmModule,
  weights: Weights,
  pass: Pass,
  scratch: Scratch,
  gradient: Gradient,
): void {
  for (let place = pass.layers.length - 1; place >= 0; place--) {
    const layer = pass.layers[place];
    const ofLayer = weights.layers[place];
    const into = gradient.layers[place];
    if (!layer || !ofLayer || !into) continue;
    layerBackward(module, pass, scratch, { layer, weights: ofLayer, into });
    weightBackward(module, pass, scratch, { layer, into });
  }
  inputBackward(module, pass, scratch, gradient);
}

/** One layer on the way down. */
export interface LayerStep {
  readonly layer: LayerPass;
  readonly weights: LayerWeights;
  readonly into: LayerGradient;
}

/**
 * Takes scratch.dh from a layer's output to its input and adds to the gradients of its vectors. Leaves the gradient of
 * z in scratch.dz and, per message and head, z of the sender times the gradient of what its receiver sums in scratch.dots.
 */
export function layerBackward(
  { kernels, arena }: WasmModule,
  { rows, graphs }: Pass,
  { dh, dz, dScores, dots }: Scratch,
  { layer, weights, into }: LayerStep,
): void {
  const { output, z, scores, exponents, attention } = layer;
  kernels.eluBackward(output, dh, rows, into.bias);
  arena.clear(dz, rows * HIDDEN * 4);
  arena.clear(dScores, rows * 2 * HEADS * 4);
  for (const graph of graphs) {
    const row = graph.row * HIDDEN * 4;
    kernels.attendBackward(
      z + row,
      dh + row,
      dz + row,
      dScores + graph.row * 2 * HEADS * 4,
      graph.rows,
      graph.rowStart,
      graph.source,
      graph.kind,
      exponents + graph.row * 4 * HEADS * 4,
      weights.kindExponents,
      attention + graph.message * HEADS * 4,
      dots + graph.message * HEADS * 4,
      into.kind,
      LEAKY_SLOPE,
    );
  }
  const { source, target } = weights;
  kernels.scoresBackward(z, dz, rows, scores, dScores, source, target, into.source, into.target, SCORE_LIMIT);
  // dh stays for the residual; what came through the attention is added
  kernels.multiply(dz, weights.turned, dh, rows, HIDDEN, true);
}

/** Adds the gradient of a layer's projection, from the scratch.dz that layerBackward() left. */
function weightBackward(
  { kernels }: WasmModule,
  { rows }: Pass,
  { dz, turned, packed }: Scratch,
  { layer, into }: Pick<LayerStep, 'layer' | 'into'>,
): void {
  kernels.transpose(layer.input, rows, HIDDEN, turned);
  kernels.pack(dz, rows, HIDDEN, packed);
  kernels.multiply(turned, packed, into.weight, HIDDEN, rows, true);
}

function inputBackward(
  { kernels }: WasmModule,
  { batch, from, to, layers, features }: Pass,
  { dh }: Scratch,
  { inputWeight, inputBias }: Gradient,
): void {
  const first = layers[0]?.input ?? 0;
  let row = 0;
  for (let run = from * batch.nodeTypes; run < to * batch.nodeTypes; run++) {
    const rows = batch.nodesPerType[run] ?? 0;
    if (rows === 0) continue;
    const type = run % batch.nodeTypes;
    const d = dh + row * HIDDEN * 4;
    kernels.eluBackward(first + row * HIDDEN * 4, d, rows, inputBias + type * HIDDEN * 4);
    const weight = inputWeight + type * FEATURES * HIDDEN * 4;
    kernels.projectBackward(features + row * FEATURES * 4, d, rows, FEATURES, weight);
    row += rows;
  }
}
