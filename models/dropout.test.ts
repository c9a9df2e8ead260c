import { FEATURES } from '../contracts/graph.ts';
import { drawDropout } from './dropout.ts';
import { randomFrom } from './random.ts';
import { syntheticBatch, syntheticSizes } from './synthetic.ts';

const batch = syntheticBatch('linux', syntheticSizes(10, 3), 4);

test('drawDropout() hides about the given shares and leaves the batch as it was', () => {
  const before = batch.features.slice();
  const { features, hiddenEdges } = drawDropout(batch, { feature: 0.2, edge: 0.3 }, randomFrom(1));
  const share = features.filter((value) => value === 0).length / features.length;
  expect(share).toBeCloseTo(0.2, 1);
  expect(hiddenEdges.filter((hidden) => hidden === 1).length / hiddenEdges.length).toBeCloseTo(0.3, 1);
  const kept = features.findIndex((value) => value !== 0);
  expect(features[kept]).toBeCloseTo(batch.features[kept]! / 0.8, 5);
  expect(batch.features).toEqual(before);
});

test('drawDropout() blanks whole nodes', () => {
  const { features } = drawDropout(batch, { node: 0.5 }, randomFrom(2));
  const nodes = features.length / FEATURES;
  let blank = 0;
  for (let node = 0; node < nodes; node++) {
    const row = features.subarray(node * FEATURES, (node + 1) * FEATURES);
    if (row.every((value) => value === 0)) blank++;
    else expect(row).toEqual(batch.features.subarray(node * FEATURES, (node + 1) * FEATURES));
  }
  expect(blank / nodes).toBeCloseTo(0.5, 1);
});

test('drawDropout() follows from its random sequence alone', () => {
  const dropout = { node: 0.1, edge: 0.1, feature: 0.1 };
  expect(drawDropout(batch, dropout, randomFrom(3))).toEqual(drawDropout(batch, dropout, randomFrom(3)));
});

test('drawDropout() gives the same in the memory of an earlier draw, a larger or a smaller one', () => {
  const dropout = { node: 0.1, edge: 0.2, feature: 0.1 };
  const fresh = drawDropout(batch, dropout, randomFrom(3));
  const larger = drawDropout(syntheticBatch('linux', syntheticSizes(20, 5), 6), { edge: 1 }, randomFrom(4));
  const memory = larger.features.buffer;
  const inLarger = drawDropout(batch, dropout, randomFrom(3), larger);
  expect(inLarger).toEqual(fresh);
  expect(inLarger.features.buffer).toBe(memory);
  const smaller = drawDropout(syntheticBatch('linux', syntheticSizes(2, 5), 6), dropout, randomFrom(4));
  expect(drawDropout(batch, dropout, randomFrom(3), smaller)).toEqual(fresh);
});
