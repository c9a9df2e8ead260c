import { readGpus, workPerCall } from './gpus.ts';

test('readGpus() reads a line per GPU, commas in names included', () => {
  const text = 'NVIDIA A10, 23028\nQuadro, of old, 2048\nNVIDIA GB10, [N/A]\n';
  expect(readGpus(text)).toEqual([
    { name: 'NVIDIA A10', memoryBytes: 23028 * 1024 ** 2 },
    { name: 'Quadro, of old', memoryBytes: 2048 * 1024 ** 2 },
    { name: 'NVIDIA GB10', memoryBytes: 0 },
  ]);
});

test('workPerCall() follows the smallest GPU, and stays small where none tells its memory', () => {
  const [large, small] = readGpus('Large, 81920\nSmall, 2048\n');
  expect(workPerCall([large!, small!])).toEqual({
    work: 32_768,
    reason: 'Small, 2 GiB: up to 32768 nodes a call',
  });
  expect(workPerCall([large!]).work).toBe(65_536);
  expect(workPerCall([])).toEqual({
    work: 32_768,
    reason: 'a GPU of 2 GiB or more: up to 32768 nodes a call',
  });
});
