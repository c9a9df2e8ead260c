import { adamW } from './adamw.ts';
import { initialParameters, parameterLayout, tensorOf } from './parameters.ts';

const layout = parameterLayout('linux');
const gradient = new Float32Array(layout.size).map((_, i) => (i % 2 ? 0.5 : -0.25));

test('the first step moves every parameter by the learning rate against its gradient', () => {
  const parameters = new Float32Array(layout.size);
  adamW(layout, { weightDecay: 0, clipNorm: 1e9 }).step(parameters, gradient, 1e-3);
  expect(parameters[0]).toBeCloseTo(1e-3, 8);
  expect(parameters[1]).toBeCloseTo(-1e-3, 8);
});

test('two steps follow the formulas of the paper', () => {
  const parameters = new Float32Array(layout.size);
  const optimiser = adamW(layout, { weightDecay: 0, clipNorm: 1e9 });
  optimiser.step(parameters, gradient, 1e-2);
  const flipped = gradient.map((value) => -2 * value);
  optimiser.step(parameters, flipped, 1e-2);
  const mean = (0.9 * 0.1 * 0.5 + 0.1 * -1) / (1 - 0.9 ** 2);
  const variance = (0.999 * 0.001 * 0.25 + 0.001 * 1) / (1 - 0.999 ** 2);
  expect(parameters[1]).toBeCloseTo(-1e-2 - (1e-2 * mean) / Math.sqrt(variance), 6);
});

test('clipping scales the moments, and the norm before it is reported', () => {
  const optimiser = adamW(layout, { weightDecay: 0, clipNorm: 1 });
  const norm = optimiser.step(new Float32Array(layout.size), gradient, 1e-3);
  expect(norm).toBeCloseTo(Math.hypot(...gradient), 3);
  expect(optimiser.mean[1]).toBeCloseTo((0.1 * 0.5) / norm, 9);
});

test('weight decay takes from weights and leaves biases', () => {
  const parameters = initialParameters('linux', 1).map((value) => value || 1);
  const before = parameters.slice();
  adamW(layout, { weightDecay: 0.5, clipNorm: 1 }).step(parameters, new Float32Array(layout.size), 0.1);
  expect(tensorOf(layout, parameters, 'gate')[3]).toBeCloseTo(tensorOf(layout, before, 'gate')[3]! * 0.95, 6);
  expect(tensorOf(layout, parameters, 'layer1.kind')).toEqual(tensorOf(layout, before, 'layer1.kind'));
});
