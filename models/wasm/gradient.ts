import type { Platform } from '../../contracts/event.ts';
import { HIDDEN, SCORE_LIMIT } from '../architecture.ts';
import type { Differentiator } from '../differentiator.ts';
import { LAYER_NAMES, parameterLayout, tensorOf } from '../parameters.ts';
import { backward, reserveGradient, reserveScratch } from './backward.ts';
import { forward, groupFrom, type Pass, placeBatch } from './forward.ts';
import { openKernels, type WasmModule } from './kernels.ts';
import { loadWeights, reserveWeights, type Weights } from './weights.ts';

/** Graphs go through the network together up to so many nodes: what backward needs of them stays in the cache. */
const GROUP_ROWS = 128;

/** A differentiator on our kernels; everything above what stands in the module's memory now is its own. */
export function createDifferentiator(platform: Platform, module: WasmModule = openKernels()): Differentiator {
  const { arena } = module;
  const layout = parameterLayout(platform);
  const weights = reserveWeights(module, platform);
  const room = reserveGradient(module, platform);
  const pooledGradient = arena.reserve(2 * HIDDEN * 4);
  const start = arena.mark();
  return {
    sizeBytes: () => arena.sizeBytes(),
    lossAndGradient(parameters, prepared, labels, graphWeights) {
      arena.reset(start);
      loadWeights(module, platform, weights, parameters);
      arena.clear(room.start, room.size * 4);
      const batch = placeBatch(module, prepared);
      const mark = arena.mark();
      const bias = tensorOf(layout, parameters, 'output.bias');
      const total = graphWeights.reduce((sum, weight) => sum + weight, 0);
      const logits = new Float32Array(batch.graphs);
      const output = new Float64Array(2 * HIDDEN + 1); // by the attack column less the benign one, then their biases
      let loss = 0;
      for (let from = 0; from < batch.graphs; ) {
        arena.reset(mark);
        const group = groupFrom(batch, from, GROUP_ROWS);
        from = group.to;
        const pass = forward(module, weights, group);
        const scratch = reserveScratch(module, pass);
        loss += readGroup(module, weights, pass, {
          ...{ logits, output, pooledGradient },
          towards: { dh: scratch.dh, gate: room.gate },
          bias: (bias[1] ?? 0) - (bias[0] ?? 0),
          target: (graph) => ({
            label: labels[graph] ?? 0,
            part: total > 0 ? (graphWeights[graph] ?? 0) / total : 0,
          }),
        });
        backward(module, weights, pass, scratch, room);
      }
      const gradient = arena.floats(room.start, room.size);
      addOutputGradient(platform, gradient, output);
      holdKinds(platform, gradient, parameters);
      return { loss, gradient, logits };
    },
  };
}

interface ReadNeeds {
  readonly logits: Float32Array; // [graphs] filled in
  readonly output: Float64Array; // the gradient by the output weights and bias, added to
  readonly pooledGradient: number; // scratch [2 HIDDEN]
  readonly towards: { readonly dh: number; readonly gate: number }; // where gradients go
  readonly bias: number; // attack less benign
  readonly target: (graph: number) => { readonly label: number; readonly part: number };
}

/** The readout of a group's graphs and its gradient; gives what they add to the loss. */
function readGroup({ kernels, arena }: WasmModule, weights: Weights, pass: Pass, needs: ReadNeeds): number {
  const { logits, output, pooledGradient, towards } = needs;
  const gates = arena.reserve(pass.rows * 4);
  const shares = arena.reserve(pass.rows * 4);
  const pooled = arena.reserve(2 * HIDDEN * 4);
  let loss = 0;
  pass.graphs.forEach(({ row, rows }, i) => {
    const h = pass.output + row * HIDDEN * 4;
    const [gate, share] = [gates + row * 4, shares + row * 4];
    kernels.readout(h, rows, weights.gate, gate, share, pooled, SCORE_LIMIT);
    const values = arena.floats(pooled, 2 * HIDDEN);
    const direction = arena.floats(weights.direction, 2 * HIDDEN);
    const logit = dot(direction, values) + needs.bias;
    logits[pass.from + i] = logit;
    const { label, part } = needs.target(pass.from + i);
    if (part > 0) loss += part * (label * softplus(-logit) + (1 - label) * softplus(logit));
    const slope = part * (1 / (1 + Math.exp(-logit)) - label);
    const gradient = arena.floats(pooledGradient, 2 * HIDDEN);
    for (let j = 0; j < 2 * HIDDEN; j++) {
      output[j] = (output[j] ?? 0) + slope * (values[j] ?? 0);
      gradient[j] = slope * (direction[j] ?? 0);
    }
    output[2 * HIDDEN] = (output[2 * HIDDEN] ?? 0) + slope;
    const dh = towards.dh + row * HIDDEN * 4;
    kernels.readoutBackward(
      ...([h, rows, weights.gate, gate, share, pooled] as const),
      ...([pooledGradient, dh, towards.gate, SCORE_LIMIT] as const),
    );
  });
  return loss;
}

/** In float64. */
function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** ln(1 + e^x), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The attack column gets what the benign one loses. */
function addOutputGradient(platform: Platform, gradient: Float32Array, output: Float64Array): void {
  const layout = parameterLayout(platform);
  const weight = tensorOf(layout, gradient, 'output.weight');
  const bias = tensorOf(layout, gradient, 'output.bias');
  const rows = 2 * HIDDEN;
  for (let i = 0; i <= rows; i++) {
    const [into, at] = i < rows ? [weight, 2 * i] : [bias, 0];
    into[at] = -(output[i] ?? 0);
    into[at + 1] = output[i] ?? 0;
  }
}

/** Takes the gradient from edge biases that stand beyond the limit, where the forward pass held them. */
function holdKinds(platform: Platform, gradient: Float32Array, parameters: Float32Array): void {
  const layout = parameterLayout(platform);
  for (const name of LAYER_NAMES) {
    const bias = tensorOf(layout, parameters, `${name}.kind`);
    const slope = tensorOf(layout, gradient, `${name}.kind`);
    for (let i = 0; i < bias.length; i++) if (Math.abs(bias[i] ?? 0) > SCORE_LIMIT) slope[i] = 0;
  }
}
