import { PLATFORMS } from '../contracts/event.ts';
import { initialParameters, parameterLayout, tensorOf } from './parameters.ts';

test.each(PLATFORMS)('the tensors of %s fill the parameter vector without gaps', (platform) => {
  const { tensors, size } = parameterLayout(platform);
  let offset = 0;
  for (const tensor of tensors) {
    expect(tensor.offset).toBe(offset);
    expect(tensor.size).toBe(tensor.shape.reduce((a, b) => a * b, 1));
    offset += tensor.size;
  }
  expect(offset).toBe(size);
});

test('initialParameters() follow from the seed: biases 0, weights within Glorot’s bound', () => {
  const layout = parameterLayout('windows');
  const parameters = initialParameters('windows', 7);
  expect(initialParameters('windows', 7)).toEqual(parameters);
  expect(initialParameters('windows', 8)).not.toEqual(parameters);
  expect(tensorOf(layout, parameters, 'layer0.bias').every((value) => value === 0)).toBe(true);
  const weight = tensorOf(layout, parameters, 'layer2.weight');
  const largest = Math.max(...weight.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 256));
  expect(largest).toBeGreaterThan(0.95 * Math.sqrt(6 / 256));
});
