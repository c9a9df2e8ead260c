import { LogsterError, reasonOf } from './errors.ts';
import type { GraphBatch } from './graph.ts';
import { type BatchTexts, readTables, writeTables } from './graph-batch-tables.ts';

/**
 * A batch as one Arrow IPC stream: one record batch of one row, whose columns `graphs`, `nodes` and `edges` are lists
 * of structs (the three tables); platform and feature schema stand in its metadata.
 */
export function encodeGraphBatch(batch: GraphBatch, texts?: BatchTexts): Buffer {
  return writeTables(batch, texts);
}

/** The batch of those bytes; its arrays look into them, and they must not change. Throws `input-invalid`. */
export function decodeBatch(bytes: Buffer): GraphBatch {
  // Arrow's columns lie at multiples of 8 bytes and can only be looked into where the buffer does too
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(Uint8Array.from(bytes).buffer);
  try {
    return readTables(aligned);
  } catch (cause) {
    if (cause instanceof LogsterError) throw cause;
    const message = `A batch of ${bytes.length} bytes is no Arrow stream of graphs: ${reasonOf(cause)}`;
    throw new LogsterError('input-invalid', message, { cause });
  }
}
