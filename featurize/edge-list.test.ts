import { addEvents, countEvents, edgeAt, edgeList, packEdges } from './edge-list.ts';
import { random } from './synthetic-stream.ts';

test('edges grow past their room, merge by source, target and relation, and stay mergeable when packed', () => {
  const next = random(5);
  const list = edgeList(2);
  const expected = new Map<string, { count: number; first: number; last: number; eventId: string }>();
  for (let i = 0; i < 5000; i++) {
    if (i % 1700 === 1699) packEdges(list, 20);
    const [source, target, relation] = [20, 60, 7].map((size) => Math.floor(next() * size)) as [
      number,
      number,
      number,
    ];
    const at = Math.floor(next() * 1000);
    countEvents(list, edgeAt(list, source, target, relation), {
      count: 1,
      first: at,
      last: at,
      eventId: `e${i}`,
    });
    const key = `${source} ${target} ${relation}`;
    const known = expected.get(key) ?? { count: 0, first: at, last: at, eventId: '' };
    const newest = at >= known.last;
    expected.set(key, {
      count: known.count + 1,
      first: Math.min(known.first, at),
      last: Math.max(known.last, at),
      eventId: newest ? `e${i}` : known.eventId,
    });
  }
  packEdges(list, 20);
  const copy = edgeList(0);
  for (let edge = 0; edge < list.length; edge++) {
    const { source, target, relation } = list;
    addEvents(copy, edgeAt(copy, source[edge]!, target[edge]!, relation[edge]!), list, edge);
  }
  for (const each of [list, copy]) {
    expect([...each.source.subarray(0, each.length)]).toEqual(
      [...each.source.subarray(0, each.length)].sort((a, b) => a - b),
    );
    const told = Array.from(
      { length: each.length },
      (_, edge) =>
        [
          `${each.source[edge]} ${each.target[edge]} ${each.relation[edge]}`,
          {
            count: each.count[edge],
            first: each.first[edge],
            last: each.last[edge],
            eventId: each.eventId[edge],
          },
        ] as const,
    );
    expect(new Map(told)).toEqual(expected);
    expect(each.length).toBe(expected.size);
  }
});

test('packEdges() keeps the edges of one source in the order in which they came', () => {
  const list = edgeList();
  for (const [source, target] of [
    [2, 9],
    [1, 5],
    [2, 3],
    [1, 1],
  ] as const)
    edgeAt(list, source, target, 0);
  packEdges(list, 3);
  expect([...list.source]).toEqual([1, 1, 2, 2]);
  expect([...list.target]).toEqual([5, 1, 9, 3]);
});
