import { FEATURES } from '../contracts/graph.ts';
import { testExample } from './example-fixtures.ts';
import { hideNames } from './hide-names.ts';

test('hideNames() clears the hashed places of each node type and nothing else', () => {
  const { graph } = testExample();
  const full = { ...graph, features: graph.features.map(() => 1) };
  const rowOf = ({ features }: typeof graph, node: number) => [
    ...features.subarray(node * FEATURES, (node + 1) * FEATURES),
  ];
  const onLinux = hideNames(full);
  expect(rowOf(onLinux, 0)).toEqual(Array(FEATURES).fill(1)); // of a process on Linux nothing is a name
  expect(rowOf(onLinux, 2).slice(0, 13)).toEqual([...Array(12).fill(0), 1]); // a file's nameHash
  const onWindows = hideNames({ ...full, window: { ...graph.window, platform: 'windows' } });
  expect(rowOf(onWindows, 0).slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]); // a process's nameHash
  expect(rowOf(onWindows, 0).slice(22, 32)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]); // its wordHash
  expect(rowOf(onWindows, 0)).toEqual(rowOf(onWindows, 1));
  expect(full.features.every((value) => value === 1)).toBe(true);
});
