import * as zlib from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync as snap, uncompressSync as unsnap } from 'snappy';
import { LogsterError } from '../../contracts/errors.ts';
import type { Compression } from './kafka-settings.ts';

export interface Codec {
  compress(data: Buffer): Buffer;
  decompress(data: Buffer): Buffer;
}

/** The stream format that Kafka's clients wrap snappy blocks in (xerial snappy-java, SnappyOutputStream). */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const XERIAL_BLOCK = 32 * 1024;

/** Snappy as Kafka has it: blocks with lengths behind a header; librdkafka may send one bare block. */
export const snappyCodec: Codec = {
  compress(data) {
    const parts: Buffer[] = [XERIAL_HEADER];
    for (let at = 0; at < data.length; at += XERIAL_BLOCK) {
      const block = snap(data.subarray(at, at + XERIAL_BLOCK));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  decompress(data) {
    if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return unsnap(data) as Buffer;
    const parts: Buffer[] = [];
    for (let at = XERIAL_HEADER.length; at < data.length; ) {
      const length = data.readInt32BE(at);
      parts.push(unsnap(data.subarray(at + 4, at + 4 + length)) as Buffer);
      at += 4 + length;
    }
    return Buffer.concat(parts);
  },
};

/** LZ4 frames (lz4.org, frame format 1.6). */
export const lz4Codec: Codec = {
  compress: (data) => compressFrameSync(data),
  decompress: decompressFrameSync,
};

/** Node has zstd since 22.15; before, what others wrote can be read. */
type Zstd = { zstdCompressSync?: (data: Buffer) => Buffer; zstdDecompressSync?: (data: Buffer) => Buffer };
const { zstdCompressSync, zstdDecompressSync } = zlib as Zstd;
export const canWriteZstd = zstdCompressSync !== undefined;

export const zstdCodec: Codec = {
  compress(data) {
    if (zstdCompressSync) return zstdCompressSync(data);
    throw new LogsterError(
      'config-invalid',
      'Writing zstd needs Node 22.15; set kafka.compression to lz4 or update Node',
    );
  },
  decompress: (data) => (zstdDecompressSync ? zstdDecompressSync(data) : Buffer.from(unzstd(data))),
};

/** Refuses, before anything is published, to write what this Node cannot. Throws `config-invalid`. */
export function checkCompression(compression: Compression): void {
  if (compression === 'zstd') zstdCodec.compress(Buffer.alloc(0));
}
