import type { GraphBatch } from '../contracts/graph.ts';
import type { Golden, ModelManifest } from './artifact.ts';

/** A trained version: what is known about it, and its parameters in the layout of parameterLayout(). */
export interface Model {
  readonly manifest: ModelManifest;
  readonly parameters: Float32Array;
  /** A batch with the scores it must give, so that an engine can prove itself on the machine it runs on. */
  readonly golden?: Golden;
}

/** What an engine says of a batch. */
export interface Scores {
  /** [graphs] the shown probability: the logit through the model's scaling. */
  readonly attackProb: Float32Array;
  /** [graphs] the softmax value of `attack`. */
  readonly rawProb: Float32Array;
  /** [graphs] attack logit less benign logit, before any scaling. */
  readonly logit: Float32Array;
  /**
   * [nodes] what the node adds to its graph's logit. The readout is a sum over nodes, so these and the output bias
   * add up to the logit exactly.
   */
  readonly nodeScore: Float32Array;
  /**
   * [edges] attention of the last layer (mean of heads) that the edge's target pays it x the positive part of the
   * target's node score, plus the same for the message against the edge.
   */
  readonly edgeScore: Float32Array;
}

/** Scores batches with one model. Not for use from several threads. */
export interface Engine {
  readonly name: 'wasm' | 'cpu';
  /** Throws input-invalid for a batch whose numbers do not fit together. */
  score(batch: GraphBatch): Scores;
  close(): void;
}
