import { strongestFeatures } from './explanation.ts';

test('strongestFeatures() sums the places of a name and gives the largest first, whatever their sign', () => {
  const groups = [{ name: 'hash', width: 3 }, { name: 'length' }, { name: 'unused' }, { name: 'depth' }];
  const input = Float32Array.of(1, -0.5, 0.25, -2, 0, 0.5);
  expect(strongestFeatures(input, groups, 2)).toEqual([
    { name: 'length', contribution: -2 },
    { name: 'hash', contribution: 0.75 },
  ]);
  expect(strongestFeatures(input, groups, 9).map(({ name }) => name)).toEqual(['length', 'hash', 'depth']);
});
