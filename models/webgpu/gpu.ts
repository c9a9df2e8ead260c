import * as tf from '@tensorflow/tfjs-core';
import { HIDDEN } from '../architecture.ts';
import { findAdapter } from './find-adapter.ts';
import type { GpuBackend } from './gpu-program.ts';
import { unavailable } from './load-packages.ts';
import { matMulKernel } from './mat-mul.ts';
import { rowSumKernel } from './row-sum.ts';
import { segmentSumKernel } from './segment-sum.ts';

/** The GPU, as the backend `webgpu` of tfjs. */
export interface Gpu {
  readonly name: string;
  readonly software: boolean;
  readonly backend: GpuBackend;
  /** The most nodes, and the most messages, that it computes at once. */
  readonly maxRows: number;
  closed(): boolean;
  close(): void;
}

/** The messages of a full batch. The largest tensor then has 64 MiB, and a layer needs about four of them. */
const ROWS_AT_ONCE = 131_072;

/** tfjs has one backend of a name per thread, so the engines of a thread share one GPU. */
let current: Gpu | undefined;
let opening: Promise<Gpu> | undefined;
let users = 0;

/** The thread's GPU, opened for whoever comes first. Give it back with leaveGpu(). Throws unavailable. */
export async function takeGpu(software: boolean): Promise<Gpu> {
  users++;
  try {
    const gpu = await currentGpu();
    if (!gpu.software || software) return gpu;
    const remedy = 'other backends are faster there; set LOGSTER_BACKEND=auto';
    throw unavailable(`The only graphics adapter, ${gpu.name}, computes on the processor: ${remedy}`);
  } catch (cause) {
    leaveGpu();
    throw cause;
  }
}

/** A GPU opened anew in place of one that failed; all who share it get the same. Throws unavailable. */
export function renewGpu(failed: Gpu): Promise<Gpu> {
  if (current === failed) closeCurrent();
  return currentGpu();
}

/** Gives the GPU back; the last one closes it. */
export function leaveGpu(): void {
  users--;
  if (users === 0) closeCurrent();
}

async function currentGpu(): Promise<Gpu> {
  if (current) return current;
  opening ??= openGpu();
  try {
    current = await opening;
  } finally {
    opening = undefined;
  }
  if (users === 0) closeCurrent(); // whoever wanted it has left meanwhile
  return current;
}

function closeCurrent(): void {
  current?.close();
  current = undefined;
}

async function openGpu(): Promise<Gpu> {
  const { name, software, open } = await findAdapter();
  const opened = await open();
  const { backend } = opened;
  for (const kernel of [segmentSumKernel, matMulKernel, rowSumKernel]) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel(kernel);
  }
  // small tensors would be computed in JavaScript as long as they have not been on the GPU: other bits every time
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  tf.registerBackend('webgpu', () => backend, 0); // 0: never tfjs's own choice
  const { maxStorageBufferBindingSize = 0, maxBufferSize = 0 } = backend.device.limits;
  const fitting = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / (4 * HIDDEN));
  let root: object | undefined = opened.root; // what keeps all of it alive
  return {
    name,
    software,
    backend,
    maxRows: Math.min(fitting, ROWS_AT_ONCE),
    closed: () => root === undefined,
    close() {
      if (!root) return;
      tf.removeBackend('webgpu');
      backend.dispose();
      backend.device.destroy();
      root = undefined;
    },
  };
}

/** Freed memory that is kept for the next batch. */
const SPARE_BYTES = 256 * 2 ** 20;
/** Sizes that are remembered; a batch has about a hundred. */
const SPARE_SIZES = 2000;

/**
 * Gives freed memory back to the device when there is much of it. tfjs keeps it for tensors of the very same size and
 * never lets go, and two batches hardly ever have sizes in common.
 */
export function returnSpareMemory({ bufferManager: manager }: GpuBackend): void {
  const { freeBuffers, usedBuffers } = manager;
  const spare = manager.numBytesAllocated - manager.numBytesUsed;
  if (spare <= SPARE_BYTES && freeBuffers.size <= SPARE_SIZES) return;
  for (const [size, buffers] of freeBuffers) {
    for (const buffer of buffers.splice(0)) {
      buffer.destroy();
      manager.numBytesAllocated -= buffer.size;
      manager.numFreeBuffers--;
    }
    if (usedBuffers.get(size)?.length) continue; // they come back to this list
    freeBuffers.delete(size);
    usedBuffers.delete(size);
  }
}
