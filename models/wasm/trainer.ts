import type { Platform } from '../../contracts/event.ts';
import { drawDropout, type Hidden } from '../dropout.ts';
import { parameterLayout } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { checkTargets, startTraining } from '../start-training.ts';
import type { Trainer, TrainerOptions } from '../trainer.ts';
import { encodeTrainerState } from '../trainer-state.ts';
import { wasmAdamW } from './adamw.ts';
import { createDifferentiator } from './gradient.ts';
import { openKernels } from './kernels.ts';

/** Trains on our WebAssembly kernels, on one core, without anything to install. */
export function wasmTrainer(platform: Platform, options: TrainerOptions): Trainer {
  const layout = parameterLayout(platform);
  const start = startTraining(platform, options);
  const { parameters, random } = start;
  const module = openKernels('plain'); // a seed gives the same bytes on every machine
  const optimiser = wasmAdamW(module, layout, options, start);
  const differentiator = createDifferentiator(platform, module);
  const preparer = createPreparer(platform);
  let learningRate = options.learningRate;
  let hidden: Hidden | undefined;
  return {
    step(batch, labels, weights) {
      checkTargets(batch.graphs.length, labels, weights);
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
