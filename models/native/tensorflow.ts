import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import * as tfjs from '@tensorflow/tfjs-core';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { projectFolder, readSetup, SETUP_RECORD, type SetupRecord, setupCommand } from './setup-record.ts';

/** An attribute of a raw TensorFlow operation; `type` is one of the binding's TF_ATTR numbers. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What TensorFlow says of a tensor that it made. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** TensorFlow's own calls as the compiled binding offers them: tensors are numbers, and nobody frees them for us. */
export interface NativeBinding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_UINT8: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  createTensor(shape: readonly number[], dtype: number, values: tfjs.TypedArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): tfjs.TypedArray;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensor[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): NativeTensor[];
  getNumOfTensors(): number;
}

/** The tfjs backend that hands every operation to TensorFlow. */
export interface NativeBackend extends tfjs.KernelBackend {
  readonly binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tfjs.Tensor[],
  ): tfjs.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tfjs.Tensor[],
    outputs: number,
  ): tfjs.Tensor[];
}

/** tfjs with TensorFlow as its backend `tensorflow`, and TensorFlow itself beneath it. */
export type TensorFlow = typeof tfjs & {
  readonly native: { readonly backend: NativeBackend; readonly version: string };
};

export type Device = 'cpu' | 'gpu';

/** TensorFlow reads these once, when its libraries load. One thread: the pool runs one process per core. */
const SETTINGS: Readonly<Record<Device, Readonly<Record<string, string>>>> = {
  cpu: { CUDA_VISIBLE_DEVICES: '-1' },
  gpu: { NVIDIA_TF32_OVERRIDE: '0', TF_DETERMINISTIC_OPS: '1', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
};
const COMMON = { TF_CPP_MIN_LOG_LEVEL: '2', TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };

/** A process has one TensorFlow for its whole life, and the device it was loaded for. */
interface Loaded {
  readonly home: string;
  readonly record: SetupRecord;
  readonly device: Device;
  readonly tensorflow: TensorFlow;
}
let loaded: Loaded | undefined;

/** Where `npm run setup:native` puts everything: `.native` in the project's folder. */
export function nativeHome(): string {
  return join(projectFolder(), '.native');
}

/**
 * Loads native TensorFlow from `home` for one device, as backend `tensorflow` of the one engine that all copies of
 * tfjs in a process share. The current backend stays what it was: call `setBackend` before computing. Throws unavailable with the reason and the way out.
 */
export async function loadTensorFlow(
  home: string,
  device: Device = 'cpu',
  recordFile: string = SETUP_RECORD,
): Promise<TensorFlow> {
  if (loaded && loaded.home !== home) throw unavailable(`This process has TensorFlow from ${loaded.home}`);
  const record = loaded?.record ?? readSetup(home, recordFile);
  if (device === 'gpu' && record.kind === 'cpu') {
    throw unavailable(`TensorFlow is set up here without CUDA; run \`${setupCommand('gpu')}\``);
  }
  loaded ??= load(home, device, record);
  const onGpu = loaded.tensorflow.native.backend.isUsingGpuDevice;
  if (device === 'gpu' && !onGpu) {
    const reason =
      loaded.device === 'cpu' ? 'this process loaded TensorFlow for the CPU' : 'TensorFlow found no GPU';
    throw unavailable(`No GPU device here: ${reason}. \`nvidia-smi\` shows what the driver offers`);
  }
  if (device === 'cpu' && onGpu) {
    throw unavailable('This process loaded TensorFlow for the GPU; start another for the CPU');
  }
  return loaded.tensorflow;
}

function load(home: string, device: Device, record: SetupRecord): Loaded {
  Object.assign(process.env, COMMON, SETTINGS[device]);
  const require = createRequire(join(home, 'package.json'));
  const deprecations = process.noDeprecation;
  try {
    process.noDeprecation = true; // old dependencies of tfjs-node warn of themselves on every start
    restoreUtil();
    tfjs.enableProdMode(); // it would list everything that its copy below `home` registers a second time
    const before = tfjs.getBackend();
    const tf = require('@tensorflow/tfjs-node-gpu') as typeof tfjs;
    const backend = tf.backend() as NativeBackend;
    if (before) tf.setBackend(before);
    return { home, record, device, tensorflow: { ...tf, native: { backend, version: record.tensorflow } } };
  } catch (cause) {
    throw unavailable(
      `Native TensorFlow does not load: ${reasonOf(cause)}; run \`${setupCommand(record.kind)}\` again`,
      cause,
    );
  } finally {
    process.noDeprecation = deprecations ?? false;
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 took out of `util`. */
function restoreUtil(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}

function unavailable(message: string, cause?: unknown): LogsterError {
  return new LogsterError('unavailable', message, cause === undefined ? undefined : { cause });
}
