import * as tf from '@tensorflow/tfjs-core';
import { CAPS, FEATURES, type GraphBatch, NODE_TYPES, type NodeType } from '../../contracts/graph.ts';
import { HEADS, HIDDEN } from '../architecture.ts';
import { attend, segmentSum } from '../attention.ts';
import { useCpu } from '../cpu-engine.ts';
import { networkInput, parameterTensors } from '../gat.ts';
import { registerGradients } from '../gradients.ts';
import { LAYER_NAMES, type ParameterName } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { randomFrom } from '../random.ts';
import { syntheticBatch, syntheticModel } from '../synthetic.ts';
import { wasmEngine } from './engine.ts';
import { createExplainer } from './explainer.ts';

const PLATFORM = 'windows';

/** Parameters away from their first values, so that biases and edge kinds take part. */
function stirred() {
  const model = syntheticModel(PLATFORM, 3);
  const random = randomFrom(9);
  return { ...model, parameters: model.parameters.map((value) => value + (random.next() * 2 - 1) * 0.05) };
}

const MODEL = stirred();
const BATCH = syntheticBatch(PLATFORM, [{ nodesPerType: [5, 4, 1, 3, 2], edges: 30, amplitude: 1 }], 5);

/** The network on one graph whose messages of layer l count `masks[l]` [messages, HEADS] times, as tfjs computes it. */
function maskedNetwork(batch: GraphBatch) {
  const parameters = parameterTensors(PLATFORM, MODEL.parameters);
  const prepared = createPreparer(PLATFORM).prepare(batch);
  const { rowsOfType, messages } = networkInput(prepared, 0, 1);
  const hidden = (features: tf.Tensor, ...masks: tf.Tensor[]): tf.Tensor2D => {
    let h = tf.zeros([prepared.nodes, HIDDEN]) as tf.Tensor2D;
    rowsOfType.forEach((rows, type) => {
      const weight = tf.reshape(tf.slice(parameters['input.weight'], [type, 0, 0], [1, -1, -1]), [
        FEATURES,
        HIDDEN,
      ]);
      const bias = tf.slice(parameters['input.bias'], [type, 0], [1, -1]);
      if (rows)
        h = tf.add(
          h,
          segmentSum(
            tf.add(tf.matMul(tf.gather(features as tf.Tensor2D, rows), weight as tf.Tensor2D), bias),
            rows,
            prepared.nodes,
          ),
        );
    });
    h = tf.elu(h) as tf.Tensor2D;
    LAYER_NAMES.forEach((name, place) => {
      const of = (part: string) => parameters[`${name}.${part}` as ParameterName];
      const layer = {
        weight: of('weight'),
        source: of('source'),
        target: of('target'),
        kind: of('kind'),
        bias: of('bias'),
      };
      const { attention } = attend(h, layer as Parameters<typeof attend>[1], messages);
      const z = tf.reshape(tf.matMul(h, layer.weight as tf.Tensor2D), [-1, HEADS, HIDDEN / HEADS]);
      const weight = tf.mul(attention as tf.Tensor, masks[place] as tf.Tensor);
      const sent = tf.mul(tf.gather(z, messages?.source as tf.Tensor1D), tf.reshape(weight, [-1, HEADS, 1]));
      const received = tf.reshape(segmentSum(sent, messages?.target as tf.Tensor1D, prepared.nodes), [
        -1,
        HIDDEN,
      ]);
      h = tf.elu(tf.add(tf.add(received, layer.bias), h)) as tf.Tensor2D;
    });
    return h;
  };
  const read = (h: tf.Tensor2D) => readout(h, parameters['output.weight'], parameters.gate);
  return { hidden, read, prepared };
}

/** What both pools give of h [nodes, HIDDEN], attack less benign, without the biases. */
function readout(h: tf.Tensor2D, output: tf.Tensor, gate: tf.Tensor): tf.Scalar {
  const weight = tf.exp(tf.matMul(h, tf.reshape(gate, [HIDDEN, 1]) as tf.Tensor2D));
  const sum = (rows: tf.Tensor) => tf.sum(rows, 0, true) as tf.Tensor2D;
  const gated = tf.div(sum(tf.mul(h, weight)), tf.sum(weight)) as tf.Tensor2D;
  const mean = tf.div(sum(h), h.shape[0]) as tf.Tensor2D;
  const half = (from: number) => tf.slice(output as tf.Tensor2D, [from, 0], [HIDDEN, -1]);
  const logits = tf.add(tf.matMul(mean, half(0)), tf.matMul(gated, half(HIDDEN)));
  return tf.sum(tf.mul(logits, tf.tensor2d([[-1, 1]])));
}

function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  const size = Math.max(...Array.from(b, Math.abs));
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!))) / size;
}

test('edges, nodes and features carry what automatic differentiation by factors on messages and features gives', () => {
  useCpu();
  registerGradients();
  const { hidden, read, prepared } = maskedNetwork(BATCH);
  const features = tf.tensor2d(BATCH.features, [prepared.nodes, FEATURES]);
  const ones = LAYER_NAMES.map(() => tf.ones([prepared.messages, HEADS]));
  const [byFeature, ...byMask] = tf.grads((...inputs: tf.Tensor[]) =>
    read(hidden(...(inputs as [tf.Tensor, ...tf.Tensor[]]))),
  )([features, ...ones]);
  const h = hidden(features, ...ones);
  const whole = read(h).dataSync()[0]!;
  const node = Float32Array.from({ length: prepared.nodes }, (_, left) => {
    const others = Array.from({ length: prepared.nodes }, (_, i) => i).filter((i) => i !== left);
    return whole - read(tf.gather(h, others)).dataSync()[0]!;
  });
  const edge = new Float32Array(BATCH.source.length);
  for (const gradient of byMask) {
    gradient.dataSync().forEach((value, i) => {
      const message = Math.floor(i / HEADS);
      const sender = prepared.source[message]!;
      edge[prepared.origin[message]! >> 1]! += value;
      if (sender !== prepared.target[message]) node[sender]! += value;
    });
  }
  const input = byFeature!.dataSync().map((value, i) => value * BATCH.features[i]!);
  const explanation = createExplainer(MODEL, 'plain').explain(BATCH);
  expect(worst(explanation.edge, edge)).toBeLessThan(1e-4);
  expect(worst(explanation.node, node)).toBeLessThan(1e-4);
  expect(worst(explanation.input, input)).toBeLessThan(1e-4);
});

test('without edges a node carries exactly what the logit loses without it', async () => {
  const lone = (nodesPerType: number[], seed: number) =>
    syntheticBatch(PLATFORM, [{ nodesPerType, edges: 0 }], seed);
  const engine = wasmEngine(MODEL, 'plain');
  const batch = lone([3, 2, 0, 1, 0], 8);
  const { node } = createExplainer(MODEL, 'plain').explain(batch);
  const left = lone([2, 2, 0, 1, 0], 8);
  left.features.set(batch.features.subarray(FEATURES));
  const [whole, without] = [await engine.score(batch), await engine.score(left)];
  expect(node[0]).toBeCloseTo(whole.logit[0]! - without.logit[0]!, 4);
});

test('attention paid to the edges of all receivers adds up to the receivers', () => {
  const { attention } = createExplainer(MODEL).explain(BATCH);
  const receivers = new Set([...BATCH.source, ...BATCH.target]).size;
  expect(attention.reduce((sum, paid) => sum + paid, 0)).toBeCloseTo(receivers, 3);
});

test('a window as large as the caps allow is explained, the same every time, and an empty one has nothing', () => {
  const explainer = createExplainer(MODEL);
  const types: readonly NodeType[] = NODE_TYPES[PLATFORM];
  const nodesPerType = types.map((type) => CAPS.nodes[type]);
  const largest = syntheticBatch(PLATFORM, [{ nodesPerType, edges: CAPS.edges }], 2);
  const first = explainer.explain(largest);
  const empty = syntheticBatch(PLATFORM, [{ nodesPerType: [0, 0, 0, 0, 0], edges: 0 }], 2);
  expect(explainer.explain(empty)).toEqual({
    node: new Float32Array(0),
    edge: new Float32Array(0),
    attention: new Float32Array(0),
    input: new Float32Array(0),
  });
  for (const values of Object.values(first)) expect(values.every(Number.isFinite)).toBe(true);
  expect(explainer.explain(largest)).toEqual(first);
});

test('several graphs at once are refused', () => {
  const two = syntheticBatch(
    PLATFORM,
    [1, 2].map(() => ({ nodesPerType: [1, 1, 0, 0, 0], edges: 1 })),
    1,
  );
  expect(() => createExplainer(MODEL).explain(two)).toThrow('2 graphs to explain; give one at a time');
});
