import type { Database } from 'lmdb';
import type { LmdbStore } from '../lmdb-store.ts';
import type { ActiveJob, FailedJob, Job, QueueLimits, QueueStats } from './queue.ts';

/**
 * Ids of done jobs that `add` still knows: at a hundred jobs a second over a minute of redelivery, longer than
 * any consumer takes to commit. Older ones are forgotten.
 */
const DONE_REMEMBERED = 10_000;
/** Failed jobs are for people to look at; more than this nobody reads, and the oldest goes. */
const FAILED_KEPT = 1_000;

type Entry<T> = Job<T> & { readonly addedAt: number; readonly place: number } & (
    | { readonly status: 'waiting'; readonly tries: number }
    | {
        readonly status: 'active';
        readonly tries: number;
        readonly token: string;
        readonly leaseUntil: number;
      }
    | { readonly status: 'failed'; readonly reason: string; readonly failedAt: number }
  );

interface Totals {
  readonly waiting: number;
  readonly active: number;
  readonly failed: number;
  readonly done: number;
  readonly bytes: number;
  readonly places: number; // ever given; order within each list
}

const NONE: Totals = { waiting: 0, active: 0, failed: 0, done: 0, bytes: 0, places: 0 };

/** A job taken by a worker; the token is asked for again when it ends. */
export interface Claim<T> {
  readonly job: ActiveJob<T>;
  readonly token: string;
}

export type Ending = 'done' | 'again' | 'failed' | 'superseded';

/**
 * The queue's lists in lmdb. Every function but the readers runs inside the store's `write`: a job moves
 * between lists and is counted in one transaction.
 */
export class JobTable<T> {
  private readonly jobs: Database<Entry<T>, string>;
  private readonly done: Database<number, string>;
  private readonly lists: Database<string, [string, number]>;
  private readonly totals: Database<Totals, string>;

  constructor(store: LmdbStore, name: string) {
    this.jobs = store.table(`queue-${name}-jobs`, { encoding: 'json' });
    this.done = store.table(`queue-${name}-done`, { encoding: 'json' });
    this.lists = store.table(`queue-${name}-lists`, { encoding: 'json' });
    this.totals = store.table(`queue-${name}-totals`, { encoding: 'json' });
  }

  /** An empty queue takes a job of any size, or a large one would wait forever. */
  fits(limits: QueueLimits, sizeBytes: number): boolean {
    const { waiting, active, bytes } = this.counts();
    const jobs = waiting + active;
    return jobs === 0 || (jobs < limits.jobs && bytes + sizeBytes <= limits.bytes);
  }

  add(job: Job<T>, now: number, limits: QueueLimits): 'added' | 'exists' | 'full' {
    if (this.jobs.get(job.id) || this.done.get(job.id) !== undefined) return 'exists';
    if (!this.fits(limits, job.sizeBytes)) return 'full';
    const { id, tenant, sizeBytes, data } = job;
    const place = this.nextPlace();
    this.enter({ id, tenant, sizeBytes, data, addedAt: now, place, status: 'waiting', tries: 0 });
    return 'added';
  }

  /** The oldest waiting job, now the worker's until its lease ends. */
  claim(now: number, token: string, stalledAfterMs: number): Claim<T> | undefined {
    const entry = this.first('waiting');
    if (entry?.status !== 'waiting') return undefined;
    this.leave(entry);
    const tries = entry.tries + 1;
    this.enter({ ...entry, status: 'active', tries, token, leaseUntil: now + stalledAfterMs / 1000 });
    const { id, tenant, sizeBytes, data, addedAt } = entry;
    return { token, job: { id, tenant, sizeBytes, data, addedAt, attempt: tries } };
  }

  /** Lengthens the lease; false when the job has gone to another worker. */
  renew(id: string, token: string, leaseUntil: number): boolean {
    const entry = this.jobs.get(id);
    if (entry?.status !== 'active' || entry.token !== token) return false;
    this.jobs.putSync(id, { ...entry, leaseUntil });
    return true;
  }

  finish(id: string, token: string): Ending {
    const entry = this.jobs.get(id);
    if (entry?.status !== 'active' || entry.token !== token) return 'superseded';
    this.leave(entry);
    this.jobs.removeSync(id);
    const place = this.nextPlace();
    this.done.putSync(id, place);
    this.lists.putSync(['done', place], id);
    this.count('done', 1);
    if (this.counts().done > DONE_REMEMBERED) this.forgetOldestDone();
    return 'done';
  }

  /** A try that threw: back to its place in the line, or kept as failed after the last one. */
  giveBack(
    id: string,
    token: string,
    attempts: number,
    failure: { readonly reason: string; readonly at: number },
  ): Ending {
    const entry = this.jobs.get(id);
    if (entry?.status !== 'active' || entry.token !== token) return 'superseded';
    return this.again(entry, attempts, failure);
  }

  /** Takes the jobs back whose lease ran out; answers how each of them ended. */
  reclaim(now: number, attempts: number): { readonly id: string; readonly ending: Ending }[] {
    const active = [...this.lists.getRange(span('active'))].map(({ value }) => this.jobs.get(value));
    return active.flatMap((entry) =>
      entry?.status === 'active' && entry.leaseUntil < now
        ? [
            {
              id: entry.id,
              ending: this.again(entry, attempts, {
                reason: `its worker gave no sign in try ${entry.tries}`,
                at: now,
              }),
            },
          ]
        : [],
    );
  }

  /** A failed job goes to the end of the line with all its tries. */
  retry(id: string): boolean {
    const entry = this.jobs.get(id);
    if (entry?.status !== 'failed') return false;
    this.leave(entry);
    const { tenant, sizeBytes, data, addedAt } = entry;
    this.enter({
      id,
      tenant,
      sizeBytes,
      data,
      addedAt,
      place: this.nextPlace(),
      status: 'waiting',
      tries: 0,
    });
    return true;
  }

  /** How many failed jobs were dropped to keep the list within its bound. */
  dropOldestFailed(): number {
    let dropped = 0;
    for (; this.counts().failed > FAILED_KEPT; dropped += 1) {
      const entry = this.first('failed');
      if (!entry) break;
      this.leave(entry);
      this.jobs.removeSync(entry.id);
    }
    return dropped;
  }

  stats(now: number): QueueStats {
    const { waiting, active, failed, bytes } = this.counts();
    const oldest = this.first('waiting');
    const oldestSeconds = oldest ? Math.max(0, now - oldest.addedAt) : 0;
    return { waiting, active, failed, sizeBytes: bytes, oldestSeconds };
  }

  failed(limit: number): FailedJob<T>[] {
    return [...this.lists.getRange({ ...span('failed'), limit })].flatMap(({ value }) => {
      const entry = this.jobs.get(value);
      if (entry?.status !== 'failed') return [];
      const { id, tenant, sizeBytes, data, reason, failedAt } = entry;
      return [{ id, tenant, sizeBytes, data, reason, failedAt }];
    });
  }

  private again(
    entry: Extract<Entry<T>, { status: 'active' }>,
    attempts: number,
    failure: { readonly reason: string; readonly at: number },
  ): Ending {
    this.leave(entry);
    const { id, tenant, sizeBytes, data, addedAt, place, tries } = entry;
    const job = { id, tenant, sizeBytes, data, addedAt };
    if (tries < attempts) {
      this.enter({ ...job, place, status: 'waiting', tries });
      return 'again';
    }
    const { reason, at: failedAt } = failure;
    this.enter({ ...job, place: this.nextPlace(), status: 'failed', reason, failedAt });
    return 'failed';
  }

  private enter(entry: Entry<T>): void {
    this.jobs.putSync(entry.id, entry);
    this.lists.putSync([entry.status, entry.place], entry.id);
    this.count(entry.status, 1, entry.status === 'failed' ? 0 : entry.sizeBytes);
  }

  private leave(entry: Entry<T>): void {
    this.lists.removeSync([entry.status, entry.place]);
    this.count(entry.status, -1, entry.status === 'failed' ? 0 : -entry.sizeBytes);
  }

  private first(status: Entry<T>['status']): Entry<T> | undefined {
    for (const { value } of this.lists.getRange({ ...span(status), limit: 1 })) return this.jobs.get(value);
    return undefined;
  }

  private forgetOldestDone(): void {
    for (const { key, value } of [...this.lists.getRange({ ...span('done'), limit: 1 })]) {
      this.lists.removeSync(key);
      this.done.removeSync(value);
      this.count('done', -1);
    }
  }

  private counts(): Totals {
    return this.totals.get('totals') ?? NONE;
  }

  private count(list: 'waiting' | 'active' | 'failed' | 'done', by: number, bytes = 0): void {
    const totals = this.counts();
    this.totals.putSync('totals', { ...totals, [list]: totals[list] + by, bytes: totals.bytes + bytes });
  }

  private nextPlace(): number {
    const totals = this.counts();
    this.totals.putSync('totals', { ...totals, places: totals.places + 1 });
    return totals.places;
  }
}

/** Everything of one list, in order. */
function span(list: string): { readonly start: [string, number]; readonly end: [string, number] } {
  return { start: [list, -1], end: [list, Number.MAX_SAFE_INTEGER] };
}
