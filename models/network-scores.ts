import * as tf from '@tensorflow/tfjs-core';
import { HEADS, HIDDEN } from './architecture.ts';
import type { Scores } from './engine.ts';
import { fillGraphScore } from './explain.ts';
import { type NetworkInput, type NetworkTensors, network } from './gat.ts';
import type { PreparedBatch } from './prepare.ts';
import type { ScoreScaling } from './scaling.ts';

/** Graphs [from, to) of a batch. */
export interface GraphRange {
  readonly from: number;
  readonly to: number;
}

/** What the network says of some graphs, and what explains it, as tensors. */
export type NetworkScores = {
  readonly logits: tf.Tensor; // [graphs, CLASSES]
  readonly nodeScore: tf.Tensor; // [nodes, 1]
  readonly attention: tf.Tensor; // [messages, HEADS] of the last layer
};

/** The same, read back. */
export type NetworkValues = Readonly<Record<keyof NetworkScores, Float32Array>>;

/** Runs the network, and splits each graph's logit into what every node adds to it. Call it inside tf.tidy(). */
export function networkScores(parameters: NetworkTensors, input: NetworkInput): NetworkScores {
  const { logits, hidden, shares, attention } = network(parameters, input);
  const weight = tf.split(parameters['output.weight'], 2, 1);
  const direction = tf.sub(weight[1] as tf.Tensor, weight[0] as tf.Tensor); // [2 HIDDEN, 1]
  const meanPart = tf.matMul(hidden, tf.slice(direction, [0, 0], [HIDDEN, 1]));
  const gatePart = tf.matMul(hidden, tf.slice(direction, [HIDDEN, 0], [HIDDEN, 1]));
  const nodes = tf.gather(input.nodesPerGraph, input.graph); // [nodes, 1]
  const nodeScore = tf.add(tf.div(meanPart, nodes), tf.mul(gatePart, shares));
  return { logits, nodeScore, attention: attention ?? tf.zeros([0, HEADS]) };
}

/** What networkScores() would give for graphs without a node, were it possible to run it on them. */
export const NO_VALUES: NetworkValues = {
  logits: new Float32Array(0),
  nodeScore: new Float32Array(0),
  attention: new Float32Array(0),
};

/**
 * Writes what the network said of graphs `from` to `to` into the scores of their batch. `emptyLogit` is that of a
 * graph without nodes: the difference of the output biases.
 */
export function fillNetworkScores(
  scores: Scores,
  batch: PreparedBatch,
  { from, to }: GraphRange,
  { values, scaling, emptyLogit }: { values: NetworkValues; scaling: ScoreScaling; emptyLogit: number },
): void {
  const firstNode = batch.nodeStart[from] ?? 0;
  const firstMessage = batch.messageStart[from] ?? 0;
  for (let graph = from; graph < to; graph++) {
    const node = (batch.nodeStart[graph] ?? 0) - firstNode;
    const end = (batch.nodeStart[graph + 1] ?? 0) - firstNode;
    const message = (batch.messageStart[graph] ?? 0) - firstMessage;
    const [benign = 0, attack = 0] = values.logits.subarray(2 * (graph - from));
    fillGraphScore(scores, batch, graph, {
      scaling,
      logit: end > node ? attack - benign : emptyLogit,
      nodeScore: values.nodeScore.subarray(node, end),
      attention: (within) => meanOfHeads(values.attention, message + within),
    });
  }
}

function meanOfHeads(attention: Float32Array, message: number): number {
  let sum = 0;
  for (let head = 0; head < HEADS; head++) sum += attention[message * HEADS + head] ?? 0;
  return sum / HEADS;
}
