import type { HeteroGraph } from '../../contracts/graph.ts';
import { randomFrom } from '../../models/random.ts';
import { driftOf } from './drift.ts';
import { testFleet as fleet, testScores as scoresFor, WINDOWS_EACH } from './drift-fixtures.ts';
import { type DrawnWindow, decodeReference, encodeReference, referenceOf } from './reference.ts';

const learnt = fleet(120, { seed: 1 });
const reference = referenceOf('linux', {
  windows: learnt,
  scores: scoresFor(learnt, 2),
  heldOut: true,
  attacks: [],
});

/** Whole endpoints of the reference, drawn with replacement. */
function resample(endpoints: number, seed: number): readonly DrawnWindow[] {
  const random = randomFrom(seed);
  return Array.from({ length: endpoints }, (_, copy) => {
    const first = WINDOWS_EACH * Math.floor(120 * random.next());
    return learnt.slice(first, first + WINDOWS_EACH).map((one) => ({ ...one, endpoint: `copy ${copy}` }));
  }).flat();
}

test.each([10, 20, 80])('%d endpoints of the reference itself have not moved', (endpoints) => {
  for (const seed of [5, 6, 7]) {
    const graphs = resample(endpoints, seed);
    const shifts = driftOf(reference, { graphs, scores: scoresFor(graphs, seed) });
    expect(shifts?.features.excess).toBeLessThan(0.1);
    expect(shifts?.window.excess).toBeLessThan(0.1);
    expect(shifts?.score?.excess).toBeLessThan(0.1);
    expect(shifts?.unseen).toEqual({ nodes: 0, windows: 0, features: [] });
  }
});

test('a plain index would alarm at ten endpoints, its excess does not', () => {
  const shifts = driftOf(reference, { graphs: fleet(10, { seed: 9 }), scores: [] });
  const level = reference.variables.find(({ of, place }) => of === 'process' && place === 0);
  expect(level?.expected[3]).toBeGreaterThan(0.25); // eight endpoints
  expect(shifts?.strongest.filter(({ of }) => of === 'process')).toEqual([]);
});

test('another level of a feature moves it, by name, and leaves the others alone', () => {
  const graphs = fleet(40, { seed: 3, level: 0.8 });
  const shifts = driftOf(reference, { graphs, scores: scoresFor(graphs, 4, 0.5) });
  const [strongest] = shifts?.strongest ?? [];
  expect(strongest?.excess).toBeGreaterThan(0.25);
  expect(strongest).toMatchObject({ endpoints: 40, of: expect.stringMatching(/process|file/) });
  expect(shifts?.window.excess).toBeLessThan(0.1);
  expect(shifts?.score?.excess).toBeGreaterThan(0.25);
  expect(shifts?.score?.population.now.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
});

test('a feature that the training never saw is told by its name and share', () => {
  const own = fleet(10, { seed: 11, feature: 40 });
  const shifts = driftOf(reference, { graphs: [...own, ...fleet(10, { seed: 12 })], scores: [] });
  expect(shifts?.unseen.windows).toBeCloseTo(0.5, 6);
  expect(shifts?.unseen.nodes).toBeCloseTo(1 / 3, 6); // two of three nodes in half of the windows
  expect(shifts?.unseen.features).toEqual([{ of: 'process', name: expect.any(String), windows: 0.5 }]);
});

test('what attacks of the training showed is not unseen', () => {
  const attacks: readonly HeteroGraph[] = fleet(1, { seed: 13, feature: 40 }).map((one) => one.graph);
  const both = referenceOf('linux', { windows: learnt, scores: [], heldOut: false, attacks });
  const shifts = driftOf(both, { graphs: fleet(10, { seed: 11, feature: 40 }), scores: [] });
  expect(shifts?.unseen.windows).toBe(0);
  expect(shifts?.strongest.some(({ of }) => of === 'process')).toBe(true); // yet no benign window had it
});

test('99 windows are too few for any figure, and 99 scores for that of scores', () => {
  const graphs = fleet(10, { seed: 3 });
  expect(driftOf(reference, { graphs: graphs.slice(1), scores: [] })).toBeNull();
  const shifts = driftOf(reference, { graphs, scores: scoresFor(graphs, 4).slice(1) });
  expect(shifts?.score).toBeNull();
  expect(shifts?.features.psi).toBeGreaterThan(0);
});

test('windows count by their weight within an endpoint', () => {
  const [one, other] = [fleet(20, { seed: 21 }), fleet(20, { seed: 21, level: 0.8 })];
  const mixed = (weight: number) =>
    driftOf(reference, { graphs: [...one, ...other.map((window) => ({ ...window, weight }))], scores: [] });
  expect(mixed(0.01)?.features.excess).toBeLessThan(mixed(1)?.features.excess ?? 0);
});

test('a reference is the same after its file, and another file is refused', () => {
  expect(decodeReference(encodeReference(reference), 'm')).toEqual(reference);
  expect(() => decodeReference(Buffer.from('{"format":2}'), 'm')).toThrow(
    expect.objectContaining({ code: 'model-invalid' }),
  );
  expect(() => referenceOf('linux', { windows: [], scores: [], heldOut: true, attacks: [] })).toThrow(
    expect.objectContaining({ code: 'input-invalid' }),
  );
});
