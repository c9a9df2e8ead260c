import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { openStore, type Survives } from '../lmdb-store.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import type { State, Versioned } from './state.ts';

/** Expired values are never returned; the sweep only gives their room back, so it need not hurry. */
const SWEEP_MS = 10_000;
/** Keeps one transaction of the sweep within a few milliseconds. */
const SWEEP_VALUES = 500;
/** lmdb's longest key is 1,978 bytes; the expiry table puts 8 bytes before it. */
const KEY_BYTES = 1_970;

interface Meta {
  readonly version: number;
  readonly expiresAt: number; // epoch seconds; 0: never
}

/**
 * Values in lmdb: safe from a killed process when `set` resolves (see `Survives`), shared by all processes that
 * open the directory. Versions come from one counter of the store, so that a value deleted and
 * set anew never gets a version it had before. A value must not be changed until its promise has resolved.
 */
export function embeddedState({
  directory,
  clock = systemClock,
  telemetry = unheard,
  survives = 'kill',
}: {
  readonly directory: string;
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  readonly survives?: Survives;
}): State {
  const store = openStore(directory, survives);
  const metas = store.table<Meta, Buffer>('state-meta', { encoding: 'json', keyEncoding: 'binary' });
  const values = store.table<Buffer, Buffer>('state-values', { encoding: 'binary', keyEncoding: 'binary' });
  const expiries = store.table<true, Buffer>('state-expiries', { encoding: 'json', keyEncoding: 'binary' });
  const counter = store.table<number, string>('state-counter', { encoding: 'json' });
  let closed = false;

  const checked = (key: string): Buffer => {
    if (closed) throw new LogsterError('closed', 'The state was closed');
    const bytes = Buffer.from(key);
    if (bytes.length > 0 && bytes.length <= KEY_BYTES) return bytes;
    throw new LogsterError('input-invalid', `A key has 1 to ${KEY_BYTES} bytes, this one ${bytes.length}`);
  };
  const live = (key: Buffer): Meta | undefined => {
    const meta = metas.get(key);
    return meta && (meta.expiresAt === 0 || meta.expiresAt > clock.now()) ? meta : undefined;
  };
  const remove = (key: Buffer): void => {
    const meta = metas.get(key);
    if (!meta) return;
    metas.removeSync(key);
    values.removeSync(key);
    if (meta.expiresAt > 0) expiries.removeSync(expiryKey(meta.expiresAt, key));
  };
  const put = (key: Buffer, value: Buffer, ttlSeconds: number | undefined): void => {
    const before = metas.get(key);
    if (before && before.expiresAt > 0) expiries.removeSync(expiryKey(before.expiresAt, key));
    const expiresAt = ttlSeconds === undefined ? 0 : clock.now() + ttlSeconds;
    const version = (counter.get('version') ?? 0) + 1;
    counter.putSync('version', version);
    metas.putSync(key, { version, expiresAt });
    values.putSync(key, value);
    if (expiresAt > 0) expiries.putSync(expiryKey(expiresAt, key), true);
  };
  const read = (key: string): Versioned | undefined => {
    const bytes = checked(key);
    store.refresh();
    const meta = live(bytes);
    const value = meta && values.get(bytes);
    return meta && value ? { value: Buffer.from(value.buffer, value.byteOffset, value.length), version: meta.version } : undefined;
  };

  const sweep = async (): Promise<void> => {
    store.releaseDeadReaders();
    for (let removed = SWEEP_VALUES; removed === SWEEP_VALUES && !closed; ) {
      removed = await store.write(() => {
        const due = expiries.getKeys({ end: expiryKey(clock.now(), Buffer.alloc(0)), limit: SWEEP_VALUES });
        const keys = [...due].map((key) => Buffer.from(key));
        for (const key of keys) remove(key.subarray(8));
        return keys.length;
      });
    }
  };
  let sweeping = Promise.resolve();
  let cancel = (): void => undefined;
  const sweepLater = (): void => {
    cancel = clock.after(SWEEP_MS, () => {
      sweeping = sweep()
        .catch((error) => telemetry.log.warn('state sweep failed, tried again later', { reason: reasonOf(error) }))
        .then(() => (closed ? undefined : sweepLater()));
    });
  };
  sweepLater();

  return {
    async set(key, value, ttlSeconds) {
      const bytes = checked(key);
      await store.write(() => put(bytes, value, ttlSeconds));
    },
    get: async (key) => read(key)?.value,
    getVersioned: async (key) => read(key),
    async compareAndSet(key, version, value, ttlSeconds) {
      const bytes = checked(key);
      return store.write(() => {
        if ((live(bytes)?.version ?? 0) !== version) return false;
        put(bytes, value, ttlSeconds);
        return true;
      });
    },
    async delete(key) {
      const bytes = checked(key);
      await store.write(() => remove(bytes));
    },
    async keys(prefix) {
      if (closed) throw new LogsterError('closed', 'The state was closed');
      store.refresh();
      const begins = Buffer.from(prefix);
      const found: string[] = [];
      for (const { key, value } of metas.getRange(prefix === '' ? {} : { start: begins })) {
        const bytes = Buffer.from(key);
        if (!bytes.subarray(0, begins.length).equals(begins)) break;
        if (value.expiresAt === 0 || value.expiresAt > clock.now()) found.push(bytes.toString());
      }
      return found;
    },
    async close() {
      if (closed) return;
      closed = true;
      cancel();
      await sweeping;
      await store.close();
    },
  };
}

/** Sorts by time, then key: milliseconds as 8 big-endian bytes before the key. */
function expiryKey(expiresAt: number, key: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + key.length);
  bytes.writeBigUInt64BE(BigInt(Math.floor(expiresAt * 1000)));
  key.copy(bytes, 8);
  return bytes;
}
