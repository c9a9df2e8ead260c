import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import { drawDropout, type Hidden } from '../dropout.ts';
import { initialParameters, parameterLayout } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { randomFrom } from '../random.ts';
import type { Trainer, TrainerOptions } from '../trainer.ts';
import { decodeTrainerState, encodeTrainerState } from '../trainer-state.ts';
import { wasmAdamW } from './adamw.ts';
import { createDifferentiator } from './gradient.ts';
import { openKernels } from './kernels.ts';

/** Trains on our WebAssembly kernels, on one core, without anything to install. */
export function wasmTrainer(platform: Platform, options: TrainerOptions): Trainer {
  const layout = parameterLayout(platform);
  const from = options.state && decodeTrainerState(platform, layout.size, options.state);
  const parameters = (
    from?.parameters ??
    options.initial ??
    initialParameters(platform, options.seed)
  ).slice();
  // a sequence of its own, so that dropout does not repeat the draws of the first parameters
  const random = randomFrom(from?.random ?? options.seed ^ 0x5bd1e995);
  const module = openKernels('plain'); // a seed gives the same bytes on every machine
  const optimiser = wasmAdamW(module, layout, options, from);
  const differentiator = createDifferentiator(platform, module);
  const preparer = createPreparer(platform);
  let learningRate = options.learningRate;
  let hidden: Hidden | undefined;
  return {
    step(batch, labels, weights) {
      const graphs = batch.graphs.length;
      if (labels.length !== graphs || weights.length !== graphs) {
        const message = `A step of ${graphs} graphs got ${labels.length} labels and ${weights.length} weights; give one of each per graph`;
        throw new LogsterError('input-invalid', message);
      }
      hidden = options.dropout && drawDropout(batch, options.dropout, random, hidden);
      const prepared = preparer.prepare(batch, hidden);
      const { loss, gradient, logits } = differentiator.lossAndGradient(
        parameters,
        prepared,
        labels,
        weights,
      );
      return { loss, gradNorm: optimiser.step(parameters, gradient, learningRate), logits };
    },
    setLearningRate(rate) {
      learningRate = rate;
    },
    parameters: () => parameters.slice(),
    state() {
      const { mean, variance } = optimiser;
      const steps = optimiser.steps();
      return encodeTrainerState(platform, { parameters, mean, variance, steps, random: random.state() });
    },
    sizeBytes: () => differentiator.sizeBytes(),
    close: () => undefined, // nothing outside JavaScript is held
  };
}
