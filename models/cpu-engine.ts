import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { LogsterError } from '../contracts/errors.ts';
import { scoringParameters } from './artifact.ts';
import type { Engine, Model } from './engine.ts';
import { emptyScores } from './explain.ts';
import { networkInput, parameterTensors } from './gat.ts';
import { fillNetworkScores, NO_VALUES, networkScores } from './network-scores.ts';
import { createPreparer } from './prepare.ts';
import { useBackend } from './use-backend.ts';

/** Scores with plain tfjs operations on its JavaScript backend: slow, always there, the reference of the others. */
export function cpuEngine(model: Model): Engine {
  useCpu();
  const { platform, scaling } = model.manifest;
  const parameters = parameterTensors(platform, scoringParameters(model));
  const [benign = 0, attack = 0] = parameters['output.bias'].dataSync();
  const preparer = createPreparer(platform);
  let closed = false;
  return {
    name: 'cpu',
    detail: 'plain JavaScript, one graph after another',
    async score(batch) {
      if (closed) throw new LogsterError('closed', 'This engine was closed; open another for the model');
      useCpu();
      const prepared = preparer.prepare(batch);
      const scores = emptyScores(batch);
      for (let graph = 0; graph < prepared.graphs; graph++) {
        const range = { from: graph, to: graph + 1 };
        const empty = prepared.nodeStart[graph] === prepared.nodeStart[graph + 1];
        const values = empty
          ? NO_VALUES
          : tf.tidy(() => {
              const said = networkScores(parameters, networkInput(prepared, range.from, range.to));
              return {
                logits: said.logits.dataSync<'float32'>(),
                nodeScore: said.nodeScore.dataSync<'float32'>(),
                attention: said.attention.dataSync<'float32'>(),
              };
            });
        fillNetworkScores(scores, prepared, range, { values, scaling, emptyLogit: attack - benign });
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
  useBackend('cpu');
}
