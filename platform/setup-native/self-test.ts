import { join } from 'node:path';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { nativeSources, readSetup } from '../../models/native/setup-record.ts';
import { type Device, loadTensorFlow, type TensorFlow } from '../../models/native/tensorflow.ts';
import { checkModels } from './check-models.ts';

export interface SelfTest {
  /** Where operations really ran. */
  readonly device: Device;
  readonly checks: readonly string[];
  /** Why it was not the GPU, where the libraries could have used one. */
  readonly noGpu?: string;
}

/**
 * Loads TensorFlow in this process and compares what it computes with what must come out, up to the shipped models.
 * Throws unavailable where something is missing or wrong. For a process of its own: TensorFlow stays loaded.
 */
export async function selfTest(root: string, home: string, recordFile: string): Promise<SelfTest> {
  const { kind, libraries } = readSetup(home, recordFile);
  const { tensorflow, device, noGpu } = await onBestDevice(home, kind, recordFile);
  tensorflow.setBackend('tensorflow');
  const checks = [`TensorFlow ${tensorflow.native.backend.binding.TF_Version} loads`];
  if (kind !== device) checks.push(openCuda(home, Object.keys(libraries)));
  checks.push(checkProduct(tensorflow), checkGradient(tensorflow));
  if (nativeSources().length > 0) {
    checks.push(...(await checkModels(join(root, 'models'), device === 'gpu' ? 'gpu' : 'native')));
  }
  return { device, checks, ...(noGpu !== undefined && { noGpu }) };
}

async function onBestDevice(home: string, kind: Device, recordFile: string) {
  if (kind === 'gpu') {
    try {
      return { tensorflow: await loadTensorFlow(home, 'gpu', recordFile), device: 'gpu' as const };
    } catch (thrown) {
      const noGpu = reasonOf(thrown); // the CPU answers the rest, or says itself why it cannot
      return { tensorflow: await loadTensorFlow(home, 'cpu', recordFile), device: 'cpu' as const, noGpu };
    }
  }
  return { tensorflow: await loadTensorFlow(home, 'cpu', recordFile), device: 'cpu' as const };
}

/** Without a GPU TensorFlow leaves CUDA's libraries closed; here each is opened, to know that none lacks another. */
function openCuda(home: string, libraries: readonly string[]): string {
  const cuda = libraries.filter((file) => file.startsWith('nvidia/'));
  for (const file of cuda) {
    try {
      process.dlopen({ exports: {} }, join(home, file));
    } catch (thrown) {
      if (reasonOf(thrown).includes('did not self-register')) continue; // it opened, and is no module of Node's
      throw new LogsterError('unavailable', `${file} cannot be opened: ${reasonOf(thrown)}`, {
        cause: thrown,
      });
    }
  }
  return `the ${cuda.length} libraries of CUDA open`;
}

function checkProduct(tf: TensorFlow): string {
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])).dataSync(),
  );
  return expectValues('matMul', product, [19, 22, 43, 50]);
}

/** d/dx sum(x²) = 2x, through the gradients that training uses. */
function checkGradient(tf: TensorFlow): string {
  const slope = tf.grad((x) => tf.sum(tf.square(x)));
  const gradient = tf.tidy(() => slope(tf.tensor1d([1, -2, 3])).dataSync());
  return expectValues('a gradient', gradient, [2, -4, 6]);
}

function expectValues(what: string, got: ArrayLike<number>, wanted: readonly number[]): string {
  const same = got.length === wanted.length && wanted.every((value, index) => got[index] === value);
  if (same) return `${what} is right`;
  throw new LogsterError(
    'unavailable',
    `TensorFlow computes wrongly here: ${what} gave ${Array.from(got).join(' ')} instead of ${wanted.join(' ')}`,
  );
}
