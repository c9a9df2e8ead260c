import fc from 'fast-check';
import { keepWithin } from './keep-within.ts';

const rows = fc.array(fc.record({ events: fc.nat(9), last: fc.nat(9) }), { maxLength: 60 });

test('keepWithin() keeps all when they fit, else exactly the cap, in their own order', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 40 }), (all, cap) => {
      const kept = keepWithin(all, cap);
      expect(kept).toHaveLength(Math.min(cap, all.length));
      expect(kept).toEqual(all.filter((row) => kept.includes(row)));
    }),
  );
});

test('keepWithin() gives half to the rarest and half to the most recent', () => {
  const row = (events: number, last: number) => ({ events, last });
  const all = [row(9, 1), row(1, 1), row(9, 9), row(2, 1), row(9, 8), row(3, 5)];
  expect(keepWithin(all, 4)).toEqual([row(1, 1), row(9, 9), row(2, 1), row(9, 8)]);
});
