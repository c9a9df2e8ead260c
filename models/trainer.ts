import type { GraphBatch } from '../contracts/graph.ts';
import type { Dropout } from './dropout.ts';

/** How a network is trained. */
export interface TrainerOptions {
  /** Everything random follows from it: first parameters and dropout. */
  readonly seed: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly dropout?: Dropout;
  /** Parameters to begin with, instead of fresh ones. */
  readonly initial?: Float32Array;
  /** What state() of another trainer gave; this one goes on as that one would have. */
  readonly state?: Buffer;
}

/** What one step did. */
export interface StepResult {
  /** Weighted mean cross-entropy of the batch before the step, in nats. */
  readonly loss: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** [graphs] attack logit less benign logit before the step, under the step's dropout. */
  readonly logits: Float32Array;
}

/** Trains one network, a batch at a time. The same seed and batches give the same parameters to the byte. */
export interface Trainer {
  /** labels [graphs] from 0 (benign) to 1 (attack); weights [graphs] >= 0, their scale does not matter. Throws input-invalid. */
  step(batch: GraphBatch, labels: Float32Array, weights: Float32Array): StepResult;
  /** Changes the learning rate from the next step on. */
  setLearningRate(learningRate: number): void;
  /** A copy of the parameters as they stand. */
  parameters(): Float32Array;
  /** Everything a trainer needs to go on: parameters, moments, step, place in the random sequence. */
  state(): Buffer;
  /** Memory the kernels hold; grows to the largest graph seen and stays there. */
  sizeBytes(): number;
  close(): void;
}
