import { FEATURES, NODE_TYPES } from '../contracts/graph.ts';
import { FEATURE_TABLE } from '../featurize/features.ts';
import { ablated, ablationsOf, ablationTitle, FEATURE_GROUPS } from './ablate.ts';
import { testExample } from './example-fixtures.ts';

const { graph } = testExample({ feature: 5 });

test('every feature belongs to exactly one group', () => {
  for (const table of Object.values(FEATURE_TABLE).flatMap((tables) => Object.values(tables)))
    for (const { name } of table)
      expect([name, Object.values(FEATURE_GROUPS).filter((group) => group.test(name)).length]).toEqual([
        name,
        1,
      ]);
});

test('a relation goes with all of its edges and leaves the others and every node', () => {
  const without = ablated(graph, { kind: 'relation', relation: 4 });
  expect([...without.relation]).toEqual([0]);
  expect(without.nodesPerType).toEqual(graph.nodesPerType);
  expect(without.features).toEqual(graph.features);
  expect([...graph.relation]).toEqual([0, 4]);
});

test('a group of features becomes 0 in every node that has it and nowhere else', () => {
  const full = { ...graph, features: new Float32Array(graph.features.length).fill(1) };
  const zerosWithout = (group: 'names' | 'acts') => {
    const { features } = ablated(full, { kind: 'features', group });
    return [0, 1, 2].map(
      (node) => features.slice(node * FEATURES, (node + 1) * FEATURES).filter((x) => x === 0).length,
    );
  };
  expect(zerosWithout('acts')).toEqual([16, 16, 0]); // of two processes and a file
  expect(zerosWithout('names')).toEqual([0, 0, 12]);
});

test('each ablation of a platform has a title of its own and takes what the platform has', () => {
  for (const platform of ['windows', 'linux'] as const) {
    const titles = ablationsOf(platform).map((one) => ablationTitle(platform, one));
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).toContain('relation: process spawned process');
    expect(titles).toContain('features: names');
    expect(titles.includes('relation: process set registry')).toBe(
      (NODE_TYPES[platform] as readonly string[]).includes('registry'),
    );
  }
});
