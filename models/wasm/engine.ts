import { LogsterError } from '../../contracts/errors.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { HEADS, HIDDEN, SCORE_LIMIT } from '../architecture.ts';
import { scoringParameters } from '../artifact.ts';
import type { Engine, Model, Scores } from '../engine.ts';
import { emptyScores, fillGraphLogit } from '../explain.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { endOfPass, forward, type Pass, placeBatch, placeOf } from './forward.ts';
import { fastestBuild, type KernelBuild, openKernels } from './kernels.ts';
import { loadWeights, reserveWeights } from './weights.ts';

/**
 * Small graphs go through the layers together up to so many nodes. Single nodes gain a twelfth by it, graphs of 40
 * nodes and more nothing at 64 or 1,024, so no machine needs another number.
 */
const PASS_ROWS = 128;

/**
 * Scores on our WebAssembly SIMD kernels, a few graphs after another: what they need stays in the processor's cache,
 * and a graph's score is the same to the bit in whatever batch it travels.
 */
export function wasmEngine(model: Model, build: KernelBuild = fastestBuild()): Engine {
  const { platform, scaling } = model.manifest;
  const parameters = scoringParameters(model);
  const [benign = 0, attack = 0] = tensorOf(parameterLayout(platform), parameters, 'output.bias');
  const module = openKernels(build);
  const weights = reserveWeights(module, platform);
  loadWeights(module, platform, weights, parameters);
  const { kernels, arena } = module;
  const start = arena.mark();
  const preparer = createPreparer(platform);
  let closed = false;

  /** Fills in the scores of a pass; `at` is where the edges' scores and the messages' origins stand. */
  const read = (pass: Pass, scores: Scores, at: { readonly edges: number; readonly origin: number }) => {
    const scratch = arena.reserve(pass.rows * 8);
    const nodes = arena.reserve(pass.rows * 4);
    const attention = pass.layers.at(-1)?.attention ?? 0;
    for (let graph = pass.from; graph < pass.to; graph++) {
      const { row, rows, message, rowStart } = placeOf(pass, graph);
      const h = pass.output + row * HIDDEN * 4;
      const own = nodes + row * 4;
      const { gate, direction } = weights;
      const sum = rows > 0 ? kernels.nodeScores(h, rows, gate, direction, scratch, own, SCORE_LIMIT) : 0;
      fillGraphLogit(scores, graph, scaling, sum + attack - benign);
      const origin = at.origin + (pass.batch.messageStart[graph] ?? 0) * 4;
      kernels.edgeScores(rows, rowStart, origin, attention + message * HEADS * 4, own, at.edges);
    }
    scores.nodeScore.set(arena.floats(nodes, pass.rows), pass.batch.nodeStart[pass.from]);
  };

  return {
    name: 'wasm',
    detail: `WebAssembly SIMD${build === 'fused' ? ' with fused multiply-add' : ''} on one thread, graphs of up to ${PASS_ROWS} nodes together`,
    async score(batch: GraphBatch): Promise<Scores> {
      if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
      arena.reset(start);
      const placed = placeBatch(module, preparer.prepare(batch));
      const scores = emptyScores(batch);
      const { edgeScore } = scores;
      const at = { origin: arena.put(placed.origin), edges: arena.reserve(edgeScore.byteLength) };
      arena.clear(at.edges, edgeScore.byteLength);
      const mark = arena.mark();
      for (let from = 0; from < placed.graphs; ) {
        const to = endOfPass(placed, from, PASS_ROWS);
        arena.reset(mark);
        read(forward(module, weights, placed, { from, to }), scores, at);
        from = to;
      }
      edgeScore.set(arena.floats(at.edges, edgeScore.length));
      return scores;
    },
    close() {
      closed = true;
    },
  };
}
