import { randomUUID } from 'node:crypto';
import { reasonOf } from '../../contracts/errors.ts';
import type { LmdbStore } from '../lmdb-store.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import type { Claim, Ending, JobTable } from './job-table.ts';
import type { ActiveJob, Worker, WorkOptions } from './queue.ts';

/** Signs of life a lease: two of them may come late. */
const SIGNS = 3;

export interface WorkerNeeds<T> {
  readonly store: LmdbStore;
  readonly table: JobTable<T>;
  readonly name: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Writes, and wakes whoever watches the queue. */
  write<R>(run: () => R): Promise<R>;
}

/** Takes jobs while it has a free place, keeps their leases, and takes back what killed workers left. */
export class EmbeddedWorker<T> implements Worker {
  private readonly needs: WorkerNeeds<T>;
  private readonly run: (job: ActiveJob<T>) => Promise<void>;
  private readonly options: WorkOptions;
  private readonly ended: (worker: EmbeddedWorker<T>) => void;
  private readonly running = new Set<Promise<void>>();
  private ending = false;
  private claiming: Promise<void> | undefined;
  private reclaimedAt = Number.NEGATIVE_INFINITY;

  constructor(
    needs: WorkerNeeds<T>,
    run: (job: ActiveJob<T>) => Promise<void>,
    options: WorkOptions,
    ended: (worker: EmbeddedWorker<T>) => void,
  ) {
    this.needs = needs;
    this.run = run;
    this.options = options;
    this.ended = ended;
    this.look();
  }

  /** Looks for jobs to take, unless a look is under way: that one sees them too. */
  look(): void {
    if (this.ending || this.claiming || !(this.reclaimDue() || this.canTake())) return;
    this.claiming = this.claim()
      .catch((error) => this.complain('jobs could not be claimed', error))
      .finally(() => {
        this.claiming = undefined;
      });
  }

  async close(): Promise<void> {
    this.ending = true;
    await this.claiming;
    await Promise.all(this.running);
    this.ended(this);
  }

  private canTake(): boolean {
    return this.running.size < this.options.concurrency && this.needs.table.stats(0).waiting > 0;
  }

  private reclaimDue(): boolean {
    return this.needs.clock.now() - this.reclaimedAt >= this.options.stalledAfterMs / 1000 / SIGNS;
  }

  private async claim(): Promise<void> {
    const { store, table, clock, write } = this.needs;
    const { concurrency, stalledAfterMs } = this.options;
    if (this.reclaimDue()) await this.reclaim();
    store.refresh();
    while (!this.ending && this.canTake()) {
      const free = concurrency - this.running.size;
      const claims = await write(() => {
        const taken: Claim<T>[] = [];
        while (taken.length < free) {
          const claim = table.claim(clock.now(), randomUUID(), stalledAfterMs);
          if (!claim) break;
          taken.push(claim);
        }
        return taken;
      });
      for (const claim of claims) this.start(claim);
    }
  }

  private start(claim: Claim<T>): void {
    const execution = this.execute(claim)
      .catch((error) => this.complain('job end was not stored, so it will be done again', error))
      .finally(() => {
        this.running.delete(execution);
        this.look();
      });
    this.running.add(execution);
  }

  private async execute(claim: Claim<T>): Promise<void> {
    const { table, clock, write } = this.needs;
    const { id } = claim.job;
    const signs = this.giveSigns(claim);
    const failure = await this.run(claim.job).then(() => undefined, reasonOf);
    signs.stop();
    const ending = await write(() =>
      failure === undefined
        ? table.finish(id, claim.token)
        : table.giveBack(id, claim.token, this.options.attempts, { reason: failure, at: clock.now() }),
    );
    this.tell(ending, id, failure ?? 'its lease ran out before it ended');
    if (ending === 'failed') await this.dropOldFailed();
  }

  private giveSigns({ job, token }: Claim<T>): { stop(): void } {
    const { store, table, clock } = this.needs;
    const { stalledAfterMs } = this.options;
    let cancel = (): void => undefined;
    const later = (): void => {
      cancel = clock.after(stalledAfterMs / SIGNS, () => {
        store
          .write(() => table.renew(job.id, token, clock.now() + stalledAfterMs / 1000))
          .catch((error) => this.complain('job lease was not renewed', error));
        later();
      });
    };
    later();
    return { stop: () => cancel() };
  }

  private async reclaim(): Promise<void> {
    const { table, clock, write } = this.needs;
    this.reclaimedAt = clock.now();
    const reclaimed = await write(() => table.reclaim(clock.now(), this.options.attempts));
    for (const { id, ending } of reclaimed) this.tell(ending, id, 'its worker gave no sign');
    if (reclaimed.some(({ ending }) => ending === 'failed')) await this.dropOldFailed();
  }

  private async dropOldFailed(): Promise<void> {
    const { name, table, telemetry, write } = this.needs;
    const dropped = await write(() => table.dropOldestFailed());
    if (dropped === 0) return;
    telemetry.metrics.count('queue_failed_dropped_total', { queue: name }, dropped);
    telemetry.log.warn('oldest failed jobs were dropped', { queue: name, dropped });
  }

  private tell(ending: Ending, job: string, reason: string): void {
    const { name, telemetry } = this.needs;
    telemetry.metrics.count('queue_jobs_total', { queue: name, ending });
    if (ending !== 'done') telemetry.log.warn('job did not end well', { queue: name, job, ending, reason });
  }

  private complain(sentence: string, error: unknown): void {
    const { name, telemetry } = this.needs;
    telemetry.log.error(sentence, { queue: name, reason: reasonOf(error) });
  }
}
