import type { Database } from 'lmdb';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { LmdbStore } from '../lmdb-store.ts';
import type { Message, Received } from './bus.ts';
import { chunkHead, decodeChunk, encodeChunk, storedBytes } from './chunk.ts';
import { partitionOf } from './partition-of.ts';

/** About 64 pages: large enough that lmdb's work per chunk is small beside copying it. */
const CHUNK_BYTES = 256 * 1024;
/** One batch of the default size: reading it decodes little that it does not deliver. */
const CHUNK_MESSAGES = 512;

/** Where a partition begins and ends, and the bytes of its chunks. */
export interface PartitionHead {
  readonly first: number;
  readonly next: number;
  readonly bytes: number;
}

/** What trimming took away: offsets `from` to before `to`. */
export interface Trimmed {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** A name to watch for what is published to a partition. */
export const partitionName = (topic: Topic, partition: number): string => `${topic}/${partition}`;

/** The messages in lmdb: chunks by topic, partition and first offset. `append` and `trim` run inside `write`. */
export class LogTable {
  private readonly chunks: Database<Buffer, [string, number, number]>;
  private readonly heads: Database<PartitionHead, [string, number]>;
  private readonly store: LmdbStore;

  constructor(store: LmdbStore) {
    this.store = store;
    this.chunks = store.table('bus-chunks', { encoding: 'binary' });
    this.heads = store.table('bus-heads', { encoding: 'json' });
  }

  head(topic: Topic, partition: number): PartitionHead {
    return this.heads.get([topic, partition]) ?? { first: 0, next: 0, bytes: 0 };
  }

  /** Answers the bytes written. */
  append(topic: Topic, messages: readonly Message[], now: number): number {
    const byPartition = new Map<number, Message[]>();
    for (const message of messages) {
      const partition = partitionOf(message.key, TOPICS[topic].partitions);
      const list = byPartition.get(partition);
      if (list) list.push(message);
      else byPartition.set(partition, [message]);
    }
    let written = 0;
    for (const [partition, list] of byPartition) {
      const head = this.head(topic, partition);
      let { next, bytes } = head;
      for (const part of parts(list)) {
        const chunk = encodeChunk(part, now);
        this.chunks.putSync([topic, partition, next], chunk);
        next += part.length;
        bytes += chunk.length;
      }
      this.heads.putSync([topic, partition], { first: head.first, next, bytes });
      this.store.touch(partitionName(topic, partition));
      written += bytes - head.bytes;
    }
    return written;
  }

  /** From `offset` (or the first there is) up to so many messages and about so many bytes, at least one. */
  read(
    topic: Topic,
    partition: number,
    offset: number,
    atMost: { readonly messages: number; readonly bytes: number },
  ): Received[] {
    const { first, next } = this.head(topic, partition);
    const from = Math.max(offset, first);
    const found: Received[] = [];
    if (from >= next || atMost.messages < 1) return found;
    let bytes = 0;
    const start: [string, number, number] = [topic, partition, this.chunkOf(topic, partition, from)];
    for (const { key, value: chunk } of this.chunks.getRange({ start, end: [topic, partition, next] })) {
      const base = key[2];
      const { publishedAt } = chunkHead(chunk);
      const skip = Math.max(0, from - base);
      let at = base + skip;
      for (const { key: messageKey, value, headers } of decodeChunk(chunk, skip)) {
        found.push({ topic, partition, offset: at, key: messageKey, value, headers, publishedAt });
        at += 1;
        bytes += value.length;
        if (found.length >= atMost.messages || bytes >= atMost.bytes) return found;
      }
    }
    return found;
  }

  /** When the oldest chunk was published; undefined when the partition is empty. */
  oldest(topic: Topic, partition: number): number | undefined {
    const range = {
      start: this.key(topic, partition, 0),
      end: this.key(topic, partition, Number.MAX_SAFE_INTEGER),
    };
    for (const { value } of this.chunks.getRange({ ...range, limit: 1 })) return chunkHead(value).publishedAt;
    return undefined;
  }

  /** Takes away the oldest chunk of a partition. */
  trim(topic: Topic, partition: number): Trimmed | undefined {
    const range = {
      start: this.key(topic, partition, 0),
      end: this.key(topic, partition, Number.MAX_SAFE_INTEGER),
    };
    for (const { key, value } of [...this.chunks.getRange({ ...range, limit: 1 })]) {
      const head = this.head(topic, partition);
      const first = key[2] + chunkHead(value).count;
      this.chunks.removeSync(key);
      this.heads.putSync([topic, partition], { first, next: head.next, bytes: head.bytes - value.length });
      return { partition, from: key[2], to: first };
    }
    return undefined;
  }

  private key(topic: Topic, partition: number, offset: number): [string, number, number] {
    return [topic, partition, offset];
  }

  /** First offset of the chunk that holds `offset`. */
  private chunkOf(topic: Topic, partition: number, offset: number): number {
    const start = this.key(topic, partition, offset);
    const end = this.key(topic, partition, -1);
    for (const key of this.chunks.getKeys({ start, end, reverse: true, limit: 1 })) return key[2];
    return offset;
  }
}

/** Cuts a list where a chunk would grow too large; a larger message has a chunk of its own. */
function* parts(messages: readonly Message[]): Generator<readonly Message[]> {
  let begun = 0;
  let bytes = 0;
  for (const [index, message] of messages.entries()) {
    const size = storedBytes(message);
    if (index > begun && (bytes + size > CHUNK_BYTES || index - begun >= CHUNK_MESSAGES)) {
      yield messages.slice(begun, index);
      begun = index;
      bytes = 0;
    }
    bytes += size;
  }
  yield messages.slice(begun);
}
