import { Worker } from 'node:worker_threads';
import { type ErrorCode, LogsterError } from '../contracts/errors.ts';
import type { ReaderAnswer, ReadModel } from './engine-messages.ts';

/** A model's files and, where windows of only one feature table come, the hash of that. */
export interface ModelToRead {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly featureSchema?: string | undefined;
}

/** Reads a model in the compiled thread `script`. Throws what decodeModel() throws. */
export function readModel(script: string, toRead: ModelToRead): Promise<ReadModel> {
  return new Promise((resolve, reject) => {
    const reader = new Worker(script, { workerData: toRead });
    reader.once('message', (answer: ReaderAnswer) => {
      if (answer.kind === 'read') resolve(answer.model);
      else reject(new LogsterError(answer.code as ErrorCode, answer.reason));
    });
    reader.once('error', reject);
    // after an answer this changes nothing
    reader.once('exit', (code) =>
      reject(new LogsterError('unavailable', `The thread that reads a model ended with code ${code}`)),
    );
  });
}
