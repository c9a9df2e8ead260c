import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { type LmdbStore, openStore, type Survives } from '../lmdb-store.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import type { State } from './state.ts';
import { EXPIRY_BYTES, ValueTable } from './value-table.ts';

/** Expired values are never returned; the sweep only gives their room back, so it need not hurry. */
const SWEEP_MS = 10_000;
/** Keeps one transaction of the sweep within a few milliseconds. */
const SWEEP_VALUES = 500;
/** lmdb's longest key is 1,978 bytes, and the index by expiry puts the time before it. */
const KEY_BYTES = 1_978 - EXPIRY_BYTES;

/**
 * Values in lmdb: safe from a killed process when `set` resolves (see `Survives`), shared by all processes that
 * open the directory. Versions come from one counter of the store, so that a value deleted and set anew never
 * gets a version it had before. A value must not be changed until its promise has resolved.
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
  const table = new ValueTable(store);
  const sweeping = sweepRegularly({ store, table, clock, telemetry });
  let closed = false;
  const needOpen = (): void => {
    if (closed) throw new LogsterError('closed', 'The state was closed');
  };
  const expiry = (ttlSeconds: number | undefined) =>
    ttlSeconds === undefined ? 0 : clock.now() + ttlSeconds;
  const getVersioned: State['getVersioned'] = async (key) => {
    needOpen();
    store.refresh();
    return table.get(keyBytes(key), clock.now());
  };
  return {
    getVersioned,
    get: async (key) => (await getVersioned(key))?.value,
    async set(key, value, ttlSeconds) {
      needOpen();
      const bytes = keyBytes(key);
      await store.write(() => table.put(bytes, value, expiry(ttlSeconds)));
    },
    async compareAndSet(key, version, value, ttlSeconds) {
      needOpen();
      const bytes = keyBytes(key);
      return store.write(() => {
        if (table.version(bytes, clock.now()) !== version) return false;
        table.put(bytes, value, expiry(ttlSeconds));
        return true;
      });
    },
    async delete(key) {
      needOpen();
      const bytes = keyBytes(key);
      await store.write(() => table.remove(bytes));
    },
    async keys(prefix) {
      needOpen();
      store.refresh();
      return table.keys(Buffer.from(prefix), clock.now());
    },
    async close() {
      if (closed) return;
      closed = true;
      await sweeping.stop();
      await store.close();
    },
  };
}

function keyBytes(key: string): Buffer {
  const bytes = Buffer.from(key);
  if (bytes.length > 0 && bytes.length <= KEY_BYTES) return bytes;
  throw new LogsterError('input-invalid', `A key has 1 to ${KEY_BYTES} bytes, this one ${bytes.length}`);
}

function sweepRegularly({
  store,
  table,
  clock,
  telemetry,
}: {
  readonly store: LmdbStore;
  readonly table: ValueTable;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): { stop(): Promise<void> } {
  let stopped = false;
  let running = Promise.resolve();
  let cancel = (): void => undefined;
  const sweep = async (): Promise<void> => {
    store.releaseDeadReaders();
    for (let removed = SWEEP_VALUES; removed === SWEEP_VALUES && !stopped; ) {
      removed = await store.write(() => table.removeExpired(clock.now(), SWEEP_VALUES));
    }
  };
  const later = (): void => {
    cancel = clock.after(SWEEP_MS, () => {
      running = sweep()
        .catch((error) => telemetry.log.warn('sweep failed, tried again later', { reason: reasonOf(error) }))
        .then(() => (stopped ? undefined : later()));
    });
  };
  later();
  return {
    stop() {
      stopped = true;
      cancel();
      return running;
    },
  };
}
