import { type Job as BullJob, Worker as BullWorker, type ConnectionOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { reasonOf } from '../../contracts/errors.ts';
import { isConnectionLoss, type RedisConnection } from '../redis.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ActiveJob, Job, WorkOptions } from './queue.ts';
import type { Reservations } from './reservations.ts';

export interface BullWorkerNeeds {
  readonly name: string;
  readonly prefix: string;
  readonly connection: RedisConnection; // the worker opens one of its own beside it, to wait on
  readonly places: Reservations;
  readonly telemetry: Telemetry;
}

export interface RunningWorker {
  close(): Promise<void>;
}

/** A worker that waits on a connection which is being mended would never end; its jobs have ended before. */
const CLOSE_MS = 3_000;

/** Looks for jobs of killed workers so often within a lock's life. */
const LOOKS = 2;

/** Between two looks at whether the server is there, and how long a beginning may take. */
const AGAIN_MS = 100;
const READY_MS = 10_000;

type StoredJob<T> = BullJob<Job<T>, void, string>;

/**
 * Runs jobs through BullMQ. A job holds its place until it has ended; one that ended just before its worker was killed
 * is not run again. The lock is renewed by this process's timer: what blocks the thread longer than the lock lasts
 * (scoring, for one) belongs into another process.
 */
export function bullWorker<T>(
  needs: BullWorkerNeeds,
  run: (job: ActiveJob<T>) => Promise<void>,
  options: WorkOptions,
): RunningWorker {
  const { connection, places } = needs;
  // of its own, so that it can be ended whatever BullMQ does on it
  const waiting = connection instanceof Redis ? connection.duplicate() : connection.duplicate();
  waiting.on('error', () => undefined); // told once, by the connection that it was made of
  waiting.connect().catch(() => undefined); // it goes on trying
  const running = new Set<Promise<void>>();
  const work = async (job: StoredJob<T>): Promise<void> => {
    const { id, tenant, sizeBytes, data } = job.data;
    if (await places.isDone(id)) return;
    await run({ id, tenant, sizeBytes, data, attempt: job.attemptsStarted, addedAt: job.timestamp / 1000 });
    await places.done(id); // before BullMQ forgets it, so that nobody adds it anew in between
    tell(needs, 'done', id);
  };
  const tracked = (job: StoredJob<T>): Promise<void> => {
    const execution = work(job).finally(() => running.delete(execution));
    running.add(execution);
    return execution;
  };
  let closing = false;
  let worker: BullWorker<Job<T>, void, string> | undefined;
  /** BullMQ's worker stands still for good when its server is away while it begins: so it begins when it is there. */
  const keepWorking = async (): Promise<void> => {
    while (!closing) {
      if (waiting.status === 'ready') {
        const begun = workerOf(needs, tracked, options, waiting);
        worker = begun;
        if (await within(READY_MS, begun.waitUntilReady())) return begun.run();
        void begun.close(true);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  };
  keepWorking().catch((error: unknown) => complain(needs, error));
  return {
    async close() {
      closing = true;
      if (worker) await within(CLOSE_MS, worker.pause(true));
      await Promise.all(running);
      if (worker) await within(CLOSE_MS, worker.close());
      waiting.disconnect();
    },
  };
}

/** Whether something ended well in time. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref());
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]);
}

function workerOf<T>(
  needs: BullWorkerNeeds,
  work: (job: StoredJob<T>) => Promise<void>,
  { concurrency, stalledAfterMs, attempts }: WorkOptions,
  waiting: RedisConnection,
) {
  const { name, prefix, places, telemetry } = needs;
  const worker = new BullWorker<Job<T>, void, string>(name, work, {
    connection: waiting as unknown as ConnectionOptions,
    prefix,
    concurrency,
    autorun: false,
    lockDuration: stalledAfterMs,
    stalledInterval: Math.max(1, Math.floor(stalledAfterMs / LOOKS)),
    maxStalledCount: attempts, // a try that stalled counts as one that threw, by the next line
    maxStartedAttempts: attempts,
  });
  worker.on('failed', (job, error) => {
    if (!job) return;
    const over = job.finishedOn !== undefined;
    tell(needs, over ? 'failed' : 'again', job.data.id, error.message);
    if (over) places.failed(job.data.id).catch((thrown) => complain(needs, thrown));
  });
  worker.on('stalled', (jobId) => {
    telemetry.log.warn('job returned: its worker gave no sign', { queue: name, job: jobId });
  });
  worker.on('error', (error) => complain(needs, error));
  return worker;
}

function tell(
  { name, telemetry }: BullWorkerNeeds,
  ending: 'done' | 'again' | 'failed',
  job: string,
  reason?: string,
): void {
  telemetry.metrics.count('queue_jobs_total', { queue: name, ending });
  if (ending !== 'done') telemetry.log.warn('job did not end well', { queue: name, job, ending, reason });
}

function complain({ name, telemetry }: BullWorkerNeeds, error: unknown): void {
  if (!isConnectionLoss(error))
    telemetry.log.warn('queue step failed', { queue: name, reason: reasonOf(error) });
}
