import type { GraphBatch } from '../contracts/graph.ts';
import type { Golden, ModelManifest } from './artifact.ts';
import type { BesideTrees } from './trees.ts';

/** A trained version: what is known about it, and its parameters in the layout of parameterLayout(). */
export interface Model {
  readonly manifest: ModelManifest;
  readonly parameters: Float32Array;
  /** Trees that score beside the network, where a version has them. */
  readonly trees?: BesideTrees | undefined;
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

/** What can score, from a graphics card to plain JavaScript. */
export type EngineName = 'gpu' | 'webgpu' | 'native' | 'wasm' | 'cpu';

/** Scores batches with one model. Not for use from several threads. */
export interface Engine {
  readonly name: EngineName;
  /** What it runs on and how it splits batches, one line for people. */
  readonly detail: string;
  /**
   * Throws input-invalid for a batch whose numbers do not fit together. One call at a time; the arrays of the answer
   * are the caller's to keep or to send away.
   */
  score(batch: GraphBatch): Promise<Scores>;
  close(): void;
}

/** Opens an engine for a model; throws unavailable, with the way out, where it cannot run here. */
export type EngineMaker = (model: Model) => Engine | Promise<Engine>;
