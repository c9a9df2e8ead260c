import { FEATURES } from '../contracts/graph.ts';
import { testExample } from './example-fixtures.ts';
import { hideNames } from './hide-names.ts';

test('hideNames() clears the hashed places of each node type and nothing else', () => {
  const { graph } = testExample();
  const full = { ...graph, features: graph.features.map(() => 1) };
  const hidden = hideNames(full);
  const row = (node: number) => [...hidden.features.subarray(node * FEATURES, (node + 1) * FEATURES)];
  expect(row(0).slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]); // a process's nameHash
  expect(row(0).slice(22, 32)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]); // its wordHash
  expect(row(2).slice(0, 13)).toEqual([...Array(12).fill(0), 1]); // a file's nameHash
  expect(row(0)).toEqual(row(1));
  expect(full.features.every((value) => value === 1)).toBe(true);
});
