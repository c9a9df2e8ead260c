import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { architectureOf, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { outputDirection, scoreColumns } from '../fold.ts';
import { LAYER_NAMES, parameterLayout, tensorOf } from '../parameters.ts';
import type { WasmModule } from './kernels.ts';

/** Where a layer's weights lie in the module's memory. */
export interface LayerWeights {
  readonly projection: number; // packed [HIDDEN, HIDDEN]
  readonly turned: number; // packed, rows for columns, for the backward pass
  readonly folded: number; // [HIDDEN, 2 HEADS], for scoring
  readonly source: number; // [HIDDEN]
  readonly target: number; // [HIDDEN]
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
      projection: room(HIDDEN * HIDDEN),
      turned: room(HIDDEN * HIDDEN),
      folded: room(HIDDEN * 2 * HEADS),
      source: room(HIDDEN),
      target: room(HIDDEN),
      kindExponents: room(kinds * 2 * HEADS),
      bias: room(HIDDEN),
    })),
    gate: room(HIDDEN),
    direction: room(2 * HIDDEN),
  };
}

/** Brings parameters into the kernels' form: matrices in panels, edge biases as exponents. */
export function loadWeights(
  { kernels, arena }: WasmModule,
  platform: Platform,
  weights: Weights,
  parameters: Float32Array,
): void {
  const layout = parameterLayout(platform);
  const mark = arena.mark();
  const scratch = arena.reserve(2 * HIDDEN * HIDDEN * 4);
  const turned = scratch + HIDDEN * HIDDEN * 4;
  const copy = (values: Float32Array, to: number) => arena.floats(to, values.length).set(values);
  const inputWeight = tensorOf(layout, parameters, 'input.weight');
  const inputBias = tensorOf(layout, parameters, 'input.bias');
  weights.input.forEach(({ weight, bias }, type) => {
    const size = FEATURES * HIDDEN;
    copy(inputWeight.subarray(type * size, (type + 1) * size), scratch);
    kernels.pack(scratch, FEATURES, HIDDEN, weight);
    copy(inputBias.subarray(type * HIDDEN, (type + 1) * HIDDEN), bias);
  });
  weights.layers.forEach((layer, place) => {
    const name = LAYER_NAMES[place] ?? 'layer0';
    copy(tensorOf(layout, parameters, `${name}.weight`), scratch);
    kernels.pack(scratch, HIDDEN, HIDDEN, layer.projection);
    kernels.transpose(scratch, HIDDEN, HIDDEN, turned);
    kernels.pack(turned, HIDDEN, HIDDEN, layer.turned);
    copy(tensorOf(layout, parameters, `${name}.source`), layer.source);
    copy(tensorOf(layout, parameters, `${name}.target`), layer.target);
    copy(exponentsOf(tensorOf(layout, parameters, `${name}.kind`)), layer.kindExponents);
    copy(tensorOf(layout, parameters, `${name}.bias`), layer.bias);
  });
  copy(tensorOf(layout, parameters, 'gate'), weights.gate);
  copy(outputDirection(layout, parameters), weights.direction);
  arena.reset(mark);
}

/** Fills in the weights times the attention vectors, which scoring needs where it does not project a node. */
export function foldAttention(
  { arena }: WasmModule,
  platform: Platform,
  weights: Weights,
  parameters: Float32Array,
): void {
  const layout = parameterLayout(platform);
  weights.layers.forEach((layer, place) => {
    const columns = scoreColumns(layout, parameters, LAYER_NAMES[place] ?? 'layer0');
    arena.floats(layer.folded, columns.length).set(columns);
  });
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
