import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { architectureOf, HEAD_WIDTH, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { LAYER_NAMES, type ParameterLayout, parameterLayout, tensorOf } from '../parameters.ts';
import type { WasmModule } from './kernels.ts';

/** Width of a projected node: its value, then its score as a source and as a target of attention, per head. */
export const PROJECTED = HIDDEN + 2 * HEADS;

/** Where a layer's weights lie in the module's memory. */
export interface LayerWeights {
  readonly projection: number; // packed [HIDDEN, PROJECTED]
  readonly turned: number; // packed [PROJECTED, HIDDEN], for the backward pass
  readonly kindExponents: number; // [kinds, 2 HEADS]
  readonly bias: number; // [HIDDEN]
}

/** Where a network's weights lie in the module's memory, in the form the kernels read. */
export interface Weights {
  readonly input: readonly { readonly weight: number; readonly bias: number }[]; // per node type
  readonly layers: readonly LayerWeights[];
  readonly gate: number;
  /** Attack column less benign column of the output weights, [2 HIDDEN]. */
  readonly direction: number;
}

/** Reserves room for a platform's weights; loadWeights() fills it, as often as parameters change. */
export function reserveWeights({ arena }: WasmModule, platform: Platform): Weights {
  const { nodeTypes, kinds } = architectureOf(platform);
  const room = (floats: number) => arena.reserve(floats * 4);
  return {
    input: Array.from({ length: nodeTypes }, () => ({
      weight: room(FEATURES * HIDDEN),
      bias: room(HIDDEN),
    })),
    layers: LAYER_NAMES.map(() => ({
      projection: room(HIDDEN * PROJECTED),
      turned: room(PROJECTED * HIDDEN),
      kindExponents: room(kinds * 2 * HEADS),
      bias: room(HIDDEN),
    })),
    gate: room(HIDDEN),
    direction: room(2 * HIDDEN),
  };
}

/** Brings parameters into the kernels' form: attention vectors folded into the projections, panels packed. */
export function loadWeights(
  { kernels, arena }: WasmModule,
  platform: Platform,
  weights: Weights,
  parameters: Float32Array,
): void {
  const layout = parameterLayout(platform);
  const mark = arena.mark();
  const scratch = arena.reserve(2 * HIDDEN * PROJECTED * 4);
  const turned = scratch + HIDDEN * PROJECTED * 4;
  const inputWeight = tensorOf(layout, parameters, 'input.weight');
  const inputBias = tensorOf(layout, parameters, 'input.bias');
  weights.input.forEach(({ weight, bias }, type) => {
    const size = FEATURES * HIDDEN;
    arena.floats(scratch, size).set(inputWeight.subarray(type * size, (type + 1) * size));
    kernels.pack(scratch, FEATURES, HIDDEN, weight);
    arena.floats(bias, HIDDEN).set(inputBias.subarray(type * HIDDEN, (type + 1) * HIDDEN));
  });
  weights.layers.forEach(({ projection, turned: backward, kindExponents, bias }, place) => {
    const layer = LAYER_NAMES[place] ?? 'layer0';
    arena.floats(scratch, HIDDEN * PROJECTED).set(foldAttention(layout, parameters, layer));
    kernels.pack(scratch, HIDDEN, PROJECTED, projection);
    kernels.transpose(scratch, HIDDEN, PROJECTED, turned);
    kernels.pack(turned, PROJECTED, HIDDEN, backward);
    const exponents = exponentsOf(tensorOf(layout, parameters, `${layer}.kind`));
    arena.floats(kindExponents, exponents.length).set(exponents);
    arena.floats(bias, HIDDEN).set(tensorOf(layout, parameters, `${layer}.bias`));
  });
  arena.floats(weights.gate, HIDDEN).set(tensorOf(layout, parameters, 'gate'));
  const output = tensorOf(layout, parameters, 'output.weight');
  const direction = arena.floats(weights.direction, 2 * HIDDEN);
  for (let i = 0; i < 2 * HIDDEN; i++) direction[i] = (output[2 * i + 1] ?? 0) - (output[2 * i] ?? 0);
  arena.reset(mark);
}

/** [W | W a_source | W a_target], [HIDDEN, PROJECTED]: values and attention scores in one multiplication. */
function foldAttention(
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

/** Per kind e^b and e^(slope b) of its bias b in each head, [kinds, 2 HEADS]. */
function exponentsOf(bias: Float32Array): Float32Array {
  const exponents = new Float32Array(bias.length * 2);
  for (let i = 0; i < bias.length; i++) {
    const held = Math.min(Math.max(bias[i] ?? 0, -SCORE_LIMIT), SCORE_LIMIT);
    const at = Math.floor(i / HEADS) * 2 * HEADS + (i % HEADS);
    exponents[at] = Math.exp(held);
    exponents[at + HEADS] = Math.exp(LEAKY_SLOPE * held);
  }
  return exponents;
}
