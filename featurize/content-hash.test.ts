import { contentHash } from './content-hash.ts';
import { graphOf, linuxAttack, windowsAttack } from './graph-fixtures.ts';

const CAST = { user: 'bo', address: '203.0.113.9' };
const graph = graphOf('windows', windowsAttack(CAST));

test('contentHash() is 128 bits as hex, and equal for equal features and edges whatever times, ids and labels', () => {
  const later = { ...graph, first: graph.first.map((at) => at + 30), edgeEvents: [], labels: [] };
  expect(contentHash(graph)).toMatch(/^[0-9a-f]{32}$/);
  expect(contentHash(later)).toBe(contentHash(graph));
  expect(contentHash(graphOf('linux', linuxAttack(CAST)))).not.toBe(contentHash(graph));
});

test('contentHash() tells any single feature, end, relation or doubled count apart', () => {
  const seen = new Set([contentHash(graph)]);
  let changes = 0;
  const tell = (changed: Partial<typeof graph>): void => {
    changes += 1;
    seen.add(contentHash({ ...graph, ...changed }));
  };
  for (let place = 0; place < graph.features.length; place++) {
    tell({ features: graph.features.with(place, (graph.features[place] ?? 0) + 0.25) });
  }
  for (let edge = 0; edge < graph.source.length; edge++) {
    tell({ source: graph.source.with(edge, 99) });
    tell({ target: graph.target.with(edge, 99) });
    tell({ relation: graph.relation.with(edge, 7) });
    tell({ count: graph.count.with(edge, (graph.count[edge] ?? 0) * 2) });
  }
  tell({ nodesPerType: [...graph.nodesPerType].reverse() });
  expect(seen.size).toBe(changes + 1);
});
