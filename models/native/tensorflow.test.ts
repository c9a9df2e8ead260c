import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTensorFlow, nativeHome } from './tensorflow.ts';

test('nativeHome() is .native in the project folder', () => {
  expect(nativeHome()).toBe(join(import.meta.dirname, '..', '..', '.native'));
});

test('loadTensorFlow() says how to set it up where it is not', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'native-'));
  await expect(loadTensorFlow(empty)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Native TensorFlow is not set up here; run `npm run setup:native`',
  });
  rmSync(empty, { recursive: true });
});
