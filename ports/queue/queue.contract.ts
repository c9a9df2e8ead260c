import { eventually } from '../eventually.ts';
import type { ActiveJob, Job, Queue, QueueLimits, WorkOptions } from './queue.ts';

/** One storage of its own for a test: any number of handles on it, as if each were a process. */
export interface QueueSite {
  open(): Promise<Queue<string>>;
  cleanUp(): Promise<void>;
}

const LIMITS: QueueLimits = { jobs: 5, bytes: 1_000 };
const OPTIONS: WorkOptions = { concurrency: 1, stalledAfterMs: 5_000, attempts: 3 };

const job = (id: string, sizeBytes = 10): Job<string> => ({
  id,
  tenant: 'default',
  sizeBytes,
  data: `data of ${id}`,
});

/** What every implementation of the queue promises. The site's queues have the limits they are given. */
export function queueContract(site: (limits: QueueLimits) => Promise<QueueSite>): void {
  let here: QueueSite;
  let queue: Queue<string>;
  beforeEach(async () => {
    here = await site(LIMITS);
    queue = await here.open();
  });
  afterEach(() => here.cleanUp());

  test('runs jobs in the order they were added, each once', async () => {
    for (const id of ['a', 'b', 'c']) expect(await queue.add(job(id))).toBe('added');
    const seen: ActiveJob<string>[] = [];
    queue.work(async (one) => void seen.push(one), OPTIONS);
    await queue.add(job('d'));
    await eventually('all are done', async () => seen.length === 4 && (await queue.stats()).active === 0);
    expect(seen.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect(seen[0]).toMatchObject({ tenant: 'default', sizeBytes: 10, data: 'data of a', attempt: 1 });
    expect(await queue.stats()).toMatchObject({
      waiting: 0,
      active: 0,
      failed: 0,
      sizeBytes: 0,
      oldestSeconds: 0,
    });
  });

  test('an id that waits, runs, has failed or was just done exists', async () => {
    await queue.add(job('a'));
    expect(await queue.add(job('a'))).toBe('exists');
    let whileRunning = '';
    queue.work(
      async ({ id }) => {
        if (id === 'bad') throw new Error('no');
        whileRunning = await queue.add(job(id));
      },
      { ...OPTIONS, attempts: 1 },
    );
    await queue.add(job('bad'));
    await eventually('both ended', async () => {
      const { waiting, active, failed } = await queue.stats();
      return waiting + active === 0 && failed === 1;
    });
    expect(whileRunning).toBe('exists');
    expect(await queue.add(job('a'))).toBe('exists');
    expect(await queue.add(job('bad'))).toBe('exists');
  });

  test('is full by count, and room() ends when there is room', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await queue.add(job(id));
    expect(await queue.add(job('f'))).toBe('full');
    expect((await queue.stats()).waiting).toBe(5);
    let room = false;
    const waited = queue.room().then(() => {
      room = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(room).toBe(false);
    queue.work(async () => undefined, OPTIONS);
    await waited;
    expect(await queue.add(job('f'))).toBe('added');
  });

  test('is full by bytes, but an empty queue takes a job of any size', async () => {
    expect(await queue.add(job('huge', 5_000))).toBe('added');
    expect(await queue.add(job('small', 1))).toBe('full');
    queue.work(async () => undefined, OPTIONS);
    await queue.room();
    expect(await queue.add(job('most', 900))).toBe('added');
  });

  test('room() ends when the queue is closed', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await queue.add(job(id));
    await queue.add(job('f'));
    const waited = queue.room();
    await queue.close();
    await waited;
  });

  test('a job that throws is tried again, then kept as failed with its reason, and retry() puts it back', async () => {
    const attempts: number[] = [];
    let broken = true;
    queue.work(async ({ attempt }) => {
      attempts.push(attempt);
      if (broken) throw new Error('bad weather');
    }, OPTIONS);
    await queue.add(job('a'));
    await eventually('it failed', async () => (await queue.stats()).failed === 1);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await queue.failed(10)).toMatchObject([{ id: 'a', reason: 'bad weather', data: 'data of a' }]);
    broken = false;
    expect(await queue.retry('nobody')).toBe(false);
    expect(await queue.retry('a')).toBe(true);
    await eventually('it is done', async () => attempts.length === 4 && (await queue.stats()).active === 0);
    expect(await queue.failed(10)).toEqual([]);
    expect(attempts.at(-1)).toBe(1);
  });

  test('runs as many at a time as told, and workers of two handles share the jobs', async () => {
    const second = await here.open();
    let now = 0;
    let most = 0;
    const seen = new Map<string, number>();
    const run = async ({ id }: ActiveJob<string>) => {
      now += 1;
      most = Math.max(most, now);
      seen.set(id, (seen.get(id) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
    };
    queue.work(run, { ...OPTIONS, concurrency: 2 });
    second.work(run, { ...OPTIONS, concurrency: 2 });
    for (let index = 0; index < 30; index += 1) {
      while ((await queue.add(job(`job ${index}`))) === 'full') await queue.room();
    }
    await eventually('all are done', async () => seen.size === 30 && (await queue.stats()).active === 0);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  test('closing a worker waits for its jobs; the others stay', async () => {
    let ended = false;
    let begun = false;
    const worker = queue.work(async () => {
      begun = true;
      await new Promise((resolve) => setTimeout(resolve, 50));
      ended = true;
    }, OPTIONS);
    await queue.add(job('a'));
    await eventually('it runs', () => begun);
    await queue.add(job('b'));
    await worker.close();
    expect(ended).toBe(true);
    expect(await queue.stats()).toMatchObject({ waiting: 1, active: 0 });
  });

  test('is closed after close()', async () => {
    await queue.close();
    await expect(async () => queue.add(job('a'))).rejects.toMatchObject({ code: 'closed' });
  });
}
