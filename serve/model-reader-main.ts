// A thread that reads one model and ends: what takes a tenth of a second (digests, trees, checks of every parameter)
// holds up no batch there. Started by read-model.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { decodeModel } from '../models/artifact.ts';
import type { ReaderAnswer, ReadModel } from './engine-messages.ts';
import type { ModelToRead } from './read-model.ts';

function read({ files, featureSchema }: ModelToRead): ReadModel {
  const buffers = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)]);
  const { golden, ...model } = decodeModel(Object.fromEntries(buffers), featureSchema);
  if (!golden) return model;
  const { nodeLabel: _, edgeEvent: __, ...batch } = golden.batch;
  return { ...model, golden: { ...golden, batch } };
}

function answer(): ReaderAnswer {
  try {
    return { kind: 'read', model: read(workerData as ModelToRead) };
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'model-invalid';
    return { kind: 'refused', code, reason: reasonOf(thrown) };
  }
}

parentPort?.postMessage(answer());
