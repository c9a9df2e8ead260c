import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelBuild } from './kernels.ts';

/** Flags of the AssemblyScript compiler: no runtime, no bounds checks, vectors, memory from outside. */
const FLAGS = [
  ...['-O3', '--noAssert', '--enable', 'simd', '--importMemory', '--runtime', 'stub', '--disableWarning'],
];
const MORE_FLAGS: Readonly<Record<KernelBuild, readonly string[]>> = {
  plain: [],
  fused: ['--enable', 'relaxed-simd'],
};

/** Where the AssemblyScript compiler stands in a project folder, undefined when it is not installed. */
export function compilerIn(project: string): string | undefined {
  const compiler = join(project, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  return existsSync(compiler) ? compiler : undefined;
}

/** Compiles models/wasm/kernels.as.ts of a project folder into `to`. */
export function buildKernels(project: string, compiler: string, build: KernelBuild, to: string): void {
  const source = join(project, 'models', 'wasm', 'kernels.as.ts');
  execFileSync(process.execPath, [compiler, source, '-o', to, ...FLAGS, ...MORE_FLAGS[build]], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
