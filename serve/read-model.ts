import { Worker } from 'node:worker_threads';
import { type ErrorCode, LogsterError } from '../contracts/errors.ts';
import { decodeModel } from '../models/artifact.ts';
import type { ReaderAnswer, ReadModel } from './engine-messages.ts';

/** A model's files and, where windows of only one feature table come, the hash of that. */
export interface ModelToRead {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly featureSchema?: string | undefined;
}

/** Decodes a model into what can be sent to another thread. Throws what decodeModel() throws. */
export function readModel({ files, featureSchema }: ModelToRead): ReadModel {
  const buffers = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)]);
  const { golden, ...model } = decodeModel(Object.fromEntries(buffers), featureSchema);
  if (!golden) return model;
  const { nodeLabel: _, edgeEvent: __, ...batch } = golden.batch;
  return { ...model, golden: { ...golden, batch } };
}

/**
 * The same in the compiled thread `script`: digests, trees and the check of every parameter take a tenth of a second,
 * which holds up no batch there.
 */
export function readModelAside(script: string, toRead: ModelToRead): Promise<ReadModel> {
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
