import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';
import { maskSensor } from './mask-sensor.ts';

const graph: HeteroGraph = {
  window: { tenantId: 't', endpointId: 'h', hostname: 'h', platform: 'windows', start: 0, end: 180 },
  windowId: 'w',
  nodesPerType: [2, 1, 0, 1, 0],
  features: Float32Array.from({ length: 4 * FEATURES }, (_, at) => Math.floor(at / FEATURES)),
  labels: ['a', 'b', 'file', 'net'],
  source: Int32Array.from([0, 0, 1]),
  target: Int32Array.from([1, 2, 3]),
  relation: Uint8Array.from([0, 4, 5]),
  count: Uint32Array.from([1, 2, 3]),
  first: Float32Array.from([1, 2, 3]),
  last: Float32Array.from([1, 2, 3]),
  edgeEvents: ['x', 'y', 'z'],
  eventCount: 6,
  contentHash: '',
};

test('maskSensor() drops whole node types with their edges and keeps the rest in place', () => {
  const draws = [0, 1, 1, 1]; // one draw per type but processes: files go
  const masked = maskSensor(graph, 0.5, () => draws.shift() ?? 1);
  expect(masked.nodesPerType).toEqual([2, 0, 0, 1, 0]);
  expect(masked.labels).toEqual(['a', 'b', 'net']);
  expect([...masked.features].filter((_, at) => at % FEATURES === 0)).toEqual([0, 1, 3]);
  expect([[...masked.source], [...masked.target]]).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect(masked.edgeEvents).toEqual(['x', 'z']);
});

test('maskSensor() never drops processes and leaves a graph alone when nothing is to go', () => {
  expect(maskSensor(graph, 1, () => 0).nodesPerType).toEqual([2, 0, 0, 0, 0]);
  expect(maskSensor(graph, 0, () => 0.5)).toBe(graph);
});
