import { byKey } from './by-key.ts';
import { quantile } from './metrics.ts';
import { seededRandom } from './random.ts';
import { type BenignScore, benignThresholds } from './threshold.ts';

const benignThreshold = (scores: readonly BenignScore[], rate: number) => {
  const [one] = benignThresholds(scores, [rate]);
  if (!one) throw new Error('no threshold');
  return one;
};

const quiet = Array.from({ length: 20 }, (_, host) =>
  Array.from({ length: 20 }, (_, at) => ({ host: `h${host}`, score: (at + host) / 100 })),
).flat();

test('benignThreshold() lies where the share of benign windows lies', () => {
  const { value, low, high, hosts } = benignThreshold(quiet, 0.1);
  const above = quiet.filter((one) => one.score >= value).length / quiet.length;
  expect(above).toBeGreaterThan(0.05);
  expect(above).toBeLessThan(0.16);
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
  expect(hosts).toBe(20);
});

test('benignThreshold() says when one machine decides', () => {
  const loud = Array.from({ length: 4 }, () => ({ host: 'loud', score: 5 }));
  const { deciders, low, high } = benignThreshold([...quiet, ...loud], 0.005);
  expect(deciders).toBe(1);
  expect(high - low).toBeGreaterThan(4); // with or without that machine: a different threshold
});

test('without benign windows nothing may alert', () => {
  expect(benignThreshold([], 0.005).value).toBe(Number.POSITIVE_INFINITY);
});

test('a score that most windows share lies below the threshold', () => {
  const { value } = benignThreshold(
    quiet.map((one) => ({ ...one, score: 3 })),
    0.005,
  );
  expect(value).toBeGreaterThan(3);
});

test('several rates are those of the same draws, each the quantile of what was drawn', () => {
  const random = seededRandom(5);
  const scores = Array.from({ length: 300 }, (_, at) => ({
    host: `h${Math.floor(at / 7)}`,
    score: Math.round(random() * 50) / 10, // with ties
  }));
  const byHost = byKey(scores, (one) => one.host);
  const groups = [...byHost.values()].map((group) => group.map((one) => one.score));
  const draw = seededRandom(1);
  const drawn = Array.from({ length: 400 }, () =>
    groups.flatMap(() => groups[Math.floor(draw() * groups.length)] ?? []),
  );
  const rates = [0.005, 0.02, 0.3];
  const expected = rates.map((rate) =>
    quantile(
      drawn.map((one) => quantile(one, 1 - rate) ?? 0),
      0.5,
    ),
  );
  benignThresholds(scores, rates).forEach(({ value }, place) => {
    expect(value).toBeCloseTo(expected[place] ?? Number.NaN, 12);
  });
});
