import { LogsterError } from '../contracts/errors.ts';
import type { ParameterLayout } from './parameters.ts';

/** Settings of the optimiser. */
export interface AdamWOptions {
  /** Share of a decaying parameter taken away per step, times the learning rate. */
  readonly weightDecay: number;
  /** Gradients with a larger Euclidean norm are scaled down to it. */
  readonly clipNorm: number;
}

/** AdamW (Loshchilov and Hutter 2019) with gradient clipping by norm; works on a parameter vector in place. */
export interface AdamW {
  /** Takes one step and gives the gradient's norm before clipping. Throws input-invalid if that is not finite. */
  step(parameters: Float32Array, gradient: Float32Array, learningRate: number): number;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  steps(): number;
}

// the usual constants of the paper
export const BETA_MEAN = 0.9;
export const BETA_VARIANCE = 0.999;
export const EPSILON = 1e-8;

/** An optimiser that starts fresh, or goes on from the moments of another. */
export function adamW(
  layout: ParameterLayout,
  { weightDecay, clipNorm }: AdamWOptions,
  from?: { readonly mean: Float32Array; readonly variance: Float32Array; readonly steps: number },
): AdamW {
  const mean = from?.mean.slice() ?? new Float32Array(layout.size);
  const variance = from?.variance.slice() ?? new Float32Array(layout.size);
  let steps = from?.steps ?? 0;
  return {
    mean,
    variance,
    steps: () => steps,
    step(parameters, gradient, learningRate) {
      const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
      if (!Number.isFinite(norm)) {
        const message =
          'The gradient is not finite, so no step was taken; look at labels, weights, learning rate';
        throw new LogsterError('input-invalid', message);
      }
      steps++;
      const shrink = norm > clipNorm ? clipNorm / norm : 1;
      const correctMean = 1 - BETA_MEAN ** steps;
      const correctVariance = 1 - BETA_VARIANCE ** steps;
      for (const { offset, size, decays } of layout.tensors) {
        const keep = decays ? 1 - learningRate * weightDecay : 1;
        for (let i = offset; i < offset + size; i++) {
          const g = (gradient[i] ?? 0) * shrink;
          const m = BETA_MEAN * (mean[i] ?? 0) + (1 - BETA_MEAN) * g;
          const v = BETA_VARIANCE * (variance[i] ?? 0) + (1 - BETA_VARIANCE) * g * g;
          mean[i] = m;
          variance[i] = v;
          const step = (learningRate * m) / correctMean / (Math.sqrt(v / correctVariance) + EPSILON);
          parameters[i] = (parameters[i] ?? 0) * keep - step;
        }
      }
      return norm;
    },
  };
}
