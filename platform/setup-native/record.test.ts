import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readSetup } from '../../models/native/setup-record.ts';
import { BINDING } from './compile.ts';
import { describeSetup, neededFeatures, verifyLibraries, writeRecord } from './record.ts';

test('code for this machine needs the instruction sets that a compiler uses, and no others', () => {
  const here = ['fpu', 'avx2', 'fma', 'constant_tsc', 'md_clear', 'avx512_vnni'];
  expect(neededFeatures('native', here)).toEqual(['avx2', 'fma', 'avx512_vnni']);
});

test('code for a named level needs that level', () => {
  expect(neededFeatures('x86-64-v3', ['avx512f'])).toContain('avx2');
  expect(neededFeatures('x86-64-v3', ['avx512f'])).not.toContain('avx512f');
});

test('a set-up is described by its libraries, and one that changed afterwards is named', async () => {
  const home = mkdtempSync(join(tmpdir(), 'record-'));
  const libraries = [BINDING, 'tensorflow/libtensorflow_cc.so.2', 'nvidia/cublas/lib/libcublas.so.12'];
  for (const file of libraries) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), file);
  }
  writeFileSync(join(home, 'tensorflow/notes.txt'), 'no library');
  const made = { kind: 'gpu', tensorflow: '2.18.1', compiler: 'g++ 12', march: 'x86-64-v3' } as const;
  const record = await describeSetup(home, made);
  writeRecord(home, record);
  expect(Object.keys(readSetup(home).libraries).sort()).toEqual([...libraries].sort());
  await verifyLibraries(home, record);
  writeFileSync(join(home, 'tensorflow/libtensorflow_cc.so.2'), 'tensorflow/libtensorflow_CC.so.2');
  await expect(verifyLibraries(home, record)).rejects.toThrow(
    /libtensorflow_cc\.so\.2 is not what was set up/,
  );
  rmSync(home, { recursive: true });
});
