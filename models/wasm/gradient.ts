import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { HEAD_WIDTH, HEADS, HIDDEN, SCORE_LIMIT } from '../architecture.ts';
import { LAYER_NAMES, parameterLayout, tensorOf } from '../parameters.ts';
import type { PreparedBatch } from '../prepare.ts';
import { backward, type Gradient, reserveGradient } from './backward.ts';
import { forward } from './forward.ts';
import { openKernels, type WasmModule } from './kernels.ts';
import { loadWeights, PROJECTED, reserveWeights } from './weights.ts';

/** Loss of a batch and its derivative by every parameter. */
export interface LossAndGradient {
  /** Weighted mean of the graphs' cross-entropies, in nats. */
  readonly loss: number;
  /** In the layout of parameterLayout(); belongs to the differentiator and holds until its next call. */
  readonly gradient: Float32Array;
  /** [graphs] attack logit less benign logit, before the step. */
  readonly logits: Float32Array;
}

/** Computes losses and gradients of one platform's network on the WebAssembly kernels. */
export interface Differentiator {
  /** labels [graphs] from 0 (benign) to 1 (attack); weights [graphs] >= 0. */
  lossAndGradient(
    parameters: Float32Array,
    batch: PreparedBatch,
    labels: Float32Array,
    weights: Float32Array,
  ): LossAndGradient;
  /** Size of the module's memory. */
  sizeBytes(): number;
}

/** A differentiator with memory of its own. */
export function createDifferentiator(platform: Platform): Differentiator {
  const module = openKernels();
  const layout = parameterLayout(platform);
  const weights = reserveWeights(module, platform);
  const room = reserveGradient(module, platform);
  const mark = module.arena.mark();
  const gradient = new Float32Array(layout.size);
  return {
    sizeBytes: () => module.arena.sizeBytes(),
    lossAndGradient(parameters, batch, labels, graphWeights) {
      const { arena } = module;
      arena.reset(mark);
      loadWeights(module, platform, weights, parameters);
      arena.floats(room.start, room.sizeBytes / 4).fill(0);
      gradient.fill(0);
      const outputWeight = tensorOf(layout, gradient, 'output.weight');
      const outputBias = tensorOf(layout, gradient, 'output.bias');
      const bias = tensorOf(layout, parameters, 'output.bias');
      const total = graphWeights.reduce((sum, weight) => sum + weight, 0);
      const logits = new Float32Array(batch.graphs);
      let loss = 0;
      for (let graph = 0; graph < batch.graphs; graph++) {
        arena.reset(mark);
        const pass = forward(module, weights, batch, graph, true);
        const direction = arena.floats(weights.direction, 2 * HIDDEN);
        const pooled = arena.floats(pass.pooled, 2 * HIDDEN);
        let logit = (bias[1] ?? 0) - (bias[0] ?? 0);
        for (let i = 0; i < 2 * HIDDEN; i++) logit += (direction[i] ?? 0) * (pooled[i] ?? 0);
        logits[graph] = logit;
        const share = total > 0 ? (graphWeights[graph] ?? 0) / total : 0;
        if (share === 0) continue;
        const label = labels[graph] ?? 0;
        loss += share * (label * softplus(-logit) + (1 - label) * softplus(logit));
        const slope = share * (1 / (1 + Math.exp(-logit)) - label);
        addOutputGradient(outputWeight, outputBias, pooled, slope);
        backward(module, weights, pass, slope, room);
      }
      unfold(module, platform, parameters, room, gradient);
      return { loss, gradient, logits };
    },
  };
}

/** ln(1 + e^x), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function addOutputGradient(
  weight: Float32Array,
  bias: Float32Array,
  pooled: Float32Array,
  slope: number,
): void {
  for (let i = 0; i < pooled.length; i++) {
    const d = slope * (pooled[i] ?? 0);
    weight[2 * i] = (weight[2 * i] ?? 0) - d;
    weight[2 * i + 1] = (weight[2 * i + 1] ?? 0) + d;
  }
  bias[0] = (bias[0] ?? 0) - slope;
  bias[1] = (bias[1] ?? 0) + slope;
}

/** Brings a gradient from the kernels' form, where attention is folded into the projections, into the layout. */
function unfold(
  { arena }: WasmModule,
  platform: Platform,
  parameters: Float32Array,
  room: Gradient,
  gradient: Float32Array,
): void {
  const layout = parameterLayout(platform);
  const inputWeight = tensorOf(layout, gradient, 'input.weight');
  const inputBias = tensorOf(layout, gradient, 'input.bias');
  room.input.forEach(({ weight, bias }, type) => {
    inputWeight.set(arena.floats(weight, FEATURES * HIDDEN), type * FEATURES * HIDDEN);
    inputBias.set(arena.floats(bias, HIDDEN), type * HIDDEN);
  });
  room.layers.forEach(({ projection, kind, bias }, place) => {
    const layer = LAYER_NAMES[place] ?? 'layer0';
    unfoldAttention(arena.floats(projection, HIDDEN * PROJECTED), {
      weight: tensorOf(layout, parameters, `${layer}.weight`),
      source: tensorOf(layout, parameters, `${layer}.source`),
      target: tensorOf(layout, parameters, `${layer}.target`),
      dWeight: tensorOf(layout, gradient, `${layer}.weight`),
      dSource: tensorOf(layout, gradient, `${layer}.source`),
      dTarget: tensorOf(layout, gradient, `${layer}.target`),
    });
    const kindBias = tensorOf(layout, parameters, `${layer}.kind`);
    const dKind = tensorOf(layout, gradient, `${layer}.kind`);
    arena.floats(kind, kindBias.length).forEach((value, i) => {
      dKind[i] = Math.abs(kindBias[i] ?? 0) <= SCORE_LIMIT ? value : 0;
    });
    tensorOf(layout, gradient, `${layer}.bias`).set(arena.floats(bias, HIDDEN));
  });
  tensorOf(layout, gradient, 'gate').set(arena.floats(room.gate, HIDDEN));
}

interface FoldedTensors {
  readonly weight: Float32Array;
  readonly source: Float32Array;
  readonly target: Float32Array;
  readonly dWeight: Float32Array;
  readonly dSource: Float32Array;
  readonly dTarget: Float32Array;
}

/** The product rule on [W | W a_source | W a_target]. */
function unfoldAttention(folded: Float32Array, tensors: FoldedTensors): void {
  const { weight, source, target, dWeight, dSource, dTarget } = tensors;
  for (let row = 0; row < HIDDEN; row++) {
    const from = row * PROJECTED;
    for (let column = 0; column < HIDDEN; column++) {
      const head = Math.floor(column / HEAD_WIDTH);
      const asSource = folded[from + HIDDEN + head] ?? 0;
      const asTarget = folded[from + HIDDEN + HEADS + head] ?? 0;
      const at = row * HIDDEN + column;
      const w = weight[at] ?? 0;
      const own = folded[from + column] ?? 0;
      dWeight[at] = own + asSource * (source[column] ?? 0) + asTarget * (target[column] ?? 0);
      dSource[column] = (dSource[column] ?? 0) + w * asSource;
      dTarget[column] = (dTarget[column] ?? 0) + w * asTarget;
    }
  }
}
