import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';
import { drawnLike, withoutEdges, withoutNodes } from './delete-parts.ts';

const GRAPH: HeteroGraph = {
  window: {
    tenantId: 'default',
    endpointId: 'a',
    hostname: 'a',
    platform: 'linux',
    start: 0,
    end: 180,
  },
  windowId: 'w',
  nodesPerType: [2, 1, 0, 1, 0],
  features: Float32Array.from({ length: 4 * FEATURES }, (_, i) => Math.floor(i / FEATURES)),
  labels: ['p0', 'p1', 'f2', 'n3'],
  source: Int32Array.of(0, 1, 0, 1),
  target: Int32Array.of(1, 2, 2, 3),
  relation: Uint8Array.of(0, 2, 2, 5),
  count: Uint32Array.of(1, 2, 3, 4),
  first: Float32Array.of(5, 6, 7, 8),
  last: Float32Array.of(1, 2, 3, 4),
  edgeEvents: ['a', 'b', 'c', 'd'],
  eventCount: 10,
  contentHash: 'h',
};

test('withoutNodes() takes their edges with them and renumbers the rest', () => {
  const left = withoutNodes(GRAPH, new Set([0]));
  expect(left).toMatchObject({
    nodesPerType: [1, 1, 0, 1, 0],
    labels: ['p1', 'f2', 'n3'],
    edgeEvents: ['b', 'd'],
  });
  expect([[...left.source], [...left.target], [...left.relation], [...left.count]]).toEqual([
    [0, 0],
    [1, 2],
    [2, 5],
    [2, 4],
  ]);
  expect(left.features).toEqual(GRAPH.features.subarray(FEATURES));
});

test('withoutEdges() leaves the nodes as they are', () => {
  const left = withoutEdges(GRAPH, new Set([1, 3]));
  expect(left.edgeEvents).toEqual(['a', 'c']);
  expect([[...left.source], [...left.target], [...left.first], [...left.last]]).toEqual([
    [0, 0],
    [1, 2],
    [5, 7],
    [1, 3],
  ]);
  expect(left.labels).toEqual(GRAPH.labels);
});

test('drawnLike() draws the same mix of kinds, each place once', () => {
  const kinds = [0, 0, 0, 1, 1, 2];
  let turn = 0;
  const random = () => (turn++ % 7) / 7;
  for (let round = 0; round < 50; round++) {
    const drawn = drawnLike([0, 1, 3], kinds, random);
    expect([...drawn].map((place) => kinds[place]).sort()).toEqual([0, 0, 1]);
  }
});
