// A thread that reads one model and ends. Started by read-model.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import type { ReaderAnswer } from './engine-messages.ts';
import { type ModelToRead, readModel } from './read-model.ts';

function answer(): ReaderAnswer {
  try {
    return { kind: 'read', model: readModel(workerData as ModelToRead) };
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'model-invalid';
    return { kind: 'refused', code, reason: reasonOf(thrown) };
  }
}

parentPort?.postMessage(answer());
