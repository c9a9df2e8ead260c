import { Queue as BullQueue, type ConnectionOptions } from 'bullmq';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { closeRedis, connectRedis, isConnectionLoss, type RedisPlace } from '../redis.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import { bullWorker, type RunningWorker } from './bullmq-worker.ts';
import type { Job, Queue, QueueLimits } from './queue.ts';
import { FAILED_KEPT, reservations } from './reservations.ts';

/** How often `room` looks, and how often it looks for places that nobody holds any more. */
const LOOK_MS = 50;
const RECLAIM_MS = 5_000;
/** Only for people who watch the queue; one entry per step of a job fills Redis (bullmq issue 2734). */
const EVENTS_KEPT = 100;
/** The worker decides how often a job is tried; BullMQ only must not give up before. */
const TRIES_OF_BULLMQ = 1_000_000;

export interface BullmqQueueOptions extends RedisPlace {
  readonly name: string;
  readonly limits: QueueLimits;
  readonly prefix?: string; // of every key; in braces, since BullMQ's scripts need all of a queue's keys in one slot
  readonly telemetry?: Telemetry;
}

/**
 * A queue in Redis through BullMQ, shared by every process that names it. First come, first served; a job tried again
 * goes to the head of the line. Count and bytes are bounded by reservations of our own, which BullMQ has not; a place
 * that a killed process left reserved is found and given back. While the server is away every call waits.
 */
export async function bullmqQueue<T>(options: BullmqQueueOptions): Promise<Queue<T>> {
  const { name, limits, telemetry = unheard, prefix = '{logster}' } = options;
  const connection = await connectRedis(options);
  const queue = new BullQueue<Job<T>, void, string>(name, {
    connection: connection as unknown as ConnectionOptions, // BullMQ's types know ioredis without exact optionals
    prefix,
    streams: { events: { maxLen: EVENTS_KEPT } },
    defaultJobOptions: {
      attempts: TRIES_OF_BULLMQ,
      removeOnComplete: true,
      removeOnFail: { count: FAILED_KEPT },
      stackTraceLimit: 1,
    },
  });
  queue.on('error', (error) => {
    if (!isConnectionLoss(error))
      telemetry.log.warn('queue step failed', { queue: name, reason: reasonOf(error) });
  });
  const places = reservations(connection, {
    ...{ prefix, name, limits },
    jobOf: (id) => ({ key: `${prefix}:${name}:${jobIdOf(id)}`, member: jobIdOf(id) }),
    failedKey: `${prefix}:${name}:failed`,
  });
  const workers = new Set<RunningWorker>();
  let closed = false;
  let refusedBytes = 0;
  let reclaimedAt = 0;
  const needOpen = (): void => {
    if (closed) throw new LogsterError('closed', `The queue ${name} was closed`);
  };
  const reclaim = async (): Promise<void> => {
    if (Date.now() - reclaimedAt < RECLAIM_MS) return;
    reclaimedAt = Date.now();
    const found = await places.reclaim();
    if (found > 0) telemetry.metrics.count('queue_places_reclaimed_total', { queue: name }, found);
  };

  return {
    async add(job) {
      needOpen();
      const answer = await places.reserve(job.id, job.sizeBytes);
      if (answer === 'full') {
        refusedBytes = job.sizeBytes;
        await reclaim();
      }
      if (answer === 'full' || answer === 'exists') return answer;
      await queue.add(name, job, { jobId: jobIdOf(job.id) });
      return 'added';
    },
    async room() {
      while (!closed && !(await places.fits(refusedBytes))) {
        await reclaim();
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    work(run, workOptions) {
      needOpen();
      const needs = { name, prefix, connection, places, telemetry };
      const worker = bullWorker<T>(needs, run, workOptions);
      workers.add(worker);
      return {
        async close() {
          await worker.close();
          workers.delete(worker);
        },
      };
    },
    async stats() {
      needOpen();
      const [counts, sizeBytes, [oldest]] = await Promise.all([
        queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed'),
        places.bytes(),
        queue.getJobs(['waiting'], 0, 0, true),
      ]);
      const { waiting = 0, prioritized = 0, delayed = 0, active = 0, failed = 0 } = counts;
      const oldestSeconds = oldest ? Math.max(0, (Date.now() - oldest.timestamp) / 1000) : 0;
      return { waiting: waiting + prioritized + delayed, active, failed, sizeBytes, oldestSeconds };
    },
    async failed(limit) {
      needOpen();
      if (limit < 1) return [];
      const jobs = await queue.getJobs(['failed'], 0, limit - 1, true);
      return jobs.map((job) => ({
        ...job.data,
        reason: job.failedReason,
        failedAt: (job.finishedOn ?? job.timestamp) / 1000,
      }));
    },
    async retry(id) {
      needOpen();
      const job = await queue.getJob(jobIdOf(id));
      if (!job || !(await job.isFailed())) return false;
      await places.force(id, job.data.sizeBytes);
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      return true;
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...workers].map((worker) => worker.close()));
      await queue.close();
      await closeRedis(connection);
    },
  };
}

/** BullMQ refuses colons and whole numbers in ids. */
export function jobIdOf(id: string): string {
  return `j-${encodeURIComponent(id)}`;
}
