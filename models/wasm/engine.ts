import { LogsterError } from '../../contracts/errors.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { HEADS, HIDDEN, SCORE_LIMIT } from '../architecture.ts';
import { scoringParameters } from '../artifact.ts';
import type { Engine, Model, Scores } from '../engine.ts';
import { emptyScores, fillGraphLogit } from '../explain.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { endOfPass, forward, placeBatch, placeOf } from './forward.ts';
import { fastestBuild, type KernelBuild, openKernels } from './kernels.ts';
import { loadWeights, reserveWeights } from './weights.ts';

const PASS_ROWS = 256;

/**
 * Scores on our WebAssembly SIMD kernels, a few graphs after another: what they need stays in the processor's cache,
 * and a graph's score is the same to the bit in whatever batch it travels.
 */
export function wasmEngine(model: Model, build: KernelBuild = fastestBuild(), passRows = PASS_ROWS): Engine {
  const { platform, scaling } = model.manifest;
  const parameters = scoringParameters(model);
  const outputBias = tensorOf(parameterLayout(platform), parameters, 'output.bias').slice();
  const module = openKernels(build);
  const weights = reserveWeights(module, platform);
  loadWeights(module, platform, weights, parameters);
  const { kernels, arena } = module;
  const start = arena.mark();
  const preparer = createPreparer(platform);
  let closed = false;
  return {
    name: 'wasm',
    detail: 'WebAssembly SIMD on one thread, one graph after another',
    async score(batch: GraphBatch): Promise<Scores> {
      if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
      arena.reset(start);
      const prepared = placeBatch(module, preparer.prepare(batch));
      const origin = arena.put(prepared.origin);
      const scores = emptyScores(batch);
      const edges = arena.reserve(scores.edgeScore.byteLength);
      arena.clear(edges, scores.edgeScore.byteLength);
      const mark = arena.mark();
      for (let from = 0; from < prepared.graphs; ) {
        const to = endOfPass(prepared, from, passRows);
        arena.reset(mark);
        const pass = forward(module, weights, prepared, { from, to });
        const scratch = arena.reserve(pass.rows * 8);
        const nodes = arena.reserve(pass.rows * 4);
        const last = pass.layers.at(-1);
        for (let graph = from; graph < to; graph++) {
          const { row, rows, message, rowStart } = placeOf(pass, graph);
          const h = pass.output + row * HIDDEN * 4;
          const own = nodes + row * 4;
          const logit =
            rows && kernels.nodeScores(h, rows, weights.gate, weights.direction, scratch, own, SCORE_LIMIT);
          fillGraphLogit(scores, graph, scaling, logit + (outputBias[1] ?? 0) - (outputBias[0] ?? 0));
          if (!last) continue;
          const ofMessage = origin + (prepared.messageStart[graph] ?? 0) * 4;
          const attention = last.attention + message * HEADS * 4;
          kernels.edgeScores(rows, rowStart, ofMessage, attention, own, edges);
        }
        scores.nodeScore.set(arena.floats(nodes, pass.rows), prepared.nodeStart[from]);
        from = to;
      }
      scores.edgeScore.set(arena.floats(edges, scores.edgeScore.length));
      return scores;
    },
    close() {
      closed = true;
    },
  };
}
