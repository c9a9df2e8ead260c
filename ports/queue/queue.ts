/** A job to be done once. Its data must be JSON; large bytes lie in the state port. */
export interface Job<T> {
  readonly id: string;
  readonly tenant: string;
  readonly sizeBytes: number; // counted against the queue's byte limit
  readonly data: T;
}

export interface ActiveJob<T> extends Job<T> {
  readonly attempt: number; // 1 on the first try
  readonly addedAt: number; // epoch seconds
}

export interface QueueStats {
  readonly waiting: number;
  readonly active: number;
  readonly failed: number;
  readonly sizeBytes: number; // of waiting and active jobs
  readonly oldestSeconds: number; // age of the oldest waiting job, 0 when there is none
}

export interface FailedJob<T> extends Job<T> {
  readonly reason: string;
  readonly failedAt: number;
}

export interface QueueLimits {
  readonly jobs: number;
  readonly bytes: number;
}

export interface WorkOptions {
  /** Jobs at a time in this worker. */
  readonly concurrency: number;
  /** A job whose worker gave no sign for so long goes back to the queue. */
  readonly stalledAfterMs: number;
  /** After so many failed tries the job is kept as failed. */
  readonly attempts: number;
}

export interface Worker {
  /** Waits for the running jobs. */
  close(): Promise<void>;
}

/**
 * Work shared by any number of workers. Promise: a job is done once, or tried again; the job of a killed
 * worker returns; an id that waits, runs or was done lately is not added twice; bounded by count and bytes;
 * nothing that `add` confirmed is lost when the process is killed.
 */
export interface Queue<T> {
  /** `exists` when the id is known; `full` when a limit is reached, and then nothing was added. */
  add(job: Job<T>): Promise<'added' | 'exists' | 'full'>;
  /** Ends when there is room again, or with the queue. */
  room(): Promise<void>;
  work(run: (job: ActiveJob<T>) => Promise<void>, options: WorkOptions): Worker;
  stats(): Promise<QueueStats>;
  /** Jobs that failed for good, oldest first. */
  failed(limit: number): Promise<readonly FailedJob<T>[]>;
  /** Puts a failed job back. False when there is none of that id. */
  retry(id: string): Promise<boolean>;
  close(): Promise<void>;
}
