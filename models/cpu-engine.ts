import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { LogsterError } from '../contracts/errors.ts';
import { HEADS, HIDDEN } from './architecture.ts';
import { scoringParameters } from './artifact.ts';
import type { Engine, Model } from './engine.ts';
import { emptyScores, fillGraphScore } from './explain.ts';
import { type NetworkOutput, type NetworkTensors, network, networkInput, parameterTensors } from './gat.ts';
import { createPreparer } from './prepare.ts';

/** Scores with plain tfjs operations on its JavaScript backend: slow, always there, the reference of the others. */
export function cpuEngine(model: Model): Engine {
  useCpu();
  const { platform, scaling } = model.manifest;
  const parameters = parameterTensors(platform, scoringParameters(model));
  const bias = parameters['output.bias'].dataSync();
  const preparer = createPreparer(platform);
  let closed = false;
  return {
    name: 'cpu',
    detail: 'plain JavaScript, one graph after another',
    async score(batch) {
      if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
      const prepared = preparer.prepare(batch);
      const scores = emptyScores(batch);
      for (let graph = 0; graph < prepared.graphs; graph++) {
        const nodes = (prepared.nodeStart[graph + 1] ?? 0) - (prepared.nodeStart[graph] ?? 0);
        const { logit, nodeScore, paid } =
          nodes > 0
            ? tf.tidy(() => read(parameters, network(parameters, networkInput(prepared, graph, graph + 1))))
            : {
                logit: (bias[1] ?? 0) - (bias[0] ?? 0),
                nodeScore: new Float32Array(0),
                paid: new Float32Array(0),
              };
        const attention = (message: number) => meanOfHeads(paid, message);
        fillGraphScore(scores, prepared, graph, { scaling, logit, nodeScore, attention });
      }
      return scores;
    },
    close() {
      if (!closed) tf.dispose(Object.values(parameters));
      closed = true;
    },
  };
}

/** Makes tfjs compute on its JavaScript backend. */
export function useCpu(): void {
  tf.enableProdMode(); // no advice to install another backend on the console
  if (tf.getBackend() !== 'cpu') tf.setBackend('cpu');
}

/** One graph's logit, node scores, and attention per message and head. */
function read(parameters: NetworkTensors, { logits, hidden, shares, attention }: NetworkOutput) {
  const [benign = 0, attack = 0] = logits.dataSync<'float32'>();
  const weight = tf.split(parameters['output.weight'], 2, 1);
  const direction = tf.sub(weight[1] as tf.Tensor, weight[0] as tf.Tensor); // [2 HIDDEN, 1]
  const meanPart = tf.matMul(hidden, tf.slice(direction, [0, 0], [HIDDEN, 1]));
  const gatePart = tf.matMul(hidden, tf.slice(direction, [HIDDEN, 0], [HIDDEN, 1]));
  const nodeScore = tf.add(tf.div(meanPart, hidden.shape[0]), tf.mul(gatePart, shares));
  return {
    logit: attack - benign,
    nodeScore: nodeScore.dataSync<'float32'>(),
    paid: attention?.dataSync<'float32'>() ?? new Float32Array(0),
  };
}

function meanOfHeads(paid: Float32Array, message: number): number {
  let sum = 0;
  for (let head = 0; head < HEADS; head++) sum += paid[message * HEADS + head] ?? 0;
  return sum / HEADS;
}
