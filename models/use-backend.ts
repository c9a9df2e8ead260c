import * as tf from '@tensorflow/tfjs-core';

/**
 * Makes a backend that is open already the one that tfjs computes on. There is one such choice per thread, and every
 * engine on tfjs makes it anew before it computes: between two of its steps another engine may have had its turn.
 */
export function useBackend(name: 'cpu' | 'webgpu'): void {
  if (tf.getBackend() !== name) tf.setBackend(name); // at once, in spite of its promise: nothing is left to open
}
