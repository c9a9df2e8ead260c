import { LogsterError } from '../../contracts/errors.ts';
import { openStore, type Survives } from '../lmdb-store.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import { JobTable } from './job-table.ts';
import type { Queue, QueueLimits } from './queue.ts';
import { EmbeddedWorker } from './worker.ts';

/** How soon another process's jobs are seen; one read of a few microseconds each time. */
const POLL_MS = 50;

/**
 * A queue in lmdb: safe from a killed process when `add` resolves (see `Survives`), shared by all processes that
 * open the directory. First come, first served; a job tried again keeps its place. `room` ends when the job that was last refused would fit.
 */
export function embeddedQueue<T>({
  directory,
  name,
  limits,
  clock = systemClock,
  telemetry = unheard,
  survives = 'kill',
}: {
  readonly directory: string;
  readonly name: string;
  readonly limits: QueueLimits;
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  readonly survives?: Survives;
}): Queue<T> {
  const store = openStore(directory, survives);
  const table = new JobTable<T>(store, name);
  const changed = `queue-${name}`;
  const workers = new Set<EmbeddedWorker<T>>();
  const waiters = new Set<() => void>();
  let closed = false;
  let refusedBytes = 0;

  const write = <R>(run: () => R): Promise<R> => {
    if (closed) throw new LogsterError('closed', `The queue ${name} was closed`);
    return changing(run);
  };
  const changing = <R>(run: () => R): Promise<R> =>
    store.write(() => {
      store.touch(changed);
      return run();
    });
  const wake = (): void => {
    store.refresh();
    if (closed || table.fits(limits, refusedBytes)) for (const waiter of [...waiters]) waiter();
    for (const worker of [...workers]) worker.look();
  };
  const unwatch = store.watch(changed, wake);
  let cancelPoll = (): void => undefined;
  const poll = (): void => {
    cancelPoll = clock.after(POLL_MS, () => {
      wake();
      if (!closed) poll();
    });
  };
  poll();

  const needs = { store, table, name, clock, telemetry, write: changing };

  return {
    async add(job) {
      const answer = await write(() => table.add(job, clock.now(), limits));
      if (answer === 'full') refusedBytes = job.sizeBytes;
      return answer;
    },
    async room() {
      store.refresh();
      while (!closed && !table.fits(limits, refusedBytes)) {
        await new Promise<void>((resolve) => {
          const waiter = (): void => {
            waiters.delete(waiter);
            resolve();
          };
          waiters.add(waiter);
        });
      }
    },
    work(run, options) {
      if (closed) throw new LogsterError('closed', `The queue ${name} was closed`);
      const worker = new EmbeddedWorker(needs, run, options, (ended) => workers.delete(ended));
      workers.add(worker);
      return worker;
    },
    async stats() {
      store.refresh();
      return table.stats(clock.now());
    },
    async failed(limit) {
      store.refresh();
      return table.failed(limit);
    },
    retry: async (id) => write(() => table.retry(id)),
    async close() {
      if (closed) return;
      closed = true;
      cancelPoll();
      unwatch();
      for (const waiter of [...waiters]) waiter();
      await Promise.all([...workers].map((worker) => worker.close()));
      await store.close();
    },
  };
}
