import { FEATURES } from '../contracts/graph.ts';
import type { GraphPart } from './graph-part.ts';
import { PROCESS_BLOCKS, processRows, processRowWidth } from './process-rows.ts';

/** Two processes, the first started the second; the second wrote a file and reached a network end. */
function graph(nodeOffset: number): GraphPart {
  const features = new Float32Array((nodeOffset + 4) * FEATURES).fill(9);
  const values = [
    [1, -1],
    [2, -2],
    [3, -3],
    [4, -4],
  ];
  values.forEach((value, node) => {
    features.fill(0, (nodeOffset + node) * FEATURES, (nodeOffset + node + 1) * FEATURES);
    features.set(value, (nodeOffset + node) * FEATURES);
  });
  return {
    platform: 'linux',
    nodesPerType: [2, 1, 0, 1, 0],
    features,
    source: Int32Array.from([0, 1, 1], (node) => node + nodeOffset),
    target: Int32Array.from([1, 2, 3], (node) => node + nodeOffset),
    relation: Uint8Array.from([0, 4, 5]),
    nodeOffset,
    edgeOffset: 0,
    edges: 3,
  };
}

test.each([0, 5])(
  'a row holds a process, who started it, what it started and what it reached, from node %d on',
  (from) => {
    const rows = processRows(graph(from));
    const width = processRowWidth('linux');
    expect(rows.length).toBe(2 * width);
    const block = (row: number, place: number) => [
      ...rows.subarray(row * width + place * FEATURES, row * width + place * FEATURES + 2),
    ];
    expect([block(0, 0), block(1, 0)]).toEqual([
      [1, -1],
      [2, -2],
    ]);
    expect([block(0, 1), block(1, 1)]).toEqual([
      [0, 0],
      [1, -1],
    ]);
    expect([block(0, 2), block(1, 2)]).toEqual([
      [2, 0],
      [0, 0],
    ]);
    expect([block(0, 3), block(1, 3)]).toEqual([
      [0, 0],
      [2, 0],
    ]);
    const wrote = PROCESS_BLOCKS.length + 3;
    expect([block(1, wrote), block(1, wrote + 1)]).toEqual([
      [3, 0],
      [4, 0],
    ]);
    expect(block(0, wrote)).toEqual([0, 0]);
  },
);

test('a graph without processes has no rows', () => {
  expect(processRows({ ...graph(0), nodesPerType: [0, 0, 0, 0, 0], edges: 0 })).toHaveLength(0);
});
