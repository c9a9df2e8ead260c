import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { NativeBinding, NativeTensor, TensorFlow } from './tensorflow.ts';

/** Values of one input with their shape; whole numbers as Int32Array, others as Float32Array. */
export interface SessionInput {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** A SavedModel in TensorFlow, run with one native call. */
export interface NativeSession {
  /** Runs the graph once and copies the named outputs. Throws what TensorFlow says of it. */
  run(inputs: Readonly<Record<string, SessionInput>>, outputs: readonly string[]): Float32Array[];
  close(): void;
}

/** What TensorFlow says when a device has not enough memory for a batch. */
const OUT_OF_MEMORY = /OOM|ResourceExhausted|RESOURCE_EXHAUSTED|out of memory|failed to allocate/i;

/** Hands a graph over to TensorFlow. */
export function openSession({ native }: TensorFlow, savedModel: Uint8Array): NativeSession {
  const { binding } = native.backend;
  const id = load(binding, savedModel);
  let open = true;
  return {
    run(inputs, outputs) {
      if (!open) throw new LogsterError('closed', 'This session was closed; open another for the model');
      const given: number[] = [];
      let made: NativeTensor[] = [];
      try {
        for (const { shape, values } of Object.values(inputs)) {
          const isFloat = values[Symbol.toStringTag] === 'Float32Array'; // instanceof fails between realms
          const type = isFloat ? binding.TF_FLOAT : binding.TF_INT32;
          given.push(binding.createTensor(shape, type, values));
        }
        const names = Object.keys(inputs).map((name) => `${name}:0`);
        made = binding.runSavedModel(
          id,
          given,
          names.join(','),
          outputs.map((name) => `${name}:0`).join(','),
        );
        return made.map((tensor) => binding.tensorDataSync(tensor.id) as Float32Array);
      } catch (cause) {
        const reason = reasonOf(cause);
        const code = OUT_OF_MEMORY.test(reason) ? 'resource-exhausted' : 'unavailable';
        throw new LogsterError(code, `TensorFlow did not run the batch: ${reason}`, { cause });
      } finally {
        for (const tensor of given) binding.deleteTensor(tensor);
        for (const { id: tensor } of made) binding.deleteTensor(tensor);
      }
    },
    close() {
      if (open) binding.deleteSavedModel(id);
      open = false;
    },
  };
}

function load(binding: NativeBinding, savedModel: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'logster-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    return binding.loadSavedModel(folder, 'serve');
  } catch (cause) {
    throw new LogsterError('unavailable', `TensorFlow refuses the graph: ${reasonOf(cause)}`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
