import { createPreparer } from '../prepare.ts';
import { syntheticBatch } from '../synthetic.ts';
import { chunksOf, inHalves, rowsOf } from './chunks.ts';

const graph = (nodes: number, edges: number) => ({ nodesPerType: [nodes, 1, 1, 1, 1], edges });
const prepared = createPreparer('linux').prepare(
  syntheticBatch('linux', [graph(6, 20), graph(6, 20), graph(96, 0), graph(6, 20), graph(6, 1)], 1),
);

test('chunksOf() fills every chunk up to the limit of nodes and of messages', () => {
  const chunks = chunksOf(prepared, 100);
  expect(chunks).toEqual([
    { from: 0, to: 2 },
    { from: 2, to: 3 },
    { from: 3, to: 5 },
  ]);
  expect(chunks.map((chunk) => rowsOf(prepared, chunk))).toEqual([80, 100, 42]);
  expect(chunksOf(prepared, 1000)).toEqual([{ from: 0, to: 5 }]);
});

test('chunksOf() leaves a graph beyond the limit alone, and has nothing for a batch without graphs', () => {
  expect(chunksOf(prepared, 30).map(({ from, to }) => to - from)).toEqual([1, 1, 1, 1, 1]);
  expect(chunksOf(createPreparer('linux').prepare(syntheticBatch('linux', [], 1)), 30)).toEqual([]);
});

test('inHalves() gets everything done where only many graphs together fail', async () => {
  const done: number[] = [];
  const failure = await inHalves({ from: 3, to: 10 }, async ({ from, to }) => {
    if (to - from > 2) return 'too many';
    for (let g = from; g < to; g++) done.push(g);
    return undefined;
  });
  expect(failure).toBeUndefined();
  expect(done).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

test('inHalves() names the first graph that fails alone, twice', async () => {
  const tried: string[] = [];
  const failure = await inHalves({ from: 0, to: 4 }, async ({ from, to }) => {
    tried.push(`${from}-${to}`);
    return from <= 2 && 2 < to ? `reason ${tried.length}` : undefined;
  });
  expect(failure).toEqual({ graph: 2, reason: 'reason 5' });
  expect(tried).toEqual(['0-4', '0-2', '2-4', '2-3', '2-3']);
});
