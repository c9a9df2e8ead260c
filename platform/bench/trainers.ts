import type { Platform } from '../../contracts/event.ts';
import { adamW } from '../../models/adamw.ts';
import { useCpu } from '../../models/cpu-engine.ts';
import { lossAndGradient, networkInput } from '../../models/gat.ts';
import { registerGradients } from '../../models/gradients.ts';
import { initialParameters, parameterLayout } from '../../models/parameters.ts';
import { createPreparer } from '../../models/prepare.ts';
import type { Trainer, TrainerOptions } from '../../models/trainer.ts';
import { openTrainer, TRAINING_BACKENDS } from '../../train/open-trainer.ts';

/** The part of a trainer that is measured. */
export interface Stepping {
  step(...of: Parameters<Trainer['step']>): { readonly loss: number } | Promise<{ readonly loss: number }>;
}

/** The names of the backends that train. */
export const TRAINING = [...TRAINING_BACKENDS, 'cpu'] as const;
/** One of them. */
export type TrainingName = (typeof TRAINING)[number];

/** Opens a backend's trainer; throws unavailable where it cannot run. */
export async function openStepping(
  name: TrainingName,
  platform: Platform,
  options: TrainerOptions,
): Promise<Stepping> {
  return name === 'cpu' ? tfjsTrainer(platform, options) : openTrainer(name, platform, options);
}

/** Plain tfjs with its automatic differentiation: the reference, too slow to train with. */
function tfjsTrainer(platform: Platform, options: TrainerOptions): Stepping {
  useCpu();
  registerGradients();
  const parameters = (options.initial ?? initialParameters(platform, options.seed)).slice();
  const optimiser = adamW(parameterLayout(platform), options);
  const preparer = createPreparer(platform);
  return {
    step(batch, labels, weights) {
      const input = networkInput(preparer.prepare(batch), 0, batch.graphs.length);
      const { loss, gradient } = lossAndGradient(platform, parameters, input, labels, weights);
      optimiser.step(parameters, gradient, options.learningRate);
      return { loss };
    },
  };
}
