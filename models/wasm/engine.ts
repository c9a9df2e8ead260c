import { LogsterError } from '../../contracts/errors.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { HEADS, HIDDEN, SCORE_LIMIT } from '../architecture.ts';
import { scoringParameters } from '../artifact.ts';
import type { Engine, Model, Scores } from '../engine.ts';
import { emptyScores, fillGraphLogit } from '../explain.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { type Group, groupFrom, placeBatch } from './forward.ts';
import { fastestBuild, type KernelBuild, openKernels } from './kernels.ts';
import { type ScorePass, scorePass } from './score-pass.ts';
import { foldAttention, loadWeights, reserveWeights } from './weights.ts';

/**
 * Small graphs go through the layers together up to so many nodes. Single nodes gain a twelfth by it, graphs of 40
 * nodes and more nothing at 64 or 1,024, so no machine needs another number.
 */
const GROUP_ROWS = 128;

/** An engine on our kernels. */
export interface WasmEngine extends Engine {
  /** Memory of the kernels; it grows to the largest batch seen and stays there. */
  sizeBytes(): number;
}

/**
 * Scores on our WebAssembly SIMD kernels, a few graphs after another: what they need stays in the processor's cache,
 * and a graph's score is the same to the bit in whatever batch it travels.
 */
export function wasmEngine(model: Model, build: KernelBuild = fastestBuild()): WasmEngine {
  const { platform, scaling } = model.manifest;
  const parameters = scoringParameters(model);
  const [benign = 0, attack = 0] = tensorOf(parameterLayout(platform), parameters, 'output.bias');
  const module = openKernels(build);
  const weights = reserveWeights(module, platform);
  loadWeights(module, platform, weights, parameters);
  foldAttention(module, platform, weights, parameters);
  const { kernels, arena } = module;
  const start = arena.mark();
  const preparer = createPreparer(platform);
  let closed = false;

  /** Fills in the scores of a group; those of edges gather in the module's memory, at `edges`. */
  const read = (group: Group, { output, attention }: ScorePass, scores: Scores, edges: number) => {
    const scratch = arena.reserve(group.rows * 8);
    const nodes = arena.reserve(group.rows * 4);
    group.graphs.forEach(({ row, rows, message, rowStart, origin }, i) => {
      const h = output + row * HIDDEN * 4;
      const own = nodes + row * 4;
      const { gate, direction } = weights;
      const sum = rows > 0 ? kernels.nodeScores(h, rows, gate, direction, scratch, own, SCORE_LIMIT) : 0;
      fillGraphLogit(scores, group.from + i, scaling, sum + attack - benign);
      kernels.edgeScores(rows, rowStart, origin, attention + message * HEADS * 4, own, edges);
    });
    scores.nodeScore.set(arena.floats(nodes, group.rows), group.batch.nodeStart[group.from]);
  };

  return {
    name: 'wasm',
    detail: `WebAssembly SIMD${build === 'fused' ? ' with fused multiply-add' : ''} on one thread, graphs of up to ${GROUP_ROWS} nodes together`,
    async score(batch: GraphBatch): Promise<Scores> {
      if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
      arena.reset(start);
      const placed = placeBatch(module, preparer.prepare(batch));
      const scores = emptyScores(batch);
      const { edgeScore } = scores;
      const edges = arena.reserve(edgeScore.byteLength);
      arena.clear(edges, edgeScore.byteLength);
      const mark = arena.mark();
      for (let from = 0; from < placed.graphs; ) {
        arena.reset(mark);
        const group = groupFrom(placed, from, GROUP_ROWS);
        read(group, scorePass(module, weights, group), scores, edges);
        from = group.to;
      }
      edgeScore.set(arena.floats(edges, edgeScore.length));
      return scores;
    },
    sizeBytes: () => arena.sizeBytes(),
    close() {
      closed = true;
    },
  };
}
