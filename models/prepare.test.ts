import { RELATIONS } from '../contracts/graph.ts';
import { architectureHash, architectureOf, edgeKind } from './architecture.ts';
import { createPreparer } from './prepare.ts';
import { syntheticBatch, syntheticSizes } from './synthetic.ts';

const batch = syntheticBatch('windows', syntheticSizes(5, 3), 4);

test('prepare() makes two messages of every edge, sorted by the node that receives them', () => {
  const prepared = createPreparer('windows').prepare(batch);
  expect(prepared.messages).toBe(2 * batch.source.length);
  expect([...prepared.origin].sort((a, b) => a - b)).toEqual(
    Array.from({ length: prepared.messages }, (_, i) => i),
  );
  batch.graphs.forEach(({ nodeOffset }, g) => {
    const first = prepared.messageStart[g]!;
    for (let m = first; m < prepared.messageStart[g + 1]!; m++) {
      const edge = prepared.origin[m]! >> 1;
      const reverse = (prepared.origin[m]! & 1) === 1;
      const [from, to] = reverse
        ? [batch.target[edge]!, batch.source[edge]!]
        : [batch.source[edge]!, batch.target[edge]!];
      expect(prepared.source[m]).toBe(from - nodeOffset);
      expect(prepared.target[m]).toBe(to - nodeOffset);
      expect(prepared.kind[m]).toBe(edgeKind(batch.relation[edge]!, reverse, batch.count[edge]!));
      const row = prepared.nodeStart[g]! + g + prepared.target[m]!;
      expect(m - first).toBeGreaterThanOrEqual(prepared.rowStart[row]!);
      expect(m - first).toBeLessThan(prepared.rowStart[row + 1]!);
    }
  });
});

test('prepare() leaves out hidden edges, both their messages', () => {
  const hiddenEdges = Uint8Array.from(batch.source, (_, e) => (e % 3 === 0 ? 1 : 0));
  const { origin } = createPreparer('windows').prepare(batch, { hiddenEdges });
  expect(origin.length).toBe(2 * hiddenEdges.filter((hidden) => hidden === 0).length);
  expect([...origin].some((message) => hiddenEdges[message >> 1])).toBe(false);
});

test('prepare() gives the same after a larger batch has used its arrays', () => {
  const preparer = createPreparer('windows');
  const fresh = structuredClone(preparer.prepare(batch));
  preparer.prepare(syntheticBatch('windows', syntheticSizes(20, 8), 9));
  expect(preparer.prepare(batch)).toEqual(fresh);
});

test.each([
  ['an edge', { target: batch.target.map((node, e) => (e === 3 ? 1e6 : node)) }],
  ['an edge', { source: batch.source.map((node, e) => (e === 0 ? -1 : node)) }],
  ['unknown relation', { relation: batch.relation.map(() => RELATIONS.windows.length) }],
  ['fewer features', { features: batch.features.subarray(64) }],
  ['node types', { graphs: batch.graphs.map((graph) => ({ ...graph, nodesPerType: [1] })) }],
  [
    'impossible size',
    { graphs: batch.graphs.map((graph) => ({ ...graph, nodesPerType: [5, -1, 1, 1, 1] })) },
  ],
  ['does not follow', { graphs: batch.graphs.map((graph) => ({ ...graph, edgeOffset: 0 })) }],
  ['a batch of linux', { platform: 'linux' as const }],
  ['fewer edges', { graphs: batch.graphs.map((graph) => ({ ...graph, edges: 1e6 })) }],
  ['does not follow', { graphs: batch.graphs.slice(1) }],
])('prepare() refuses a batch that is wrong in %s', (what, change) => {
  expect(() => createPreparer('windows').prepare({ ...batch, ...change })).toThrow(what);
});

test('edgeKind() tells relations, directions and counts of 1, 2-7, 8-63 and more apart', () => {
  const kinds = new Set<number>();
  for (let relation = 0; relation < architectureOf('linux').relations; relation++) {
    for (const reverse of [false, true]) {
      for (const seen of [1, 2, 8, 64]) kinds.add(edgeKind(relation, reverse, seen));
    }
  }
  expect([...kinds].sort((a, b) => a - b)).toEqual(
    Array.from({ length: architectureOf('linux').kinds }, (_, i) => i),
  );
  expect(edgeKind(1, false, 7)).toBe(edgeKind(1, false, 2));
  expect(edgeKind(1, false, 63)).toBe(edgeKind(1, false, 8));
});

test('architectureHash() differs between platforms', () => {
  expect(architectureHash('windows')).not.toBe(architectureHash('linux'));
});
