import * as tf from '@tensorflow/tfjs-core';
import { segmentSoftmax, segmentSum } from './attention.ts';
import { useCpu } from './cpu-engine.ts';
import { crossEntropy, network, networkInput, parameterTensors } from './gat.ts';
import { initialParameters } from './parameters.ts';
import { createPreparer } from './prepare.ts';
import { syntheticBatch } from './synthetic.ts';

beforeAll(useCpu);

test('segmentSoftmax() adds up to 1 per segment and column', () => {
  tf.tidy(() => {
    const segment = tf.tensor1d([0, 2, 2, 2], 'int32');
    const scores = tf.tensor2d([
      [1, -2],
      [0.5, 3],
      [0.25, 10],
      [-7, -10],
    ]);
    const sums = segmentSum(segmentSoftmax(scores, segment, 3), segment, 3);
    const [a, b, c, d, e, f] = sums.dataSync();
    expect([a, b, e, f].every((sum) => Math.abs(sum! - 1) < 1e-6)).toBe(true);
    expect([c, d]).toEqual([0, 0]);
  });
});

test('network() gives graphs of a union the logits they have alone, and leaves no tensors behind', () => {
  const sizes = [
    { nodesPerType: [3, 2, 1, 1, 1], edges: 9 },
    { nodesPerType: [1, 0, 0, 0, 0], edges: 0 },
    { nodesPerType: [2, 3, 0, 1, 2], edges: 6 },
  ];
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const parameters = parameterTensors('linux', initialParameters('linux', 3));
    const batch = createPreparer('linux').prepare(syntheticBatch('linux', sizes, 5));
    const union = network(parameters, networkInput(batch, 0, 3)).logits.dataSync();
    for (let graph = 0; graph < 3; graph++) {
      const alone = network(parameters, networkInput(batch, graph, graph + 1)).logits.dataSync();
      expect(alone[0]).toBeCloseTo(union[2 * graph]!, 6);
      expect(alone[1]).toBeCloseTo(union[2 * graph + 1]!, 6);
    }
  });
  expect(tf.memory().numTensors).toBe(before);
});

test('crossEntropy() is the weighted mean of -ln p', () => {
  tf.tidy(() => {
    const logits = tf.tensor2d([
      [0, Math.log(3)],
      [0, 0],
    ]);
    const loss = crossEntropy(logits, [1, 0], [3, 1]).dataSync()[0];
    expect(loss).toBeCloseTo((3 * -Math.log(0.75) + -Math.log(0.5)) / 4, 6);
  });
});
