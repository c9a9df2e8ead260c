import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileStep, marchFlag } from './compile.ts';

test('marchFlag() asks for this processor in the words of each architecture', () => {
  expect(marchFlag('x64', 'native')).toBe('-march=native');
  expect(marchFlag('arm64', 'native')).toBe('-mcpu=native');
  expect(marchFlag('arm64', 'armv8.2-a')).toBe('-march=armv8.2-a');
});

const hasCompiler = spawnSync('g++', ['--version']).status === 0;
(hasCompiler ? test : test.skip)('a source that does not compile is named with its first error', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'compile-'));
  const source = join(folder, 'broken.cc');
  const sources = join(folder, 'node_modules/@tensorflow/tfjs-node-gpu/binding');
  mkdirSync(sources, { recursive: true });
  for (const name of ['tfjs_backend.cc', 'tfjs_binding.cc']) writeFileSync(join(sources, name), '');
  writeFileSync(source, 'int f() { return nothing; }\n');
  const step = compileStep({
    home: folder,
    compiler: { words: ['g++'], version: 'g++' },
    arch: process.arch === 'arm64' ? 'arm64' : 'x64',
    march: 'native',
    sources: [source],
    tensorflow: '',
    tools: { environment: { PATH: '/usr/bin:/bin' } },
  });
  await expect(step.run(folder)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^g\+\+ could not make broken\.cc:\n.*nothing/s),
  });
  rmSync(folder, { recursive: true });
});
