import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSetup, type SetupRecord, sourceHashes } from './setup-record.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'native-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const WHOLE: SetupRecord = {
  format: 1,
  kind: 'cpu',
  tensorflow: '2.18.1',
  sources: sourceHashes(),
  libraries: { 'tensorflow/library.so': { bytes: 3, sha256: '' } },
  compiler: 'g++ 12',
  march: 'native',
  processor: [],
  selfTest: { device: 'cpu', checks: [] },
  createdAt: '2026-01-01T00:00:00Z',
};

function write(record: object, library = 'abc') {
  mkdirSync(join(home, 'tensorflow'), { recursive: true });
  writeFileSync(join(home, 'tensorflow/library.so'), library);
  writeFileSync(join(home, 'setup.json'), JSON.stringify(record));
}

test('readSetup() answers what a finished set-up wrote', () => {
  write(WHOLE);
  expect(readSetup(home)).toEqual(WHOLE);
});

test('readSetup() names the command where nothing is set up', () => {
  expect(() => readSetup(home)).toThrow('Native TensorFlow is not set up here; run `npm run setup:native`');
});

test('readSetup() refuses a binding made from another version of our sources', () => {
  write({ ...WHOLE, sources: { ...WHOLE.sources, 'more.cc': 'a5' } });
  expect(() => readSetup(home)).toThrow(
    'more.cc has changed since it was compiled; run `npm run setup:native` again',
  );
});

test('readSetup() refuses a library that is cut off', () => {
  write(WHOLE, 'ab');
  expect(() => readSetup(home)).toThrow('tensorflow/library.so is missing or incomplete');
});

test('readSetup() refuses what was compiled for another processor', () => {
  write({ ...WHOLE, processor: ['avx9000'] });
  expect(() => readSetup(home)).toThrow('it was compiled for a processor with avx9000');
});

test('readSetup() names the command of the kind that was set up', () => {
  write({ ...WHOLE, kind: 'gpu' }, '');
  expect(() => readSetup(home)).toThrow('run `npm run setup:native -- --gpu` again');
});

test('readSetup() refuses a record of another format', () => {
  write({ ...WHOLE, format: 2 });
  expect(() => readSetup(home)).toThrow(/setup\.json cannot be read: .*format/s);
});
