import { LogsterError } from '../../contracts/errors.ts';
import { loadTensorFlow, nativeHome } from './tensorflow.ts';

/** Why native TensorFlow cannot run here, undefined where it can: tests that need it say so when they skip. */
export async function whyNoTensorFlow(): Promise<string | undefined> {
  try {
    await loadTensorFlow(nativeHome());
    return undefined;
  } catch (thrown) {
    if (thrown instanceof LogsterError && thrown.code === 'unavailable') return thrown.message;
    throw thrown;
  }
}
