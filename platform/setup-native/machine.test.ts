import { tmpdir } from 'node:os';
import { checkDisk, checkMachine, type Machine, thisMachine } from './machine.ts';

const DEBIAN: Machine = { system: 'linux', arch: 'x64', glibc: '2.36', features: ['avx'] };

test('checkMachine() accepts Linux on both processors that TensorFlow is built for', () => {
  expect(checkMachine(DEBIAN, 'gpu')).toBe('x64');
  expect(checkMachine({ ...DEBIAN, arch: 'arm64', features: [] }, 'cpu')).toBe('arm64');
});

test.each([
  ['darwin', 'Native TensorFlow is for Linux, and this is darwin. Logster scores here with WebAssembly'],
  ['win32', 'Native TensorFlow is for Linux, and this is win32. Logster scores here with WebAssembly'],
])('checkMachine() tells %s what is used instead', (system, sentence) => {
  expect(() => checkMachine({ ...DEBIAN, system }, 'cpu')).toThrow(sentence);
});

test('checkMachine() names WebGPU to who wants a GPU outside of Linux', () => {
  expect(() => checkMachine({ ...DEBIAN, system: 'darwin' }, 'gpu')).toThrow('--webgpu');
});

test.each<[string, Partial<Machine>, string]>([
  ['another processor', { arch: 'riscv64' }, 'x86_64 and aarch64, and this Node is for riscv64'],
  ['musl', { glibc: undefined }, 'needs the GNU C library, which this system (musl?) has not'],
  ['an old glibc', { glibc: '2.5' }, 'needs glibc 2.17 or newer, and this is 2.5'],
  ['a processor without AVX', { features: ['sse4_2'] }, 'need a processor with AVX'],
])('checkMachine() refuses %s', (_, part, sentence) => {
  expect(() => checkMachine({ ...DEBIAN, ...part }, 'cpu')).toThrow(sentence);
});

test('checkMachine() refuses CUDA on aarch64 and names what there is', () => {
  expect(() => checkMachine({ ...DEBIAN, arch: 'arm64' }, 'gpu')).toThrow(
    'hold no CUDA code. `npm run setup:native` brings the one for the CPU',
  );
});

test('thisMachine() tells what Node runs on', () => {
  expect(thisMachine()).toMatchObject({ system: process.platform, arch: process.arch });
});

test('checkDisk() says how much is needed and how much is free', () => {
  expect(() => checkDisk(tmpdir(), 1)).not.toThrow();
  expect(() => checkDisk(tmpdir(), 1e18)).toThrow(
    /1000000000\.00 GB of disk are needed below .* and [\d.]+ GB/,
  );
});
