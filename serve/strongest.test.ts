import fc from 'fast-check';
import { strongest, strongestFirst } from './strongest.ts';

/** Few different values, so that there are ties; both zeros and the ends of the range among them. */
const value = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, 1e-45, -1e-45, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.float({ noNaN: true }),
);
const values = fc
  .array(value, { maxLength: 300 })
  .chain((all) => fc.nat(all.length).map((from) => Float32Array.from(all).subarray(from)));

function plainly(of: Float32Array): number[] {
  return [...of.keys()].sort((a, b) => (of[a] === of[b] ? a - b : of[b]! > of[a]! ? 1 : -1));
}

test('strongestFirst() puts places in the order of a stable sort from the largest value down', () => {
  fc.assert(fc.property(values, (of) => expect([...strongestFirst(of)]).toEqual(plainly(of))));
});

test('strongest() gives the first of that order', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 12 }), (of, most) =>
      expect(strongest(of, most)).toEqual(plainly(of).slice(0, most)),
    ),
  );
});
