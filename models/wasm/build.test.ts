import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKernels, compilerIn } from './build.ts';
import { KERNEL_FILES, type KernelBuild } from './kernels.ts';

const project = join(import.meta.dirname, '..', '..');
const compiler = compilerIn(project);
const builds = Object.entries(KERNEL_FILES) as [KernelBuild, string][];

(compiler ? describe : describe.skip)('the kernels (need the devDependency assemblyscript)', () => {
  test.each(builds)('%s: %s is what the source gives', (build, file) => {
    const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
    try {
      buildKernels(project, compiler ?? '', build, join(folder, file));
      const built = readFileSync(join(folder, file));
      const committed = readFileSync(join(import.meta.dirname, file));
      expect(built.equals(committed)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
