import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { architectureOf, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { LAYER_NAMES } from '../parameters.ts';
import type { GraphPass, LayerPass } from './forward.ts';
import type { WasmModule } from './kernels.ts';
import { type LayerWeights, PROJECTED, type Weights } from './weights.ts';

/** Where one layer's gradient gathers. */
export interface LayerGradient {
  readonly projection: number; // [HIDDEN, PROJECTED]
  readonly kind: number; // [kinds, HEADS]
  readonly bias: number; // [HIDDEN]
}

/** Where a batch's gradient gathers in the module's memory, in the kernels' form. */
export interface Gradient {
  readonly start: number;
  readonly sizeBytes: number;
  readonly input: readonly { readonly weight: number; readonly bias: number }[]; // per node type
  readonly layers: readonly LayerGradient[];
  readonly gate: number; // [HIDDEN]
}

/** Reserves room for a platform's gradient. */
export function reserveGradient({ arena }: WasmModule, platform: Platform): Gradient {
  const { nodeTypes, kinds } = architectureOf(platform);
  const room = (floats: number) => arena.reserve(floats * 4);
  const start = arena.mark();
  const input = Array.from({ length: nodeTypes }, () => ({
    weight: room(FEATURES * HIDDEN),
    bias: room(HIDDEN),
  }));
  const layers = LAYER_NAMES.map(() => ({
    projection: room(HIDDEN * PROJECTED),
    kind: room(kinds * HEADS),
    bias: room(HIDDEN),
  }));
  const gate = room(HIDDEN);
  return { start, sizeBytes: arena.mark() - start, input, layers, gate };
}

/**
 * Adds one graph's gradient. `slope` is the derivative of the loss by the graph's logit; the pass must have been
 * made with `keep`. The output weights' part is left to the caller, who has the pooled vector.
 */
export function backward(
  module: WasmModule,
  weights: Weights,
  pass: GraphPass,
  slope: number,
  gradient: Gradient,
): void {
  const { kernels, arena } = module;
  const { rows, gates, shares, pooled } = pass;
  const room = (floats: number) => arena.reserve(floats * 4);
  const scratch = {
    dh: room(rows * HIDDEN),
    direction: room(2 * HIDDEN),
    dzx: room(rows * PROJECTED),
    dots: room(pass.messages * HEADS),
    turned: room(rows * HIDDEN),
    packed: room(rows * PROJECTED),
  };
  const { dh, direction } = scratch;
  const whole = arena.floats(weights.direction, 2 * HIDDEN);
  arena.floats(direction, 2 * HIDDEN).set(whole.map((value) => value * slope));
  const last = pass.layers.at(-1)?.output ?? 0;
  kernels.readoutBackward(
    ...([last, rows, weights.gate, gates, shares] as const),
    ...([pooled, direction, dh, gradient.gate, SCORE_LIMIT] as const),
  );
  for (let place = pass.layers.length - 1; place >= 0; place--) {
    const layer = pass.layers[place];
    const layerWeights = weights.layers[place];
    const layerGradient = gradient.layers[place];
    if (layer && layerWeights && layerGradient) {
      layerBackward(module, pass, scratch, { layer, weights: layerWeights, gradient: layerGradient });
    }
  }
  inputBackward(module, pass, scratch, gradient);
}

interface Scratch {
  readonly dh: number; // [rows, HIDDEN] the gradient on its way down
  readonly dzx: number; // [rows, PROJECTED]
  readonly dots: number; // [messages, HEADS]
  readonly turned: number; // [HIDDEN, rows]
  readonly packed: number; // packed [rows, PROJECTED]
}

interface LayerStep {
  readonly layer: LayerPass;
  readonly weights: LayerWeights;
  readonly gradient: LayerGradient;
}

function layerBackward(
  { kernels, arena }: WasmModule,
  { rows, rowStart, source, kind }: GraphPass,
  { dh, dzx, dots, turned, packed }: Scratch,
  { layer, weights, gradient }: LayerStep,
): void {
  const { input, output, zx, exponents, attention, inverse } = layer;
  kernels.eluBackward(output, dh, rows * HIDDEN);
  kernels.addRows(dh, rows, HIDDEN, gradient.bias);
  arena.floats(dzx, rows * PROJECTED).fill(0);
  kernels.attendBackward(
    ...([zx, dh, dzx, rows, rowStart, source, kind, exponents] as const),
    ...([weights.kindExponents, attention, inverse, dots, gradient.kind, LEAKY_SLOPE] as const),
  );
  kernels.limitBackward(zx, dzx, rows, SCORE_LIMIT);
  kernels.transpose(input, rows, HIDDEN, turned);
  kernels.pack(dzx, rows, PROJECTED, packed);
  kernels.multiply(turned, packed, gradient.projection, HIDDEN, rows, PROJECTED, 0, 1);
  // dh stays for the residual; what came through the attention is added
  kernels.multiply(dzx, weights.turned, dh, rows, PROJECTED, HIDDEN, 0, 1);
}

function inputBackward(
  { kernels }: WasmModule,
  { rows, layers, nodesPerType, features }: GraphPass,
  { dh, turned, packed }: Scratch,
  gradient: Gradient,
): void {
  kernels.eluBackward(layers[0]?.input ?? 0, dh, rows * HIDDEN);
  let row = 0;
  gradient.input.forEach(({ weight, bias }, type) => {
    const ofType = nodesPerType[type] ?? 0;
    const d = dh + row * HIDDEN * 4;
    kernels.addRows(d, ofType, HIDDEN, bias);
    kernels.transpose(features + row * FEATURES * 4, ofType, FEATURES, turned);
    kernels.pack(d, ofType, HIDDEN, packed);
    kernels.multiply(turned, packed, weight, FEATURES, ofType, HIDDEN, 0, 1);
    row += ofType;
  });
}
