import { bootstrapByGroup, brier, poissonInterval, prAuc, quantile, rocAuc, shareHigher } from './metrics.ts';

const rated = (text: string) =>
  text.split(' ').map((one) => ({ score: Number(one.slice(0, -1)), attack: one.endsWith('a') }));

test('prAuc() and rocAuc() give the values of scikit-learn for its own example', () => {
  // average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.8333, roc_auc_score = 0.75
  const four = rated('0.1b 0.4b 0.35a 0.8a');
  expect(prAuc(four)).toBeCloseTo(0.8333333, 6);
  expect(rocAuc(four)).toBeCloseTo(0.75, 10);
});

test('equal scores count as one step, whatever their order', () => {
  expect(prAuc(rated('0.5a 0.5b 0.5b 0.5a'))).toBeCloseTo(0.5, 10);
  expect(prAuc(rated('0.5b 0.5b 0.5a 0.5a'))).toBeCloseTo(0.5, 10);
  expect(rocAuc(rated('0.5b 0.5a 0.2b'))).toBeCloseTo(0.75, 10);
});

test('a figure that needs both classes is null without them', () => {
  expect(prAuc(rated('0.5b'))).toBeNull();
  expect(rocAuc(rated('0.5a'))).toBeNull();
  expect(brier([])).toBeNull();
  expect(shareHigher([])).toBeNull();
});

test('brier() is the mean squared distance', () => {
  expect(brier(rated('0.9a 0.2b'))).toBeCloseTo((0.01 + 0.04) / 2, 10);
});

test('poissonInterval() gives the tabulated exact bounds', () => {
  expect(poissonInterval(0).low).toBe(0);
  expect(poissonInterval(0).high).toBeCloseTo(3.689, 3);
  expect(poissonInterval(1).low).toBeCloseTo(0.0253, 4);
  expect(poissonInterval(1).high).toBeCloseTo(5.572, 3);
  expect(poissonInterval(10).low).toBeCloseTo(4.795, 3);
  expect(poissonInterval(10).high).toBeCloseTo(18.39, 2);
});

test('shareHigher() counts ties half', () => {
  expect(
    shareHigher([
      [1, 2],
      [2, 1],
      [3, 3],
      [0, 5],
    ]),
  ).toBeCloseTo(0.625, 10);
});

test('quantile() lies between two numbers in proportion', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

test('bootstrapByGroup() draws whole groups: one group has no width', () => {
  const one = bootstrapByGroup([rated('0.9a 0.1b 0.5b')], rocAuc);
  expect(one).toEqual({ value: 1, low: 1, high: 1 });
  const two = bootstrapByGroup([rated('0.9a 0.1b'), rated('0.1a 0.9b')], rocAuc, { seed: 3 });
  expect(two?.value).toBeCloseTo(0.5, 10);
  expect(two?.low).toBe(0);
  expect(two?.high).toBe(1);
});
