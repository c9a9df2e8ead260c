import type * as tf from '@tensorflow/tfjs-core';

/** Invocations that run together: a multiple of the 32 or 64 lanes of graphics hardware. */
export const WORKGROUP = 64;

/** A computation on the GPU in the form that the tfjs backend runs. */
export interface GpuProgram {
  readonly variableNames: readonly string[];
  /** Values per array element of each input: 1, or 4 for a vec4. */
  readonly variableComponents: readonly number[];
  readonly outputComponent: number;
  readonly outputShape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly dispatchLayout: { readonly x: readonly number[] };
  readonly dispatch: readonly [number, number, number];
  /** Programs of one key share their compiled code. */
  readonly shaderKey: string;
  /** WGSL, around which tfjs declares the arrays named above, `result`, and `uniforms` with everyone's shape. */
  getUserCode(): string;
}

/** An adapter's device: what memory and work belong to. */
export interface GpuDevice {
  /** Answers once, when the device is gone. */
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  readonly limits: Readonly<Record<string, number>>;
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}

/** The tfjs backend on one device. */
export interface GpuBackend extends tf.KernelBackend {
  readonly device: GpuDevice;
  readonly bufferManager: BufferManager;
  runWebGPUProgram(program: GpuProgram, inputs: tf.TensorInfo[], dtype: tf.DataType): tf.TensorInfo;
}

/** Its store of device memory. */
export interface BufferManager {
  /** By size and purpose: those to be had, and those in use. */
  readonly freeBuffers: Map<string, GpuBuffer[]>;
  readonly usedBuffers: Map<string, GpuBuffer[]>;
  numFreeBuffers: number;
  readonly numBytesUsed: number;
  numBytesAllocated: number;
}

interface GpuBuffer {
  readonly size: number;
  destroy(): void;
}

/** A tensor's values in another shape. */
export function shaped({ dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return { dataId, dtype, shape };
}
