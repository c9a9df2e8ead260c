import { LogsterError } from '../../contracts/errors.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { HEADS, HIDDEN } from '../architecture.ts';
import { scoringParameters } from '../artifact.ts';
import type { Engine, Model, Scores } from '../engine.ts';
import { emptyScores, fillGraphScore } from '../explain.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { createPreparer, type PreparedBatch } from '../prepare.ts';
import { forward, type GraphPass } from './forward.ts';
import { openKernels, type WasmModule } from './kernels.ts';
import { loadWeights, reserveWeights } from './weights.ts';

/**
 * Scores on our WebAssembly SIMD kernels, one graph after another: what a graph needs stays in the processor's
 * cache, and its score is the same to the bit in whatever batch it travels.
 */
export function wasmEngine(model: Model): Engine {
  const { platform, scaling } = model.manifest;
  const parameters = scoringParameters(model);
  const outputBias = tensorOf(parameterLayout(platform), parameters, 'output.bias').slice();
  const module = openKernels();
  const weights = reserveWeights(module, platform);
  loadWeights(module, platform, weights, parameters);
  const mark = module.arena.mark();
  const preparer = createPreparer(platform);
  let closed = false;
  return {
    name: 'wasm',
    detail: 'WebAssembly SIMD on one thread, one graph after another',
    async score(batch: GraphBatch): Promise<Scores> {
      if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
      const prepared = preparer.prepare(batch);
      const scores = emptyScores(batch);
      for (let graph = 0; graph < prepared.graphs; graph++) {
        module.arena.reset(mark);
        const pass = forward(module, weights, prepared, graph);
        const nodeScore = contributionsOf(module, weights.direction, pass);
        const { pooled } = pass;
        const logit =
          outputOf(module, weights.direction, pooled) + (outputBias[1] ?? 0) - (outputBias[0] ?? 0);
        const attention = attentionOf(module, prepared, graph, pass);
        fillGraphScore(scores, prepared, graph, { scaling, logit, nodeScore, attention });
      }
      return scores;
    },
    close() {
      closed = true;
    },
  };
}

/** direction . pooled, summed in float64. */
function outputOf({ arena }: WasmModule, direction: number, pooled: number): number {
  const a = arena.floats(direction, 2 * HIDDEN);
  const b = arena.floats(pooled, 2 * HIDDEN);
  let sum = 0;
  for (let i = 0; i < 2 * HIDDEN; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function contributionsOf({ kernels, arena }: WasmModule, direction: number, pass: GraphPass): Float32Array {
  // the gates are not needed any more once the shares are known
  kernels.contributions(pass.layers.at(-1)?.output ?? 0, pass.rows, pass.shares, direction, pass.gates);
  return arena.floats(pass.gates, pass.rows);
}

/** Per message of the graph the attention its receiver pays it in the last layer, mean of heads. */
function attentionOf(
  { arena }: WasmModule,
  batch: PreparedBatch,
  graph: number,
  pass: GraphPass,
): (message: number) => number {
  const last = pass.layers.at(-1);
  const weight = arena.floats(last?.attention ?? 0, pass.messages * HEADS);
  const inverse = arena.floats(last?.inverse ?? 0, pass.rows * HEADS);
  const first = batch.messageStart[graph] ?? 0;
  return (message) => {
    const w = message * HEADS;
    const i = (batch.target[first + message] ?? 0) * HEADS;
    let sum = 0;
    for (let head = 0; head < HEADS; head++) sum += (weight[w + head] ?? 0) * (inverse[i + head] ?? 0);
    return sum / HEADS;
  };
}
