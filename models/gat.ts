import * as tf from '@tensorflow/tfjs-core';
import type { Platform } from '../contracts/event.ts';
import { FEATURES } from '../contracts/graph.ts';
import { FEATURE_LIMIT, HIDDEN } from './architecture.ts';
import { attend, limit, type Messages, segmentSoftmax, segmentSum } from './attention.ts';
import { LAYER_NAMES, type ParameterName, parameterLayout } from './parameters.ts';
import type { PreparedBatch } from './prepare.ts';

/** Parameters as tensors of their shapes. */
export type NetworkTensors = Readonly<Record<ParameterName, tf.Tensor>>;

/** Some graphs of a batch as tensors. */
export interface NetworkInput {
  readonly features: tf.Tensor2D; // [nodes, FEATURES]
  /** Per node type the places of its nodes, null where there are none. */
  readonly rowsOfType: readonly (tf.Tensor1D | null)[];
  readonly messages: Messages | null;
  readonly graph: tf.Tensor1D; // [nodes]
  readonly nodesPerGraph: tf.Tensor2D; // [graphs, 1]
  readonly graphs: number;
}

/** What the network says, and what explains it. */
export interface NetworkOutput {
  readonly logits: tf.Tensor2D; // [graphs, CLASSES]
  readonly hidden: tf.Tensor2D; // [nodes, HIDDEN]
  readonly shares: tf.Tensor2D; // [nodes, 1] weight in the gate pool
  readonly attention: tf.Tensor2D | null; // [messages, HEADS] of the last layer
}

/**
 * The network: input projection per node type, three layers of attention, mean and gate pooling, two logits.
 * This is the definition; the other forms are held to it by tests. Call it inside tf.tidy().
 */
export function network(parameters: NetworkTensors, input: NetworkInput): NetworkOutput {
  let hidden = projectInput(parameters, input);
  let attention: tf.Tensor2D | null = null;
  for (const layer of LAYER_NAMES) {
    const weights = {
      weight: parameters[`${layer}.weight`] as tf.Tensor2D,
      source: parameters[`${layer}.source`] as tf.Tensor2D,
      target: parameters[`${layer}.target`] as tf.Tensor2D,
      kind: parameters[`${layer}.kind`] as tf.Tensor2D,
      bias: parameters[`${layer}.bias`] as tf.Tensor1D,
    };
    ({ hidden, attention } = attend(hidden, weights, input.messages));
  }
  const { graph, graphs, nodesPerGraph } = input;
  const gate = limit(tf.matMul(hidden, tf.reshape(parameters.gate, [HIDDEN, 1]) as tf.Tensor2D));
  const shares = segmentSoftmax(gate as tf.Tensor2D, graph, graphs);
  const mean = tf.div(segmentSum(hidden, graph, graphs), nodesPerGraph);
  const gated = segmentSum(tf.mul(hidden, shares), graph, graphs);
  // [mean | gated] times the output weights, as two products: each node's part stays a sum
  const weight = parameters['output.weight'];
  const meanWeight = tf.slice(weight, [0, 0], [HIDDEN, -1]);
  const gatedWeight = tf.slice(weight, [HIDDEN, 0], [HIDDEN, -1]);
  const pooled = tf.add(tf.matMul(mean, meanWeight), tf.matMul(gated, gatedWeight));
  const logits = tf.add(pooled, parameters['output.bias']) as tf.Tensor2D;
  return { logits, hidden, shares, attention };
}

/** Weighted mean cross-entropy in nats. labels [graphs] 0..1, weights [graphs]. Call it inside tf.tidy(). */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): tf.Scalar {
  const total = Array.from(weights).reduce((sum, weight) => sum + weight, 0);
  const targets = Array.from(labels).flatMap((label, i) => {
    const share = total > 0 ? (weights[i] ?? 0) / total : 0;
    return [-share * (1 - label), -share * label];
  });
  return tf.sum(tf.mul(tf.logSoftmax(logits), tf.tensor2d(targets, [labels.length, 2])));
}

/** Loss and flat gradient by automatic differentiation; registerGradients() must have run. For small batches. */
export function lossAndGradient(
  platform: Platform,
  vector: Float32Array,
  input: NetworkInput,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): { readonly loss: number; readonly gradient: Float32Array } {
  const { tensors, size } = parameterLayout(platform);
  const gradient = new Float32Array(size);
  return tf.tidy(() => {
    const parameters = parameterTensors(platform, vector);
    const lossOf = (...values: tf.Tensor[]) => {
      const named = Object.fromEntries(tensors.map(({ name }, i) => [name, values[i]]));
      return crossEntropy(network(named as NetworkTensors, input).logits, labels, weights);
    };
    const { value, grads } = tf.valueAndGrads(lossOf)(tensors.map(({ name }) => parameters[name]));
    tensors.forEach(({ offset }, i) => {
      gradient.set(grads[i]?.dataSync() ?? [], offset);
    });
    return { loss: value.dataSync()[0] ?? Number.NaN, gradient };
  });
}

/** A parameter vector as tensors; whoever asks disposes them. */
export function parameterTensors(platform: Platform, vector: Float32Array): NetworkTensors {
  const { tensors } = parameterLayout(platform);
  return Object.fromEntries(
    tensors.map(({ name, shape, offset, size }) => [
      name,
      tf.tensor(vector.slice(offset, offset + size), [...shape]),
    ]),
  ) as NetworkTensors;
}

/** Graphs [from, to) of a prepared batch as tensors; they need at least one node. Whoever asks disposes them. */
export function networkInput(batch: PreparedBatch, from: number, to: number): NetworkInput {
  const firstNode = batch.nodeStart[from] ?? 0;
  const nodes = (batch.nodeStart[to] ?? 0) - firstNode;
  const rowsOfType: number[][] = Array.from({ length: batch.nodeTypes }, () => []);
  const graph = new Int32Array(nodes);
  const ints = (values: ArrayLike<number>) => tf.tensor1d(Int32Array.from(values), 'int32');
  for (let g = from; g < to; g++) {
    let node = (batch.nodeStart[g] ?? 0) - firstNode;
    rowsOfType.forEach((rows, type) => {
      const end = node + (batch.nodesPerType[g * batch.nodeTypes + type] ?? 0);
      for (; node < end; node++) {
        rows.push(node);
        graph[node] = g - from;
      }
    });
  }
  const perGraph = Array.from({ length: to - from }, (_, g) => {
    return (batch.nodeStart[from + g + 1] ?? 0) - (batch.nodeStart[from + g] ?? 0);
  });
  const features = batch.features.slice(firstNode * FEATURES, (firstNode + nodes) * FEATURES);
  return {
    features: tf.tensor2d(features, [nodes, FEATURES]),
    rowsOfType: rowsOfType.map((rows) => (rows.length > 0 ? ints(rows) : null)),
    messages: messagesOf(batch, from, to),
    graph: ints(graph),
    nodesPerGraph: tf.tensor2d(
      perGraph.map((count) => Math.max(count, 1)),
      [to - from, 1],
    ),
    graphs: to - from,
  };
}

function messagesOf(batch: PreparedBatch, from: number, to: number): Messages | null {
  const first = batch.messageStart[from] ?? 0;
  const end = batch.messageStart[to] ?? 0;
  if (first === end) return null;
  const firstNode = batch.nodeStart[from] ?? 0;
  const source = batch.source.slice(first, end);
  const target = batch.target.slice(first, end);
  for (let g = from; g < to; g++) {
    const moved = (batch.nodeStart[g] ?? 0) - firstNode;
    for (let m = batch.messageStart[g] ?? 0; m < (batch.messageStart[g + 1] ?? 0); m++) {
      source[m - first] = (source[m - first] ?? 0) + moved;
      target[m - first] = (target[m - first] ?? 0) + moved;
    }
  }
  return {
    source: tf.tensor1d(source, 'int32'),
    target: tf.tensor1d(target, 'int32'),
    kind: tf.tensor1d(batch.kind.slice(first, end), 'int32'),
    nodes: (batch.nodeStart[to] ?? 0) - firstNode,
  };
}

/** Each node through the projection of its type, then ELU. -> [nodes, HIDDEN] */
function projectInput(parameters: NetworkTensors, input: NetworkInput): tf.Tensor2D {
  const { features, rowsOfType } = input;
  const nodes = features.shape[0];
  const numbers = tf.where(tf.isNaN(features), tf.zerosLike(features), features);
  const held = tf.clipByValue(numbers, -FEATURE_LIMIT, FEATURE_LIMIT);
  let projected: tf.Tensor = tf.fill([nodes, HIDDEN], 0);
  rowsOfType.forEach((rows, type) => {
    if (!rows) return;
    const weight = tf.slice(parameters['input.weight'], [type, 0, 0], [1, -1, -1]);
    const bias = tf.slice(parameters['input.bias'], [type, 0], [1, -1]);
    const ofType = tf.matMul(tf.gather(held, rows), tf.reshape(weight, [FEATURES, HIDDEN]));
    // a node has one type, so the sum only puts each row back to its place
    projected = tf.add(projected, segmentSum(tf.add(ofType, bias), rows, nodes));
  });
  return tf.elu(projected) as tf.Tensor2D;
}
