import * as tf from '@tensorflow/tfjs-core';
import { scoringParameters } from '../artifact.ts';
import type { Model } from '../engine.ts';
import { type NetworkTensors, parameterTensors } from '../gat.ts';
import type { GraphRange } from '../network-scores.ts';
import type { PreparedBatch } from '../prepare.ts';
import { useBackend } from '../use-backend.ts';
import { rowsOf } from './chunks.ts';
import { type Computed, compute } from './compute.ts';
import { leaveGpu, renewGpu, takeGpu } from './gpu.ts';

/** A model's parameters on the thread's GPU. */
export interface ModelOnGpu {
  gpuName(): string;
  /** The most nodes, and the most messages, to be computed at once; less after it ran out of memory. */
  maxRows(): number;
  /** Runs the network on some graphs. After a failure the next call opens the device anew, or throws unavailable. */
  compute(batch: PreparedBatch, range: GraphRange): Promise<Computed>;
  close(): void;
}

/** Memory may have been short for a moment only: batches of some ten graphs stay worth a GPU. */
const LEAST_ROWS = 4096;

/** Brings a model's parameters to the GPU. Throws unavailable. */
export async function modelOnGpu(model: Model, software: boolean): Promise<ModelOnGpu> {
  const vector = scoringParameters(model);
  const upload = (): NetworkTensors => {
    useBackend('webgpu');
    return parameterTensors(model.manifest.platform, vector);
  };
  let gpu = await takeGpu(software);
  let parameters = upload();
  let { maxRows } = gpu;
  let failed = false;
  let closed = false;
  return {
    gpuName: () => gpu.name,
    maxRows: () => maxRows,
    async compute(batch, range) {
      if (failed || gpu.closed()) {
        tf.dispose(Object.values(parameters));
        gpu = await renewGpu(gpu);
        if (closed) return { ok: false, reason: 'it was closed', outOfMemory: false };
        parameters = upload();
      }
      const computed = await compute(gpu, parameters, batch, range);
      failed = !computed.ok;
      if (!computed.ok && computed.outOfMemory) {
        maxRows = Math.min(maxRows, Math.max(LEAST_ROWS, Math.ceil(rowsOf(batch, range) / 2)));
      }
      return computed;
    },
    close() {
      closed = true;
      tf.dispose(Object.values(parameters));
      leaveGpu();
    },
  };
}
