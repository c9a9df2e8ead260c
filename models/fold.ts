import type { Platform } from '../contracts/event.ts';
import { FEATURES } from '../contracts/graph.ts';
import { architectureOf, HEAD_WIDTH, HEADS, HIDDEN } from './architecture.ts';
import { LAYER_NAMES, type ParameterLayout, parameterLayout, tensorOf } from './parameters.ts';

/** Width of a projected node: its value, then its score as a source and as a target of attention, per head. */
export const PROJECTED = HIDDEN + 2 * HEADS;

type LayerName = (typeof LAYER_NAMES)[number];

/** A network's parameters in the form in which they are computed with. */
export interface FoldedNetwork {
  readonly input: readonly { readonly weight: Float32Array; readonly bias: Float32Array }[]; // per node type
  readonly layers: readonly {
    readonly projection: Float32Array; // [HIDDEN, PROJECTED]
    readonly kind: Float32Array; // [kinds, HEADS]
    readonly bias: Float32Array; // [HIDDEN]
  }[];
  readonly gate: Float32Array; // [HIDDEN]
  readonly direction: Float32Array; // [2 HIDDEN], attack column less benign column of the output weights
  readonly bias: number; // attack less benign
}

/** Folds the attention vectors into the projections and the two output columns into their difference. */
export function foldNetwork(platform: Platform, parameters: Float32Array): FoldedNetwork {
  const layout = parameterLayout(platform);
  const tensor = (name: Parameters<typeof tensorOf>[2]) => tensorOf(layout, parameters, name);
  const size = FEATURES * HIDDEN;
  const outputBias = tensor('output.bias');
  return {
    input: Array.from({ length: architectureOf(platform).nodeTypes }, (_, type) => ({
      weight: tensor('input.weight').subarray(type * size, (type + 1) * size),
      bias: tensor('input.bias').subarray(type * HIDDEN, (type + 1) * HIDDEN),
    })),
    layers: LAYER_NAMES.map((layer) => ({
      projection: foldAttention(layout, parameters, layer),
      kind: tensor(`${layer}.kind`),
      bias: tensor(`${layer}.bias`),
    })),
    gate: tensor('gate'),
    direction: outputDirection(layout, parameters),
    bias: (outputBias[1] ?? 0) - (outputBias[0] ?? 0),
  };
}

/** [W | W a_source | W a_target], [HIDDEN, PROJECTED]: values and attention scores in one multiplication. */
function foldAttention(layout: ParameterLayout, parameters: Float32Array, layer: LayerName): Float32Array {
  const weight = tensorOf(layout, parameters, `${layer}.weight`);
  const scores = scoreColumns(layout, parameters, layer);
  const folded = new Float32Array(HIDDEN * PROJECTED);
  for (let row = 0; row < HIDDEN; row++) {
    folded.set(weight.subarray(row * HIDDEN, (row + 1) * HIDDEN), row * PROJECTED);
    folded.set(scores.subarray(row * 2 * HEADS, (row + 1) * 2 * HEADS), row * PROJECTED + HIDDEN);
  }
  return folded;
}

/** [W a_source | W a_target], [HIDDEN, 2 HEADS]: times a node's hidden vector they give its attention scores. */
export function scoreColumns(
  layout: ParameterLayout,
  parameters: Float32Array,
  layer: LayerName,
): Float32Array {
  const weight = tensorOf(layout, parameters, `${layer}.weight`);
  const vectors = [
    tensorOf(layout, parameters, `${layer}.source`),
    tensorOf(layout, parameters, `${layer}.target`),
  ];
  const columns = new Float32Array(HIDDEN * 2 * HEADS);
  for (let i = 0; i < columns.length; i++) {
    const row = Math.floor(i / (2 * HEADS));
    const head = i % HEADS;
    const vector = vectors[Math.floor(i / HEADS) % 2];
    let sum = 0;
    for (let column = head * HEAD_WIDTH; column < (head + 1) * HEAD_WIDTH; column++) {
      sum += (weight[row * HIDDEN + column] ?? 0) * (vector?.[column] ?? 0);
    }
    columns[i] = sum;
  }
  return columns;
}

/** The attack column of the output weights less the benign one, [2 HIDDEN]. */
export function outputDirection(layout: ParameterLayout, parameters: Float32Array): Float32Array {
  const output = tensorOf(layout, parameters, 'output.weight');
  return Float32Array.from({ length: 2 * HIDDEN }, (_, i) => (output[2 * i + 1] ?? 0) - (output[2 * i] ?? 0));
}
