import {
  ASSUMED,
  coresPerEndpoint,
  monthlyCost,
  partitionLimits,
  scorerSeconds,
  sizingOf,
  windowSeconds,
} from './sizing.ts';

const usual = { eventsPerSecond: 3.5, intervalSeconds: 30 };
const sizes = {
  ...{ raw: 1000, event: 2000, result: 1000, alert: 3000, eventDocument: 2500, resultDocument: 1500 },
  ...{ batchPerWindow: 50_000, checkpointHeld: 200_000, checkpointHead: 60_000, checkpointPerSecond: 5000 },
  lz4: 5,
};

test('the cost of a window is what the measured pipeline leaves over', () => {
  expect(windowSeconds()).toBeCloseTo(8.98e-3, 5);
  expect(scorerSeconds()).toBeCloseTo(0.84e-3, 8);
  const { alerting: _, ...measured } = coresPerEndpoint(usual);
  const cores = Object.values(measured).reduce((sum, one) => sum + one, 0);
  expect(1 / cores).toBeCloseTo(1203, 6);
});

test('featurize is the first stage whose partitions are used up', () => {
  const limits = partitionLimits(usual);
  expect(Math.min(...Object.values(limits))).toBe(limits.featurize);
  expect(limits.featurize).toBeGreaterThan(15_000);
  expect(limits.featurize).toBeLessThan(16_000);
});

test('ten times the endpoints are ten times the bytes and about ten times the cost', () => {
  const small = sizingOf({ ...usual, endpoints: 100_000 }, sizes);
  const large = sizingOf({ ...usual, endpoints: 1_000_000 }, sizes);
  expect(large.rawBytes).toBe(10 * small.rawBytes);
  expect(large.perDay.eventDocuments).toBe(302_400_000_000);
  expect(monthlyCost(large).total / monthlyCost(small).total).toBeCloseTo(10, 0);
  expect(small.replicas.featurize).toBe(
    Math.ceil(100_000 * (coresPerEndpoint(usual).featurize / ASSUMED.targetUtilisation)),
  );
});
