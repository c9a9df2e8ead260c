import * as fc from 'fast-check';
import { logitOf, scalingAt, scalingSchema, scalingThrough, shownProbability } from './scaling.ts';

const anchored = scalingAt(3.25);
const bent = scalingThrough([
  { raw: -4, probability: 0.01 },
  { raw: 1, probability: 0.5 },
  { raw: 1.5, probability: 0.7 },
  { raw: 9, probability: 0.99 },
]);

test.each([anchored, bent])(
  'shownProbability() is 0.7 at the anchor, and an alert begins exactly there',
  (scaling) => {
    const at = shownProbability(scaling, scaling.alert);
    expect(at).toBeCloseTo(0.7, 6);
    expect(Math.fround(at)).toBeGreaterThanOrEqual(0.7);
    expect(Math.fround(shownProbability(scaling, scaling.alert - 1e-9))).toBeLessThan(0.7);
  },
);

test.each([anchored, bent])('shownProbability() rises with the logit, from 0 to 1', (scaling) => {
  expect(shownProbability(scaling, -800)).toBe(0);
  expect(shownProbability(scaling, 800)).toBe(1);
  const logit = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(logit, logit, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(shownProbability(scaling, low)).toBeLessThanOrEqual(shownProbability(scaling, high));
    }),
  );
});

test('shownProbability() shows every point of scalingThrough() as its probability', () => {
  expect(shownProbability(bent, -4)).toBeCloseTo(0.01, 9);
  expect(shownProbability(bent, 1)).toBeCloseTo(0.5, 9);
  expect(shownProbability(bent, 9)).toBeCloseTo(0.99, 9);
});

test('scalingAt(logitOf(0.7)) shows the softmax value as it is', () => {
  const scaling = scalingAt(logitOf(0.7));
  expect(shownProbability(scaling, 2)).toBeCloseTo(1 / (1 + Math.exp(-2)), 9);
});

test('a scaling that falls, or has no alert point, is refused', () => {
  const falling = {
    anchors: [
      { raw: 1, shown: 1 },
      { raw: 2, shown: 0 },
    ],
    alert: 1,
  };
  expect(scalingSchema.safeParse(falling).success).toBe(false);
  expect(() => scalingThrough([{ raw: 0, probability: 0.5 }])).toThrow();
});
