export interface LineLimits {
  readonly jobs: number;
  readonly bytes: number;
}

/**
 * The queue of batches as `ports/queue/bullmq.ts` keeps it: first come, first served; a job that returns goes to the
 * head; waiting and running ones together are bounded by count and bytes, and an empty queue takes a job of any size.
 */
export interface JobLine<T> {
  add(job: T, bytes: number): 'added' | 'full';
  take(): T | undefined;
  /** Puts a taken job back, before all others. It has kept its place all along, so there is room for it. */
  giveBack(job: T): void;
  /** The taken job has ended and its place is free. */
  done(bytes: number): void;
  readonly waiting: number;
  readonly held: number; // waiting and running
  readonly heldBytes: number;
}

/** An empty line. */
export function jobLine<T>(limits: LineLimits): JobLine<T> {
  let line: T[] = [];
  let head = 0;
  const returned: T[] = []; // the newest is the first to go
  let held = 0;
  let heldBytes = 0;
  return {
    add(job, bytes) {
      if (held > 0 && (held >= limits.jobs || heldBytes + bytes > limits.bytes)) return 'full';
      line.push(job);
      held += 1;
      heldBytes += bytes;
      return 'added';
    },
    take() {
      if (returned.length > 0) return returned.pop();
      const job = line[head];
      if (job === undefined) return undefined;
      head += 1;
      if (head > 1000 && head * 2 > line.length) {
        line = line.slice(head);
        head = 0;
      }
      return job;
    },
    giveBack(job) {
      returned.push(job);
    },
    done(bytes) {
      held -= 1;
      heldBytes -= bytes;
    },
    get waiting() {
      return line.length - head + returned.length;
    },
    get held() {
      return held;
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}
