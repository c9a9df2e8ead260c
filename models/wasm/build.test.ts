import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKernels, compilerIn } from './build.ts';

const project = join(import.meta.dirname, '..', '..');
const compiler = compilerIn(project);

(compiler ? describe : describe.skip)('kernels.wasm (needs the devDependency assemblyscript)', () => {
  test('is what its source gives', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
    try {
      buildKernels(project, compiler ?? '', join(folder, 'kernels.wasm'));
      const built = readFileSync(join(folder, 'kernels.wasm'));
      const committed = readFileSync(join(import.meta.dirname, 'kernels.wasm'));
      expect(built.equals(committed)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
