import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SetupRecord, sourceHashes } from '../models/native/setup-record.ts';
import { nativeFindings } from './native-findings.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'findings-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const detailOf = (what: string) => nativeFindings(home).find((finding) => finding.what === what)?.detail;

function record(part: Partial<SetupRecord>) {
  const whole: SetupRecord = {
    format: 1,
    kind: 'cpu',
    tensorflow: '2.18.1',
    sources: sourceHashes(),
    libraries: {},
    compiler: '',
    march: 'native',
    processor: [],
    selfTest: { device: 'cpu', checks: [] },
    createdAt: '',
  };
  writeFileSync(join(home, 'setup.json'), JSON.stringify({ ...whole, ...part }));
}

test('where nothing is set up the findings name the commands', () => {
  expect(detailOf('native TensorFlow')).toBe('not set up: npm run setup:native');
  expect(detailOf('WebGPU')).toBe('not set up: npm run setup:native -- --webgpu');
});

test('CUDA that no self-test ran on a GPU is called unproven', () => {
  record({ kind: 'gpu' });
  expect(detailOf('native TensorFlow')).toBe('2.18.1 for the GPU; the GPU is unproven on this hardware');
  record({ kind: 'gpu', selfTest: { device: 'gpu', checks: [] } });
  expect(detailOf('native TensorFlow')).toBe('2.18.1 for the GPU; its self-test ran on the GPU');
  record({});
  expect(detailOf('native TensorFlow')).toBe('2.18.1 for the CPU');
});

test('a set-up that cannot be used is told with its reason', () => {
  record({ sources: { ...sourceHashes(), 'gone.cc': '' } });
  expect(detailOf('native TensorFlow')).toContain('gone.cc has changed since it was compiled');
});

test('WebGPU on no adapter, or on one that computes on the processor, is called unproven', () => {
  mkdirSync(join(home, 'webgpu'));
  const write = (adapter: string | null, software: boolean) =>
    writeFileSync(
      join(home, 'webgpu/setup.json'),
      JSON.stringify({
        format: 1,
        webgpu: '0.6.2',
        tfjs: '4.22.0',
        adapter,
        software,
        checks: [],
        createdAt: '',
      }),
    );
  write(null, false);
  expect(detailOf('WebGPU')).toBe('webgpu 0.6.2 on no adapter; unproven on this hardware');
  write('google swiftshader', true);
  expect(detailOf('WebGPU')).toBe('webgpu 0.6.2 on google swiftshader; unproven on this hardware');
  write('nvidia ada', false);
  expect(detailOf('WebGPU')).toBe('webgpu 0.6.2 on nvidia ada');
});
