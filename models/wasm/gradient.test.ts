import { PLATFORMS } from '../../contracts/event.ts';
import { useCpu } from '../cpu-engine.ts';
import { lossAndGradient, networkInput } from '../gat.ts';
import { registerGradients } from '../gradients.ts';
import { initialParameters, parameterLayout } from '../parameters.ts';
import { createPreparer } from '../prepare.ts';
import { randomFrom } from '../random.ts';
import { syntheticBatch } from '../synthetic.ts';
import { createDifferentiator } from './gradient.ts';

const LABELS = Float32Array.of(1, 0, 0.25);
const WEIGHTS = Float32Array.of(1, 2, 0.5);

/** Attention vectors, edge biases and the gate are multiplied by `reach`, to bring scores beyond their limits. */
function example(platform: 'windows' | 'linux', reach: number) {
  const random = randomFrom(17);
  const parameters = initialParameters(platform, 2).map((value) => value + (random.next() * 2 - 1) * 0.05);
  for (const { name, offset, size } of parameterLayout(platform).tensors) {
    if (!/source|target|kind|gate/.test(name)) continue;
    const grow = name.endsWith('kind') ? reach ** 2 : reach;
    for (let i = offset; i < offset + size; i++) parameters[i] = parameters[i]! * grow;
  }
  const graphs = [
    { nodesPerType: [4, 3, 1, 2, 1], edges: 14 },
    { nodesPerType: [3, 2, 0, 1, 2], edges: 6 },
    { nodesPerType: [1, 1, 0, 0, 0], edges: 0 },
  ];
  const batch = syntheticBatch(platform, graphs, 11);
  for (let i = 0; i < batch.features.length; i += 3) batch.features[i] = 0; // as most are in real windows
  return { parameters, batch: createPreparer(platform).prepare(batch) };
}

function norm(values: Float32Array): number {
  return Math.hypot(...values);
}

describe.each(PLATFORMS)('the gradient of the WebAssembly kernels on %s', (platform) => {
  const layout = parameterLayout(platform);

  // with the larger reach some scores, gates and edge biases stand beyond their limits, where no gradient passes
  test.each([1, 15])(
    'is that of tfjs’ automatic differentiation to 1e-4 (scores reach %s times as far)',
    (reach) => {
      useCpu();
      registerGradients();
      const { parameters, batch } = example(platform, reach);
      const input = networkInput(batch, 0, 3);
      const reference = lossAndGradient(platform, parameters, input, LABELS, WEIGHTS);
      const ours = createDifferentiator(platform).lossAndGradient(parameters, batch, LABELS, WEIGHTS);
      expect(ours.loss / reference.loss).toBeCloseTo(1, 5);
      for (const { offset, size, name } of layout.tensors) {
        const expected = reference.gradient.subarray(offset, offset + size);
        const difference = ours.gradient
          .subarray(offset, offset + size)
          .map((value, i) => value - expected[i]!);
        const relative = norm(difference) / (norm(expected) + 1e-4 * norm(reference.gradient));
        expect({ name, relative: relative < 1e-4 ? 0 : relative }).toEqual({ name, relative: 0 });
      }
    },
  );

  test('is that of finite differences along the gradient of each tensor', () => {
    const { parameters, batch } = example(platform, 1);
    const differentiator = createDifferentiator(platform);
    const lossAt = (vector: Float32Array) =>
      differentiator.lossAndGradient(vector, batch, LABELS, WEIGHTS).loss;
    const gradient = differentiator.lossAndGradient(parameters, batch, LABELS, WEIGHTS).gradient.slice();
    for (const { offset, size, name } of layout.tensors) {
      const slope = norm(gradient.subarray(offset, offset + size));
      const along = (distance: number) =>
        parameters.map((value, i) =>
          i >= offset && i < offset + size ? value + (distance * gradient[i]!) / slope : value,
        );
      const step = 2e-3; // float32 noise and curvature both stay well below the tolerance
      const measured = (lossAt(along(step)) - lossAt(along(-step))) / (2 * step);
      const off = Math.abs(measured - slope) / (slope + 0.01);
      expect({ name, off: off < 0.02 ? 0 : off }).toEqual({ name, off: 0 });
    }
  });
});

test('a batch whose weights are all 0 has no loss and no gradient', () => {
  const { parameters, batch } = example('linux', 1);
  const { loss, gradient } = createDifferentiator('linux').lossAndGradient(
    parameters,
    batch,
    LABELS,
    new Float32Array(3),
  );
  expect(loss).toBe(0);
  expect(gradient.every((value) => value === 0)).toBe(true);
});
