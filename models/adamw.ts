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

/** The usual constants of the paper. */
export const BETAS = { mean: 0.9, variance: 0.999, epsilon: 1e-8 } as const;

/** Where an optimiser stands. */
export interface Moments {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly steps: number;
}

/** The Euclidean norm of a gradient from its sum of squares. Throws input-invalid when it is not finite. */
export function finiteNorm(sumOfSquares: number): number {
  if (Number.isFinite(sumOfSquares)) return Math.sqrt(sumOfSquares);
  const message = 'The gradient is not finite, so no step was taken; look at labels, weights, learning rate';
  throw new LogsterError('input-invalid', message);
}

/** An optimiser in plain JavaScript, for any engine. It starts fresh, or goes on from the moments of another. */
export function adamW(
  layout: ParameterLayout,
  { weightDecay, clipNorm }: AdamWOptions,
  from?: Moments,
): AdamW {
  const mean = from?.mean.slice() ?? new Float32Array(layout.size);
  const variance = from?.variance.slice() ?? new Float32Array(layout.size);
  let steps = from?.steps ?? 0;
  return {
    mean,
    variance,
    steps: () => steps,
    step(parameters, gradient, learningRate) {
      let squares = 0;
      for (const value of gradient) squares += value * value;
      const norm = finiteNorm(squares);
      steps++;
      const shrink = norm > clipNorm ? clipNorm / norm : 1;
      const correctMean = 1 - BETAS.mean ** steps;
      const correctVariance = 1 - BETAS.variance ** steps;
      for (const { offset, size, decays } of layout.tensors) {
        const keep = decays ? 1 - learningRate * weightDecay : 1;
        for (let i = offset; i < offset + size; i++) {
          const g = (gradient[i] ?? 0) * shrink;
          const m = BETAS.mean * (mean[i] ?? 0) + (1 - BETAS.mean) * g;
          const v = BETAS.variance * (variance[i] ?? 0) + (1 - BETAS.variance) * g * g;
          mean[i] = m;
          variance[i] = v;
          const step = (learningRate * m) / correctMean / (Math.sqrt(v / correctVariance) + BETAS.epsilon);
          parameters[i] = (parameters[i] ?? 0) * keep - step;
        }
      }
      return norm;
    },
  };
}
