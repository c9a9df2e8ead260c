import { setTimeout as wait } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { reasonOf } from '../../contracts/errors.ts';
import { type NetworkTensors, networkInput } from '../gat.ts';
import { type GraphRange, type NetworkValues, networkScores } from '../network-scores.ts';
import type { PreparedBatch } from '../prepare.ts';
import { useBackend } from '../use-backend.ts';
import { type Gpu, returnSpareMemory } from './gpu.ts';

/** What the GPU computed, or why it could not. */
export type Computed =
  | { readonly ok: true; readonly values: NetworkValues }
  | { readonly ok: false; readonly reason: string; readonly outOfMemory: boolean };

/** In the order in which they are asked for: what follows from a lack of memory is of the other kinds. */
const ERRORS = ['out-of-memory', 'validation', 'internal'] as const;
/** A device says that it is gone at about the time at which what it owed fails. */
const LOSS_WAIT_MS = 1000;

/**
 * Runs the network on some graphs of a batch, of which one at least has a node. A device that runs out of memory or
 * goes away is an answer; whatever it gave back is thrown away then, and it must not be used any more.
 */
export async function compute(
  gpu: Gpu,
  parameters: NetworkTensors,
  batch: PreparedBatch,
  range: GraphRange,
): Promise<Computed> {
  const { device } = gpu.backend;
  for (const filter of [...ERRORS].reverse()) device.pushErrorScope(filter);
  const reading = begin(parameters, batch, range);
  const errors = ERRORS.map(() => device.popErrorScope());
  const [read, ...found] = await Promise.allSettled([reading, ...errors]);
  for (const [place, error] of found.entries()) {
    if (error.status === 'rejected' || !error.value) continue;
    return {
      ok: false,
      reason: firstLine(error.value.message),
      outOfMemory: ERRORS[place] === 'out-of-memory',
    };
  }
  if (read.status === 'fulfilled') {
    returnSpareMemory(gpu.backend);
    return { ok: true, values: read.value };
  }
  // thrown where a buffer that is to be written at once cannot be had
  if (nameOf(read.reason) === 'RangeError') {
    return { ok: false, reason: reasonOf(read.reason), outOfMemory: true };
  }
  const loss = await Promise.race([device.lost, wait(LOSS_WAIT_MS)]);
  if (loss) return { ok: false, reason: `the device was lost: ${loss.message}`, outOfMemory: false };
  throw read.reason;
}

/** What happened; the lines after it tell the way through Dawn's sources. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}

function nameOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined;
}

/** Hands the work to the device before it returns; the promise is of the values. */
async function begin(
  parameters: NetworkTensors,
  batch: PreparedBatch,
  { from, to }: GraphRange,
): Promise<NetworkValues> {
  useBackend('webgpu');
  const said = tf.tidy(() => networkScores(parameters, networkInput(batch, from, to)));
  try {
    const [logits, nodeScore, attention] = await Promise.all([
      said.logits.data<'float32'>(),
      said.nodeScore.data<'float32'>(),
      said.attention.data<'float32'>(),
    ]);
    return { logits, nodeScore, attention };
  } finally {
    tf.dispose(said);
  }
}
