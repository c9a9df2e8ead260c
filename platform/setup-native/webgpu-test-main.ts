import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as tfjs from '@tensorflow/tfjs-core';
import { reasonOf } from '../../contracts/errors.ts';
import type { WebgpuTest } from './webgpu.ts';

interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}
interface Dawn {
  readonly globals: Record<string, unknown>;
  create(flags: readonly string[]): { requestAdapter(): Promise<Adapter | null> };
}

/** A process of its own for WebGPU's self-test: its folder as argument, the outcome as JSON on standard output. */
const [home = ''] = process.argv.slice(2);
try {
  process.stdout.write(`${JSON.stringify(await test(home))}\n`);
  process.exit(0); // Dawn's threads would keep the process
} catch (thrown) {
  process.stderr.write(`${reasonOf(thrown)}\n`);
  process.exit(1);
}

async function test(folder: string): Promise<WebgpuTest> {
  const require = createRequire(join(folder, 'package.json'));
  const { create, globals } = (await import(pathToFileURL(require.resolve('webgpu')).href)) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) return { adapter: null, software: false, checks: ['Dawn loads'] };
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const checks = ['Dawn loads', await checkProduct(require)];
  const software = isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software|cpu/i.test(name);
  return { adapter: name, software, checks };
}

async function checkProduct(require: NodeJS.Require): Promise<string> {
  const tf = require('@tensorflow/tfjs-core') as typeof tfjs;
  require('@tensorflow/tfjs-backend-webgpu');
  await tf.setBackend('webgpu');
  await tf.ready();
  const product = await tf
    .matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]))
    .data();
  if (Array.from(product).join() !== '19,22,43,50') throw new Error(`matMul gave ${product.join(' ')}`);
  return 'matMul is right';
}
