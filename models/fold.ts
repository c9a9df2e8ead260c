import type { Platform } from '../contracts/event.ts';
import { FEATURES } from '../contracts/graph.ts';
import { architectureOf, HEAD_WIDTH, HEADS, HIDDEN } from './architecture.ts';
import { LAYER_NAMES, type ParameterLayout, parameterLayout, tensorOf } from './parameters.ts';

/** Width of a projected node: its value, then its score as a source and as a target of attention, per head. */
export const PROJECTED = HIDDEN + 2 * HEADS;

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
  const output = tensor('output.weight');
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
    direction: Float32Array.from(
      { length: 2 * HIDDEN },
      (_, i) => (output[2 * i + 1] ?? 0) - (output[2 * i] ?? 0),
    ),
    bias: (outputBias[1] ?? 0) - (outputBias[0] ?? 0),
  };
}

/** [W | W a_source | W a_target], [HIDDEN, PROJECTED]: values and attention scores in one multiplication. */
export function foldAttention(
  layout: ParameterLayout,
  parameters: Float32Array,
  layer: (typeof LAYER_NAMES)[number],
): Float32Array {
  const weight = tensorOf(layout, parameters, `${layer}.weight`);
  const source = tensorOf(layout, parameters, `${layer}.source`);
  const target = tensorOf(layout, parameters, `${layer}.target`);
  const folded = new Float32Array(HIDDEN * PROJECTED);
  for (let row = 0; row < HIDDEN; row++) {
    folded.set(weight.subarray(row * HIDDEN, (row + 1) * HIDDEN), row * PROJECTED);
    for (let head = 0; head < HEADS; head++) {
      let asSource = 0;
      let asTarget = 0;
      for (let column = head * HEAD_WIDTH; column < (head + 1) * HEAD_WIDTH; column++) {
        const w = weight[row * HIDDEN + column] ?? 0;
        asSource += w * (source[column] ?? 0);
        asTarget += w * (target[column] ?? 0);
      }
      folded[row * PROJECTED + HIDDEN + head] = asSource;
      folded[row * PROJECTED + HIDDEN + HEADS + head] = asTarget;
    }
  }
  return folded;
}
