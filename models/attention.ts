import * as tf from '@tensorflow/tfjs-core';
import { HEAD_WIDTH, HEADS, HIDDEN, LEAKY_SLOPE, NO_MESSAGES, SCORE_LIMIT } from './architecture.ts';

/** Messages between nodes: who sends, who receives, and the kind of each; [messages] each, int32. */
export interface Messages {
  readonly source: tf.Tensor1D;
  readonly target: tf.Tensor1D;
  readonly kind: tf.Tensor1D;
  readonly nodes: number;
}

/** One layer's parameters. */
export interface AttentionParameters {
  readonly weight: tf.Tensor2D; // [HIDDEN, HIDDEN]
  readonly source: tf.Tensor2D; // [HEADS, HEAD_WIDTH]
  readonly target: tf.Tensor2D; // [HEADS, HEAD_WIDTH]
  readonly kind: tf.Tensor2D; // [edge kinds, HEADS]
  readonly bias: tf.Tensor1D; // [HIDDEN]
}

/**
 * One layer: every node takes in what its neighbours send, weighted by attention per head, and keeps what it was.
 * h [nodes, HIDDEN] -> hidden [nodes, HIDDEN], attention [messages, HEADS]; attention is null without messages.
 */
export function attend(
  h: tf.Tensor2D,
  parameters: AttentionParameters,
  messages: Messages | null,
): { readonly hidden: tf.Tensor2D; readonly attention: tf.Tensor2D | null } {
  const keep = (received: tf.Tensor) => tf.elu(tf.add(tf.add(received, parameters.bias), h)) as tf.Tensor2D;
  if (!messages) return { hidden: keep(tf.zerosLike(h)), attention: null };
  const { source, target, kind, nodes } = messages;
  // what a layer computes on the way is as large as all its messages, so it goes before the next layer begins
  const [hidden, attention] = tf.tidy(() => {
    const z = tf.reshape(tf.matMul(h, parameters.weight), [nodes, HEADS, HEAD_WIDTH]);
    const asSource = limit(tf.sum(tf.mul(z, parameters.source), 2)); // [nodes, HEADS]
    const asTarget = limit(tf.sum(tf.mul(z, parameters.target), 2));
    const ofKind = tf.gather(limit(parameters.kind), kind); // [messages, HEADS]
    const logit = tf.add(tf.add(tf.gather(asSource, source), tf.gather(asTarget, target)), ofKind);
    const attention = segmentSoftmax(tf.leakyRelu(logit, LEAKY_SLOPE) as tf.Tensor2D, target, nodes);
    const sent = tf.mul(tf.gather(z, source), tf.reshape(attention, [-1, HEADS, 1])); // [messages, HEADS, HEAD_WIDTH]
    const received = segmentSum(sent, target, nodes);
    return [keep(tf.reshape(received, [nodes, HIDDEN])), attention] as [tf.Tensor2D, tf.Tensor2D];
  });
  return { hidden, attention };
}

/**
 * Softmax over the rows of one segment. scores [rows, columns], segment [rows] -> [rows, columns]. The scores are
 * limited, so e^score cannot overflow and no maximum needs to be taken away first.
 */
export function segmentSoftmax(scores: tf.Tensor2D, segment: tf.Tensor1D, segments: number): tf.Tensor2D {
  const weight = tf.exp(scores);
  const sum = tf.add(segmentSum(weight, segment, segments), NO_MESSAGES);
  return tf.div(weight, tf.gather(sum, segment)) as tf.Tensor2D;
}

/**
 * Sum over the rows of one segment. rows [rows, …], segment [rows] -> [segments, …]. A scatter, because tfjs's own
 * unsortedSegmentSum goes over all rows once per segment on the cpu backend. Its WebGPU form (webgpu/segment-sum.ts)
 * wants rising segments; those of the network all rise.
 */
export function segmentSum(rows: tf.Tensor, segment: tf.Tensor1D, segments: number): tf.Tensor {
  const places = tf.reshape(segment, [-1, 1]);
  return tf.scatterND(places, rows, [segments, ...rows.shape.slice(1)]);
}

/** Holds attention scores within SCORE_LIMIT. */
export function limit<T extends tf.Tensor>(scores: T): T {
  return tf.clipByValue(scores, -SCORE_LIMIT, SCORE_LIMIT) as T;
}
