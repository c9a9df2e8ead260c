import { LogsterError } from '../../contracts/errors.ts';
import { FEATURE_LIMIT } from '../architecture.ts';
import { scoringParameters } from '../artifact.ts';
import type { Engine, Model, Scores } from '../engine.ts';
import { emptyScores } from '../explain.ts';
import { fillNetworkScores, type GraphRange, NO_VALUES } from '../network-scores.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { createPreparer, type PreparedBatch } from '../prepare.ts';
import { chunksOf, inHalves } from './chunks.ts';
import { unavailable } from './load-packages.ts';
import { modelOnGpu } from './model-on-gpu.ts';

export { adapterName } from './find-adapter.ts';

/**
 * Scores on a GPU of any maker through WebGPU, whole batches at once. `software` accepts drivers that compute on the
 * processor. Throws unavailable, with the way out, where the packages or a GPU are missing.
 */
export async function webgpuEngine(model: Model, { software = false } = {}): Promise<Engine> {
  const { platform, scaling } = model.manifest;
  const bias = tensorOf(parameterLayout(platform), scoringParameters(model), 'output.bias');
  const emptyLogit = (bias[1] ?? 0) - (bias[0] ?? 0);
  const preparer = createPreparer(platform);
  const onGpu = await modelOnGpu(model, software);
  let closed = false;
  const checkOpen = () => {
    if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
  };
  const scoreRange = async (batch: PreparedBatch, range: GraphRange, scores: Scores) => {
    const empty = batch.nodeStart[range.from] === batch.nodeStart[range.to];
    const computed = empty ? ({ ok: true, values: NO_VALUES } as const) : await onGpu.compute(batch, range);
    checkOpen();
    if (!computed.ok) return computed.reason;
    fillNetworkScores(scores, batch, range, { values: computed.values, scaling, emptyLogit });
    return undefined;
  };
  return {
    name: 'webgpu',
    get detail() {
      return `${onGpu.gpuName()}, up to ${onGpu.maxRows()} messages at once`;
    },
    async score(batch) {
      checkOpen();
      const prepared = preparer.prepare(batch, { features: withinLimits(batch.features) });
      const scores = emptyScores(batch);
      for (const chunk of chunksOf(prepared, onGpu.maxRows())) {
        const failure = await inHalves(chunk, (range) => scoreRange(prepared, range, scores));
        if (!failure) continue;
        const graph = `graph ${batch.graphs[failure.graph]?.windowId} alone`;
        const message = `${onGpu.gpuName()} failed twice on ${graph}: ${failure.reason}; set LOGSTER_BACKEND=auto`;
        throw unavailable(message);
      }
      return scores;
    },
    close() {
      if (!closed) onGpu.close();
      closed = true;
    },
  };
}

/** Features as the network holds them, NaN as 0: a GPU may compute as if there were no NaN and no infinity. */
function withinLimits(features: Float32Array): Float32Array {
  return features.map((value) =>
    Number.isNaN(value) ? 0 : Math.min(Math.max(value, -FEATURE_LIMIT), FEATURE_LIMIT),
  );
}
