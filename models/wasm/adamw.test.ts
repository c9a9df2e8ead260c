import { adamW } from '../adamw.ts';
import { initialParameters, parameterLayout } from '../parameters.ts';
import { randomFrom } from '../random.ts';
import { wasmAdamW } from './adamw.ts';
import { openKernels } from './kernels.ts';

const layout = parameterLayout('windows');
const options = { weightDecay: 0.1, clipNorm: 2 };

function draws(seed: number, size: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length: layout.size }, () => (random.next() - 0.5) * size);
}

test('wasmAdamW() takes the steps of the plain adamW(), clipped or not', () => {
  const plain = adamW(layout, options);
  const ours = wasmAdamW(openKernels(), layout, options);
  const expected = initialParameters('windows', 1);
  const parameters = expected.slice();
  for (const [step, size] of [1e-3, 1, 1e-5, 0.1].entries()) {
    const gradient = draws(step, size);
    const norm = plain.step(expected, gradient, 1e-2);
    expect(ours.step(parameters, gradient, 1e-2) / norm).toBeCloseTo(1, 6);
    const apart = parameters.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    expect(apart).toBeLessThan(1e-6);
  }
});

test('wasmAdamW() goes on from the moments of another', () => {
  const first = wasmAdamW(openKernels(), layout, options);
  const parameters = initialParameters('windows', 2);
  first.step(parameters, draws(5, 1), 1e-2);
  const { mean, variance } = first;
  const second = wasmAdamW(openKernels(), layout, options, { mean, variance, steps: first.steps() });
  const copy = parameters.slice();
  first.step(parameters, draws(6, 1), 1e-2);
  second.step(copy, draws(6, 1), 1e-2);
  expect(copy).toEqual(parameters);
  expect(second.mean).toEqual(first.mean);
});

test('wasmAdamW() refuses a gradient that is not finite and leaves everything as it was', () => {
  const ours = wasmAdamW(openKernels(), layout, options);
  const parameters = initialParameters('windows', 3);
  const before = parameters.slice();
  const gradient = draws(7, 1);
  gradient[layout.size - 1] = Number.POSITIVE_INFINITY;
  expect(() => ours.step(parameters, gradient, 1e-2)).toThrow(/not finite/);
  expect(parameters).toEqual(before);
  expect(ours.steps()).toBe(0);
});
