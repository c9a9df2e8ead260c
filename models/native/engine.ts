import { LogsterError } from '../../contracts/errors.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { scoringParameters } from '../artifact.ts';
import type { Engine, Model, Scores } from '../engine.ts';
import { emptyScores, fillGraphScore } from '../explain.ts';
import { foldNetwork } from '../fold.ts';
import { createPreparer, type PreparedBatch } from '../prepare.ts';
import { type GraphForm, scoringModel } from '../saved-model/network-graph.ts';
import { batchInputs, type Stretch } from './batch-inputs.ts';
import { nvidiaGpus, workPerCall } from './gpus.ts';
import { type NativeSession, openSession } from './session.ts';
import { nextStretch } from './stretches.ts';
import { loadTensorFlow, nativeHome, type TensorFlow } from './tensorflow.ts';
import { tuneWork } from './tune.ts';

const OUTPUTS = ['logit', 'node_score', 'paid'] as const;

/**
 * Scores with native TensorFlow on one core: its dense products, our own operations for attention and readout, one
 * native call for as much of a batch as the tuner found best. Throws unavailable where `npm run setup:native` has not run.
 */
export async function nativeEngine(model: Model): Promise<Engine> {
  const tensorflow = await loadTensorFlow(nativeHome(), 'cpu');
  const scorer = openScorer(tensorflow, model, 'fused');
  const tuned = tuneWork(model.manifest.platform, scorer.scorePrepared);
  return scorer.engine('native', tuned.work, `TensorFlow ${tensorflow.native.version}, ${tuned.reason}`);
}

/**
 * Scores with TensorFlow on an NVIDIA GPU, with its own operations alone. A batch that the device cannot hold is
 * halved. Throws unavailable where `npm run setup:native -- --gpu` has not run or there is no such device.
 */
export async function gpuEngine(model: Model): Promise<Engine> {
  const tensorflow = await loadTensorFlow(nativeHome(), 'gpu');
  const { work, reason } = workPerCall(nvidiaGpus());
  const scorer = openScorer(tensorflow, model, 'portable');
  return scorer.engine('gpu', work, `TensorFlow ${tensorflow.native.version} with CUDA, ${reason}`);
}

/** Writes the scores of a stretch of a batch. */
export type ScoreStretch = (batch: PreparedBatch, stretch: Stretch, scores: Scores) => void;

/** One model in TensorFlow, before anyone has decided how much of a batch goes into a call. */
export function openScorer(tensorflow: TensorFlow, model: Model, form: GraphForm) {
  const { platform, scaling } = model.manifest;
  const folded = foldNetwork(platform, scoringParameters(model));
  const session: NativeSession = openSession(tensorflow, scoringModel(platform, form, folded));
  const preparer = createPreparer(platform);

  const scorePrepared: ScoreStretch = (batch, stretch, scores) => {
    const [logit, nodeScore, paid] = session.run(batchInputs(form, batch, stretch), OUTPUTS);
    const firstNode = batch.nodeStart[stretch.from] ?? 0;
    const firstMessage = batch.messageStart[stretch.from] ?? 0;
    for (let graph = stretch.from; graph < stretch.to; graph++) {
      const message = (batch.messageStart[graph] ?? 0) - firstMessage;
      fillGraphScore(scores, batch, graph, {
        scaling,
        logit: logit?.[graph - stretch.from] ?? Number.NaN,
        nodeScore: (nodeScore ?? new Float32Array(0)).subarray(
          (batch.nodeStart[graph] ?? 0) - firstNode,
          (batch.nodeStart[graph + 1] ?? 0) - firstNode,
        ),
        attention: (m) => paid?.[message + m] ?? 0,
      });
    }
  };

  const engine = (name: 'native' | 'gpu', work: number, detail: string): Engine => {
    let most = work;
    return {
      name,
      detail,
      async score(batch: GraphBatch): Promise<Scores> {
        const prepared = preparer.prepare(batch);
        const scores = emptyScores(batch);
        for (let from = 0; from < prepared.graphs; ) {
          const stretch = nextStretch(prepared, from, most);
          try {
            scorePrepared(prepared, stretch, scores);
            from = stretch.to;
          } catch (thrown) {
            if (!(thrown instanceof LogsterError) || thrown.code !== 'resource-exhausted') throw thrown;
            if (stretch.to - from === 1) throw thrown;
            most /= 2; // from now on as well: the device did not hold it and will not the next time
          }
        }
        return scores;
      },
      close: () => session.close(),
    };
  };
  return { scorePrepared, engine, close: () => session.close() };
}
