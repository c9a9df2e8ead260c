import { benignThreshold } from './threshold.ts';

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
