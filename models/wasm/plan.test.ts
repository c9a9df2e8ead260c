import fc from 'fast-check';
import { openKernels } from './kernels.ts';

type Edge = readonly [number, number];

const module = openKernels();
const start = module.arena.mark();

/** Plans a graph whose edges are each two messages; a message's kind and origin are its number, to follow it. */
function planned(rows: number, edges: readonly Edge[]) {
  const { arena, kernels } = module;
  arena.reset(start);
  const messages = edges
    .flatMap(([a, b]) => [
      { source: a, target: b },
      { source: b, target: a },
    ])
    .sort((a, b) => a.target - b.target);
  const begins = Array.from({ length: rows + 1 }, (_, row) => messages.filter((m) => m.target < row).length);
  const rowStart = arena.put(Int32Array.from(begins));
  const source = arena.put(Int32Array.from(messages, (message) => message.source));
  const kind = arena.put(Int32Array.from(messages.keys()));
  const origin = arena.put(Int32Array.from(messages.keys()));
  const room = () => arena.reserve((rows + 1) * 4);
  const [gatherFrom, senders, receivers, bare] = [room(), room(), room(), room()];
  const counts = arena.put(new Int32Array(3));
  const scratch = arena.reserve(3 * rows * 4);
  kernels.plan(
    ...([rows, rowStart, source, kind, origin, gatherFrom, 0] as const),
    ...([senders, receivers, bare, counts, scratch] as const),
  );
  const ints = (at: number, length: number) => [...arena.ints(at, length)];
  const [sent = 0, received = 0, left = 0] = ints(counts, 3);
  return {
    messages,
    begins,
    order: ints(kind, messages.length),
    origins: ints(origin, messages.length),
    sources: ints(source, messages.length),
    gatherFrom: ints(gatherFrom, rows),
    senders: ints(senders, sent),
    receivers: ints(receivers, received),
    bare: ints(bare, left),
  };
}

const graph = fc
  .integer({ min: 1, max: 14 })
  .chain((rows) =>
    fc.tuple(
      fc.constant(rows),
      fc.array(fc.tuple(fc.nat(rows - 1), fc.nat(rows - 1)), { maxLength: 2 * rows }),
    ),
  );

test('plan() has every message projected once, by its sender or by the node that gathers it', () => {
  fc.assert(
    fc.property(graph, ([rows, edges]) => {
      const plan = planned(rows, edges);
      const { senders, receivers, order, messages, begins, gatherFrom } = plan;
      expect(plan.origins).toEqual(order);
      expect(plan.sources).toEqual(order.map((message) => messages[message]!.source));
      for (let row = 0; row < rows; row++) {
        const [first, end] = [begins[row]!, begins[row + 1]!];
        const own = order.slice(first, end);
        expect([...own].sort((a, b) => a - b)).toEqual(own.map((_, i) => first + i));
        const sent = own.map((message) => senders.includes(messages[message]!.source));
        expect(sent).toEqual(own.map((_, i) => first + i < gatherFrom[row]!));
        expect(receivers.includes(row)).toBe(sent.includes(false));
      }
    }),
    { numRuns: 300 },
  );
});

test('plan() never needs more rows than there are nodes with neighbours, each of them projected or bare', () => {
  fc.assert(
    fc.property(graph, ([rows, edges]) => {
      const { senders, receivers, bare } = planned(rows, edges);
      expect(senders.length + receivers.length).toBeLessThanOrEqual(new Set(edges.flat()).size);
      expect([...senders, ...bare].sort((a, b) => a - b)).toEqual(
        [...new Set(edges.flat())].sort((a, b) => a - b),
      );
    }),
    { numRuns: 300 },
  );
});

test('plan() needs two rows for a star and, for a chain, one for each node but the ends of its parts', () => {
  const star = planned(
    20,
    Array.from({ length: 19 }, (_, leaf): Edge => [4, leaf < 4 ? leaf : leaf + 1]),
  );
  expect([star.senders, star.receivers]).toEqual([[4], [4]]);
  const chain = planned(5, [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
  expect(chain.senders.length + chain.receivers.length).toBe(4);
});

test('plan() projects nobody where there are no edges', () => {
  const { senders, receivers } = planned(3, []);
  expect([senders, receivers]).toEqual([[], []]);
});
