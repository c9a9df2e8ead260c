import { cudaWheels, pipPlatform, TENSORFLOW_VERSION, tensorflowWheel } from './wheels.ts';

const everyWheel = [
  tensorflowWheel('cpu', 'x64'),
  tensorflowWheel('cpu', 'arm64'),
  tensorflowWheel('gpu', 'x64'),
  ...cudaWheels(),
];

test('every wheel is pinned to one version and one sha256 of its own', () => {
  for (const { version, sha256 } of everyWheel) {
    expect(version).toMatch(/^\d+(\.\d+)+$/);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(new Set(everyWheel.map(({ sha256 }) => sha256)).size).toBe(everyWheel.length);
});

test("the three TensorFlow wheels are of one version, and aarch64's brings its own OpenMP", () => {
  expect(new Set(everyWheel.slice(0, 3).map(({ version }) => version))).toEqual(
    new Set([TENSORFLOW_VERSION]),
  );
  expect(tensorflowWheel('cpu', 'arm64').members).toContain('tensorflow.libs/');
});

test('CUDA comes in the folders that the run path of TensorFlow names', () => {
  const folders = cudaWheels().map(({ folder }) => folder);
  for (const name of ['cublas', 'cuda_cupti', 'cuda_runtime', 'cudnn', 'cufft', 'cusolver', 'cusparse']) {
    expect(folders).toContain(`nvidia/${name}`);
  }
});

test('the GPU set-up downloads the 2.4 GB that the command line speaks of', () => {
  const wheels = [tensorflowWheel('gpu', 'x64'), ...cudaWheels()];
  const bytes = wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);
  expect((bytes / 1e9).toFixed(1)).toBe('2.4');
});

test('pip is asked for the wheel of the processor, whichever Python asks', () => {
  expect(pipPlatform('arm64').join(' ')).toBe(
    '--platform manylinux2014_aarch64 --python-version 311 --implementation cp --abi cp311',
  );
});
