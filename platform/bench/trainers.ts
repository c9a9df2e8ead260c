import type { Platform } from '../../contracts/event.ts';
import { adamW } from '../../models/adamw.ts';
import { useCpu } from '../../models/cpu-engine.ts';
import { lossAndGradient, networkInput } from '../../models/gat.ts';
import { registerGradients } from '../../models/gradients.ts';
import { initialParameters, parameterLayout } from '../../models/parameters.ts';
import { createPreparer } from '../../models/prepare.ts';
import type { Trainer, TrainerOptions } from '../../models/trainer.ts';
import { wasmTrainer } from '../../models/wasm/trainer.ts';

/** The part of a trainer that is measured. */
export interface Stepping {
  step(...of: Parameters<Trainer['step']>): { readonly loss: number } | Promise<{ readonly loss: number }>;
}

/** Whatever trains, by the name of its backend. */
export const TRAINERS: Readonly<
  Record<string, (platform: Platform, options: TrainerOptions) => Stepping | Promise<Stepping>>
> = {
  wasm: wasmTrainer,
  cpu: tfjsTrainer,
};

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
