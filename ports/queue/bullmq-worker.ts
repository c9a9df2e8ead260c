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

/**
 * Runs jobs through BullMQ. A job holds its place until it has ended; one that ended just before its worker was killed
 * is not run again. The lock is renewed by this process's timer: what blocks the thread longer than the lock lasts
 * (scoring, for one) belongs into another process.
 */
export function bullWorker<T>(
  needs: BullWorkerNeeds,
  run: (job: ActiveJob<T>) => Promise<void>,
  { concurrency, stalledAfterMs, attempts }: WorkOptions,
): RunningWorker {
  const { name, prefix, connection, places, telemetry } = needs;
  const tell = (ending: 'done' | 'again' | 'failed', job: string, reason?: string): void => {
    telemetry.metrics.count('queue_jobs_total', { queue: name, ending });
    if (ending !== 'done') telemetry.log.warn('job did not end well', { queue: name, job, ending, reason });
  };
  const process = async (job: BullJob<Job<T>, void, string>): Promise<void> => {
    const { id, tenant, sizeBytes, data } = job.data;
    if (await places.isDone(id)) return;
    await run({ id, tenant, sizeBytes, data, attempt: job.attemptsStarted, addedAt: job.timestamp / 1000 });
    await places.done(id); // before BullMQ forgets it, so that nobody adds it anew in between
    tell('done', id);
  };
  const waiting = connection instanceof Redis ? connection.duplicate() : connection.duplicate(); // of its own, so that it can be ended whatever BullMQ does on it
  const running = new Set<Promise<void>>();
  const tracked = (job: BullJob<Job<T>, void, string>): Promise<void> => {
    const run = process(job).finally(() => running.delete(run));
    running.add(run);
    return run;
  };
  const worker = new BullWorker<Job<T>, void, string>(name, tracked, {
    connection: waiting as unknown as ConnectionOptions,
    prefix,
    concurrency,
    lockDuration: stalledAfterMs,
    stalledInterval: Math.max(1, Math.floor(stalledAfterMs / LOOKS)),
    maxStalledCount: attempts, // a try that stalled counts as one that threw, by the next line
    maxStartedAttempts: attempts,
  });
  worker.on('failed', (job, error) => {
    if (!job) return;
    const over = job.finishedOn !== undefined;
    tell(over ? 'failed' : 'again', job.data.id, error.message);
    if (over) places.failed(job.data.id).catch(complain);
  });
  worker.on('stalled', (jobId) => {
    telemetry.log.warn('job returned: its worker gave no sign', { queue: name, job: jobId });
  });
  worker.on('error', complain);
  function complain(error: unknown): void {
    if (!isConnectionLoss(error))
      telemetry.log.warn('queue step failed', { queue: name, reason: reasonOf(error) });
  }
  return {
    async close() {
      await worker.pause(true);
      await Promise.all(running);
      const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([worker.close(), late]);
      waiting.disconnect();
    },
  };
}
