import type { Message } from './bus.ts';

/** A message as it lies in a chunk. */
export interface Stored {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const HEAD_BYTES = 12; // publishedAt float64, count uint32
const RECORD_HEAD_BYTES = 12; // lengths of key, headers and value, uint32 each
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Bytes a message takes in a chunk, but for its headers. */
export function storedBytes(message: Message): number {
  return RECORD_HEAD_BYTES + message.value.length + Buffer.byteLength(message.key);
}

/**
 * Messages of one partition as one value, so that lmdb does the work of one record for many.
 * Form: publishedAt, count, then for each message its three lengths, key, headers as JSON (0 bytes when there
 * are none) and value.
 */
export function encodeChunk(messages: readonly Message[], publishedAt: number): Buffer {
  const headers = messages.map((message) => {
    const text = message.headers ? JSON.stringify(message.headers) : '';
    return text === '{}' ? '' : text;
  });
  let size = HEAD_BYTES;
  messages.forEach((message, index) => {
    size += storedBytes(message) + Buffer.byteLength(headers[index] ?? '');
  });
  const chunk = Buffer.allocUnsafe(size);
  chunk.writeDoubleLE(publishedAt, 0);
  chunk.writeUInt32LE(messages.length, 8);
  let at = HEAD_BYTES;
  messages.forEach((message, index) => {
    const lengthsAt = at;
    at += RECORD_HEAD_BYTES;
    const keyBytes = chunk.write(message.key, at);
    at += keyBytes;
    const headerBytes = chunk.write(headers[index] ?? '', at);
    at += headerBytes;
    at += message.value.copy(chunk, at);
    chunk.writeUInt32LE(keyBytes, lengthsAt);
    chunk.writeUInt32LE(headerBytes, lengthsAt + 4);
    chunk.writeUInt32LE(message.value.length, lengthsAt + 8);
  });
  return chunk;
}

/** When the chunk was published (epoch seconds) and how many messages it holds. */
export function chunkHead(chunk: Buffer): { readonly publishedAt: number; readonly count: number } {
  return { publishedAt: chunk.readDoubleLE(0), count: chunk.readUInt32LE(8) };
}

/** The messages of a chunk from the one at `skip` on. Their values share the chunk's memory. */
export function* decodeChunk(chunk: Buffer, skip: number): Generator<Stored> {
  const { count } = chunkHead(chunk);
  let at = HEAD_BYTES;
  for (let index = 0; index < count; index += 1) {
    const keyEnd = at + RECORD_HEAD_BYTES + chunk.readUInt32LE(at);
    const headersEnd = keyEnd + chunk.readUInt32LE(at + 4);
    const end = headersEnd + chunk.readUInt32LE(at + 8);
    if (index >= skip) {
      yield {
        key: chunk.toString('utf8', at + RECORD_HEAD_BYTES, keyEnd),
        headers: headersEnd > keyEnd ? JSON.parse(chunk.toString('utf8', keyEnd, headersEnd)) : NO_HEADERS,
        value: chunk.subarray(headersEnd, end),
      };
    }
    at = end;
  }
}
