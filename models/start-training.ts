import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { initialParameters, parameterLayout } from './parameters.ts';
import { type Random, randomFrom } from './random.ts';
import type { TrainerOptions } from './trainer.ts';
import { decodeTrainerState, type TrainerState } from './trainer-state.ts';

/** Where a trainer begins: fresh, with given parameters, or where another stopped. */
export type TrainingStart = Omit<TrainerState, 'random'> & { readonly random: Random };

/** Reads a trainer's options. Throws input-invalid for a state of another network. */
export function startTraining(platform: Platform, { state, initial, seed }: TrainerOptions): TrainingStart {
  const { size } = parameterLayout(platform);
  const from = state && decodeTrainerState(platform, size, state);
  return {
    parameters: from?.parameters ?? initial?.slice() ?? initialParameters(platform, seed),
    mean: from?.mean ?? new Float32Array(size),
    variance: from?.variance ?? new Float32Array(size),
    steps: from?.steps ?? 0,
    // a sequence of its own, so that dropout does not repeat the draws of the first parameters
    random: randomFrom(from?.random ?? seed ^ 0x5bd1e995),
  };
}

/** Throws input-invalid unless there is a label and a weight for every graph. */
export function checkTargets(graphs: number, labels: ArrayLike<number>, weights: ArrayLike<number>): void {
  if (labels.length === graphs && weights.length === graphs) return;
  const message = `A step of ${graphs} graphs got ${labels.length} labels and ${weights.length} weights; give one of each per graph`;
  throw new LogsterError('input-invalid', message);
}
