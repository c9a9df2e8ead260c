import { type ServingPath, simulate } from './simulate.ts';

const path: ServingPath = {
  ...{ endpoints: 600, intervalSeconds: 30, featurizers: 2, partitions: 12, seed: 1 },
  ...{ seconds: 150, warmUpSeconds: 30, buildSeconds: 0.001, storeSeconds: 0.002 },
  sizes: [{ platform: 'windows', nodes: 50, edges: 60, bytes: 20_000 }],
  closing: (random) => random() * 0.3,
  scoreSeconds: () => 0.001,
  ...{ scoreBatchSeconds: 0.002, scoreVariation: 0.01 },
  station: {
    ...{ scorers: 1, ahead: 3, attempts: 3, stalledAfterSeconds: 10, restartSeconds: 20 },
    killedEverySeconds: Number.POSITIVE_INFINITY,
    limits: { jobs: 1000, bytes: 512 * 2 ** 20 },
  },
};

describe('simulate()', () => {
  test('gives every window its result, and the same figures for the same seed', () => {
    const figures = simulate(path);
    expect(figures.windows).toBe(600 * 4);
    expect(figures.unfinished).toBe(0);
    expect(figures.utilisation).toBeGreaterThan(0.02);
    expect(figures.utilisation).toBeLessThan(0.05);
    expect(figures.p50).toBeGreaterThan(0.2); // a batch waits 200 ms for its windows
    expect(figures.p99).toBeLessThan(0.6);
    expect(simulate(path).p99).toBe(figures.p99);
    expect(simulate({ ...path, seed: 2 }).p99).not.toBe(figures.p99);
  });

  test('a killed scorer makes some windows late and loses none', () => {
    const figures = simulate({
      ...path,
      scoreSeconds: () => 0.06, // six tenths of the time something is computed
      station: { ...path.station, scorers: 2, killedEverySeconds: 30 },
    });
    expect(figures.queue.returned).toBeGreaterThan(0);
    expect(figures.unfinished).toBe(0);
    expect(figures.p99).toBeGreaterThan(5);
  });

  test('a queue that is too small holds the featurizers up, not the bound', () => {
    const limits = { jobs: 1000, bytes: 500_000 };
    const figures = simulate({
      ...path,
      scoreSeconds: () => 0.048,
      station: { ...path.station, limits },
    });
    expect(figures.blockedSeconds).toBeGreaterThan(0);
    expect(figures.queue.mostBytes).toBeLessThanOrEqual(500_000);
    expect(figures.queue.failed).toBe(0);
  });

  test('ticks on whole seconds come in crowds that wait longer than ticks spread over the second', () => {
    const loaded = { ...path, scoreSeconds: () => 0.02 };
    const crowded = simulate(loaded);
    const spread = simulate({ ...loaded, spreadTicks: true });
    expect(spread.utilisation).toBeCloseTo(crowded.utilisation, 1);
    expect(spread.p50).toBeLessThan(crowded.p50);
  });

  test('a burst makes a loaded scorer slower', () => {
    const loaded = { ...path, scoreSeconds: ({ nodes }: { nodes: number }) => nodes * 0.0005 };
    const burst = { from: 60, until: 120, share: 0.8, factor: 2 };
    expect(simulate({ ...loaded, burst }).p95).toBeGreaterThan(simulate(loaded).p95);
  });
});
