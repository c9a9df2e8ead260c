import type { Database } from 'lmdb';
import type { LmdbStore } from '../lmdb-store.ts';
import type { Versioned } from './state.ts';

interface Meta {
  readonly version: number;
  readonly expiresAt: number; // epoch seconds; 0: never
}

/** Keys of lmdb are bytes, so that they sort as their UTF-8 does and a prefix is a range. */
const KEYS = { keyEncoding: 'binary' } as const;

/**
 * Values that expire, in lmdb: the bytes, beside them version and expiry, and an index by expiry. `put`,
 * `remove` and `removeExpired` run inside the store's `write`.
 */
export class ValueTable {
  private readonly metas: Database<Meta, Buffer>;
  private readonly values: Database<Buffer, Buffer>;
  private readonly expiries: Database<true, Buffer>;
  private readonly counter: Database<number, string>;

  constructor(store: LmdbStore) {
    this.metas = store.table('state-meta', { encoding: 'json', ...KEYS });
    this.values = store.table('state-values', { encoding: 'binary', ...KEYS });
    this.expiries = store.table('state-expiries', { encoding: 'json', ...KEYS });
    this.counter = store.table('state-counter', { encoding: 'json' });
  }

  /** The version of a live value, 0 when there is none. */
  version(key: Buffer, now: number): number {
    const meta = this.metas.get(key);
    return meta && isLive(meta, now) ? meta.version : 0;
  }

  get(key: Buffer, now: number): Versioned | undefined {
    const version = this.version(key, now);
    const value = version > 0 ? this.values.get(key) : undefined;
    return value && { value: Buffer.from(value.buffer, value.byteOffset, value.length), version };
  }

  put(key: Buffer, value: Buffer, expiresAt: number): void {
    const before = this.metas.get(key);
    if (before && before.expiresAt > 0) this.expiries.removeSync(expiryKey(before.expiresAt, key));
    const version = (this.counter.get('version') ?? 0) + 1;
    this.counter.putSync('version', version);
    this.metas.putSync(key, { version, expiresAt });
    this.values.putSync(key, value);
    if (expiresAt > 0) this.expiries.putSync(expiryKey(expiresAt, key), true);
  }

  remove(key: Buffer): void {
    const meta = this.metas.get(key);
    if (!meta) return;
    this.metas.removeSync(key);
    this.values.removeSync(key);
    if (meta.expiresAt > 0) this.expiries.removeSync(expiryKey(meta.expiresAt, key));
  }

  /** Removes up to `limit` expired values; answers how many. */
  removeExpired(now: number, limit: number): number {
    const due = [...this.expiries.getKeys({ end: expiryKey(now, Buffer.alloc(0)), limit })];
    for (const key of due.map((bytes) => Buffer.from(bytes))) this.remove(key.subarray(EXPIRY_BYTES));
    return due.length;
  }

  keys(prefix: Buffer, now: number): string[] {
    const found: string[] = [];
    for (const { key, value } of this.metas.getRange(prefix.length === 0 ? {} : { start: prefix })) {
      const bytes = Buffer.from(key);
      if (!bytes.subarray(0, prefix.length).equals(prefix)) break;
      if (isLive(value, now)) found.push(bytes.toString());
    }
    return found;
  }
}

const isLive = ({ expiresAt }: Meta, now: number): boolean => expiresAt === 0 || expiresAt > now;

/** Bytes of the time before a key in the index by expiry. */
export const EXPIRY_BYTES = 8;

/** Sorts by time, then key: milliseconds as a big-endian integer before the key. */
function expiryKey(expiresAt: number, key: Buffer): Buffer {
  const bytes = Buffer.alloc(EXPIRY_BYTES + key.length);
  bytes.writeBigUInt64BE(BigInt(Math.floor(expiresAt * 1000)));
  key.copy(bytes, EXPIRY_BYTES);
  return bytes;
}
