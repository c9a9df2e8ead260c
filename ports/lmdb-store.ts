import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import { LogsterError, reasonOf } from '../contracts/errors.ts';

/**
 * What a confirmed write survives. `kill`: the end of any process; a commit costs microseconds, the system
 * writes it to disk in its own time, and a power cut may damage the store. `power-cut`: also that; every commit
 * waits for the disk, 0.3 ms on a fast one, 10 ms on a slow one.
 */
export type Survives = 'kill' | 'power-cut';

/**
 * Abortable (1), committed before it returns (2), no flush inside the writers' lock (0x10000). With lmdb's
 * overlapping sync the flush follows before the commit returns; without, the system's page cache keeps it.
 */
const COMMIT_FLAGS = 0x10003;

/**
 * Address space, not disk: the file grows as it is used. Large enough never to be remapped under readers, and
 * small beside the 128 TiB a 64-bit process has.
 */
const MAP_BYTES = 256 * 2 ** 30;

/**
 * Commits that wait for the disk are at least so far apart: what is written meanwhile shares the next one. Short
 * beside the half second that a person notices, long beside a flush.
 */
const GROUP_MS = 15;

interface Pending {
  readonly run: () => unknown;
  readonly done: (result: unknown) => void;
  readonly fail: (error: LogsterError) => void;
}

/**
 * One lmdb environment, shared by every port of this process that opens its directory. Writes of one turn of
 * the event loop become one transaction, atomic among processes, safe before any of their promises resolves. Freed pages are reused, so the file keeps its high-water mark and is never compacted.
 */
export interface LmdbStore {
  table<V, K extends Key>(
    name: string,
    options: { readonly encoding: 'binary' | 'json'; readonly keyEncoding?: 'binary' },
  ): Database<V, K>;
  /** Runs in the next transaction; what it throws undoes everything of that transaction. */
  write<R>(run: () => R): Promise<R>;
  /** Within `write`: wakes who watches the name, in this process, once committed. */
  touch(name: string): void;
  /** Calls back after commits that touched the name; returns how to stop. */
  watch(name: string, listener: () => void): () => void;
  /** Lets reads see what other processes committed, and frees the slots of killed readers. */
  refresh(): void;
  releaseDeadReaders(): void;
  close(): Promise<void>;
}

const opened = new Map<string, { readonly store: SharedStore; users: number }>();

/** Opens, or joins, the environment in a directory. Throws `unavailable` when it cannot be used. */
export function openStore(directory: string, survives: Survives = 'kill'): LmdbStore {
  // The two lay their roots out differently, so each has a file of its own.
  const path = join(resolve(directory), survives === 'kill' ? 'store.mdb' : 'store-synced.mdb');
  const known = opened.get(path) ?? { store: new SharedStore(path, survives), users: 0 };
  opened.set(path, known);
  known.users += 1;
  let mine = true;
  const { store } = known;
  return {
    table: (name, options) => store.table(name, options),
    write: (run) => store.write(run),
    touch: (name) => store.touch(name),
    watch: (name, listener) => store.watch(name, listener),
    refresh: () => store.root.resetReadTxn(),
    releaseDeadReaders: () => void store.root.readerCheck(),
    async close() {
      if (!mine) return;
      mine = false;
      await store.settle();
      known.users -= 1;
      if (known.users > 0) return;
      opened.delete(path);
      await store.root.close();
    },
  };
}

class SharedStore {
  readonly root: RootDatabase;
  private readonly tables = new Map<string, unknown>();
  private readonly watchers = new Map<string, Set<() => void>>();
  private readonly touched = new Set<string>();
  private pending: Pending[] = [];
  private scheduled = false;
  private restUntilMs = 0;
  private readonly restAtLeastMs: number;

  constructor(path: string, survives: Survives) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const overlappingSync = survives === 'power-cut';
      this.restAtLeastMs = overlappingSync ? GROUP_MS : 0;
      // 32 tables: the bus has six, each queue four, the state four.
      this.root = open({ path, noSubdir: true, mapSize: MAP_BYTES, maxDbs: 32, overlappingSync });
    } catch (cause) {
      const message = `Cannot open the store in ${path} (${reasonOf(cause)}); it must be a writable local folder`;
      throw new LogsterError('unavailable', message, { cause });
    }
  }

  table<V, K extends Key>(
    name: string,
    options: { readonly encoding: 'binary' | 'json'; readonly keyEncoding?: 'binary' },
  ): Database<V, K> {
    const known = this.tables.get(name) ?? this.root.openDB<V, K>(name, options);
    this.tables.set(name, known);
    return known as Database<V, K>;
  }

  write<R>(run: () => R): Promise<R> {
    const written = new Promise<R>((done, fail) => {
      this.pending.push({ run, done: (result) => done(result as R), fail });
    });
    this.schedule();
    return written;
  }

  touch(name: string): void {
    this.touched.add(name);
  }

  watch(name: string, listener: () => void): () => void {
    const listeners = this.watchers.get(name) ?? new Set();
    this.watchers.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Ends when nothing is left to write. */
  async settle(): Promise<void> {
    while (this.pending.length > 0) await new Promise(setImmediate);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    // A slow disk gathers more: no more than half of this thread's time goes into commits.
    const restMs = this.restUntilMs - performance.now();
    if (restMs > 1) setTimeout(() => this.flush(), restMs);
    else setImmediate(() => this.flush());
  }

  private flush(): void {
    const batch = this.pending;
    this.pending = [];
    this.scheduled = false;
    const begun = performance.now();
    let results: unknown[];
    try {
      // lmdb's declaration of the flags is an enum without values at run time
      results = this.root.transactionSync(
        () => batch.map(({ run }) => run()),
        COMMIT_FLAGS as number as never,
      );
    } catch (cause) {
      this.touched.clear();
      const error =
        cause instanceof LogsterError
          ? cause
          : new LogsterError('unavailable', `The store could not be written: ${reasonOf(cause)}`, { cause });
      for (const { fail } of batch) fail(error);
      return;
    } finally {
      const ended = performance.now();
      this.restUntilMs = ended + Math.max(ended - begun, this.restAtLeastMs);
    }
    const names = [...this.touched];
    this.touched.clear();
    for (const [place, { done }] of batch.entries()) done(results[place]);
    for (const name of names) for (const listener of [...(this.watchers.get(name) ?? [])]) listener();
  }
}
