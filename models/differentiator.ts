import type { PreparedBatch } from './prepare.ts';

/** Loss of a batch and its derivative by every parameter. */
export interface LossAndGradient {
  /** Weighted mean of the graphs' cross-entropies, in nats. */
  readonly loss: number;
  /** In the layout of parameterLayout(); belongs to the differentiator and holds until its next call. */
  readonly gradient: Float32Array;
  /** [graphs] attack logit less benign logit, before the step. */
  readonly logits: Float32Array;
}

/** Computes losses and gradients of one platform's network. */
export interface Differentiator {
  /** labels [graphs] from 0 (benign) to 1 (attack); weights [graphs] >= 0. */
  lossAndGradient(
    parameters: Float32Array,
    batch: PreparedBatch,
    labels: Float32Array,
    weights: Float32Array,
  ): LossAndGradient;
  /** Memory it holds. */
  sizeBytes(): number;
}
