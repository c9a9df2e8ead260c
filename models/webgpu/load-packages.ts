import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { GpuBackend, GpuDevice } from './gpu-program.ts';

/** A graphics adapter, in as much of WebGPU's words as is used here. */
export interface GpuAdapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(wanted: { requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}

/** What the optional packages offer. */
export interface GpuPackages {
  /** Dawn: WebGPU for Node. */
  readonly dawn: {
    create(options: string[]): { requestAdapter(wanted: object): Promise<GpuAdapter | null> };
    readonly globals: object;
  };
  readonly Backend: new (device: GpuDevice, info: object) => GpuBackend;
}

/** The command that brings the packages to a machine. */
const SETUP_COMMAND = 'npm run setup:native -- --webgpu';
const BACKEND = '@tensorflow/tfjs-backend-webgpu';

/** Where the optional packages are: `.native/webgpu` in the project's folder, compiled or from source. */
export function webgpuHome(): string {
  const above = join(import.meta.dirname, '..', '..');
  return join(basename(above) === 'dist' ? dirname(above) : above, '.native', 'webgpu');
}

/** Loads the optional packages. Throws unavailable with the reason and the command that brings them. */
export async function loadPackages(home: string = webgpuHome()): Promise<GpuPackages> {
  const require = createRequire(join(home, 'package.json'));
  if (!existsSync(join(home, 'node_modules', BACKEND))) {
    throw unavailable(`WebGPU is not set up here; run \`${SETUP_COMMAND}\``);
  }
  try {
    const { version } = require(`${BACKEND}/package.json`) as { version: string };
    if (version !== tf.version_core) {
      throw new Error(`${BACKEND} is ${version}, but tfjs here is ${tf.version_core}`);
    }
    tf.enableProdMode(); // no advice to install another backend on the console
    const dawn = (await import(pathToFileURL(require.resolve('webgpu')).href)) as GpuPackages['dawn'];
    const { WebGPUBackend } = require(BACKEND) as { WebGPUBackend: GpuPackages['Backend'] };
    // copies of tfjs-core of one version share engine and kernels through the global object
    if (!tf.getKernel('BatchMatMul', 'webgpu')) throw new Error('its kernels went to another tfjs');
    return { dawn, Backend: WebGPUBackend };
  } catch (cause) {
    throw unavailable(`WebGPU does not load: ${reasonOf(cause)}; run \`${SETUP_COMMAND}\` again`, cause);
  }
}

/** An error of a device or package that is not there. */
export function unavailable(message: string, cause?: unknown): LogsterError {
  return new LogsterError('unavailable', message, cause === undefined ? undefined : { cause });
}
