import { addTallies, NO_WINDOWS, recentTally, stabilityIndex, type Tally } from './tally.ts';
import { TRIP_BOUNDS, tripOf } from './trip-wire.ts';

/** Windows of a healthy version: most scores low, half a per cent of alerts, a third of a millisecond per graph. */
function healthy(windows: number): Tally {
  const shares = [0.8, 0.1, 0.04, 0.02, 0.01, 0.01, 0.015, 0.002, 0.002, 0.001];
  return {
    ...{ windows, errors: 0, alerts: windows * 0.005, computed: windows, computeMs: windows * 0.33 },
    scores: shares.map((share) => share * windows),
  };
}

const MANY = 4 * TRIP_BOUNDS.windows;

describe('tripOf()', () => {
  test('leaves a version alone that is like the one before', () => {
    expect(tripOf(healthy(MANY), healthy(MANY))).toBeUndefined();
  });

  test('judges errors without a comparison, unless the old version had as many', () => {
    const failing = { ...healthy(60), errors: 10 };
    expect(tripOf(NO_WINDOWS, failing)).toMatchObject({ reason: 'errors' });
    expect(tripOf({ ...healthy(600), errors: 100 }, failing)).toBeUndefined();
    expect(tripOf(NO_WINDOWS, { ...healthy(40), errors: 40 })).toBeUndefined();
  });

  test('judges alerts by how many more there are, with numbers in the reason', () => {
    const loud = { ...healthy(MANY), alerts: MANY * 0.1 };
    expect(tripOf(healthy(MANY), loud)).toEqual({
      reason: 'alerts',
      numbers: '10.0 % of 2000 windows would alert, 0.5 % of 2000 before',
    });
    expect(tripOf({ ...healthy(MANY), alerts: MANY * 0.03 }, loud)).toBeUndefined();
    expect(tripOf(healthy(100), loud)).toBeUndefined(); // too few windows to compare with
  });

  test('judges scores by their shift: a constant and a mirrored version trip, a retrained one does not', () => {
    const scores = healthy(MANY).scores;
    const of = (own: readonly number[]) => tripOf(healthy(MANY), { ...healthy(MANY), scores: own })?.reason;
    expect(of([0, 0, 0, 0, MANY, 0, 0, 0, 0, 0])).toBe('scores');
    expect(of(scores.toReversed())).toBe('scores');
    const retrained = [0.6, 0.18, 0.1, 0.05, 0.03, 0.015, 0.01, 0.01, 0.003, 0.002];
    expect(of(retrained.map((share) => share * MANY))).toBeUndefined();
  });

  test('judges time per computed graph: what was remembered does not hide it, what is fast anyway passes', () => {
    const slow = { ...healthy(MANY), computeMs: MANY * 6 };
    expect(tripOf(healthy(MANY), slow)).toMatchObject({ reason: 'latency' });
    const halfRemembered = { ...slow, computed: MANY / 2, computeMs: (MANY / 2) * 6 };
    expect(tripOf(healthy(MANY), halfRemembered)).toMatchObject({ reason: 'latency' });
    expect(tripOf(healthy(MANY), { ...healthy(MANY), computeMs: MANY * 3 })).toBeUndefined();
  });
});

test('stabilityIndex() is 0 for equal shares and what its formula gives for others', () => {
  expect(stabilityIndex([100, 300], [100, 300])).toBe(0);
  const [p, q] = [100.5 / 401, 300.5 / 401];
  expect(stabilityIndex([100, 300], [300, 100])).toBeCloseTo((q - p) * Math.log(q / p) * 2, 10);
});

test('recentTally() forgets what is older than two stretches', () => {
  const recent = recentTally(10);
  const batch = { ...NO_WINDOWS, windows: 4 };
  for (let batches = 0; batches < 100; batches++) recent.add(batch);
  expect(recent.total().windows).toBeGreaterThanOrEqual(10);
  expect(recent.total().windows).toBeLessThanOrEqual(24);
  expect(addTallies(batch, batch).windows).toBe(8);
});
