import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { openStore } from '../lmdb-store.ts';
import { fakeClock } from '../telemetry/clock.ts';
import { recordedTelemetry } from '../telemetry/embedded.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { embeddedQueue } from './embedded.ts';
import { JobTable } from './job-table.ts';
import { type QueueSite, queueContract } from './queue.contract.ts';
import type { Queue, QueueLimits } from './queue.ts';

const telemetry = recordedTelemetry();

async function site(limits: QueueLimits, clock?: Clock): Promise<QueueSite & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'queue-'));
  const handles: Queue<string>[] = [];
  return {
    directory,
    async open() {
      const queue = embeddedQueue<string>({
        directory,
        name: 'test',
        limits,
        telemetry,
        ...(clock ? { clock } : {}),
      });
      handles.push(queue);
      return queue;
    },
    async cleanUp() {
      for (const queue of handles) await queue.close();
      await rm(directory, { recursive: true });
    },
  };
}

describe('embedded queue', () => queueContract(site));

describe('embedded queue, by the clock', () => {
  const limits = { jobs: 20_000, bytes: 1e9 };
  const job = (id: string) => ({ id, tenant: 'default', sizeBytes: 1, data: id });

  test('a job whose worker gave no sign returns as its next try, then fails', async () => {
    const clock = fakeClock();
    const here = await site(limits, clock);
    const queue = await here.open();
    await queue.add(job('a'));
    const store = openStore(here.directory);
    const table = new JobTable<string>(store, 'test');
    const takeAway = () => store.write(() => table.claim(clock.now(), 'a killed worker', 1_000));
    expect((await takeAway())?.job.attempt).toBe(1);
    await clock.advance(1_100);
    const attempts: number[] = [];
    const worker = queue.work(async ({ attempt }) => void attempts.push(attempt), {
      concurrency: 1,
      stalledAfterMs: 1_000,
      attempts: 2,
    });
    await eventually('it ran again', () => attempts.length === 1);
    expect(attempts).toEqual([2]);
    await worker.close();

    await queue.add(job('b'));
    await takeAway();
    await clock.advance(1_100);
    queue.work(async () => undefined, { concurrency: 1, stalledAfterMs: 1_000, attempts: 1 });
    await eventually('it failed', async () => (await queue.stats()).failed === 1);
    expect((await queue.failed(1))[0]?.reason).toMatch(/no sign/);
    await store.close();
    await here.cleanUp();
  });

  test('a long job keeps its lease', async () => {
    const clock = fakeClock();
    const here = await site(limits, clock);
    const queue = await here.open();
    let runs = 0;
    let goOn = (): void => undefined;
    queue.work(
      async () => {
        runs += 1;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      },
      { concurrency: 2, stalledAfterMs: 900, attempts: 3 },
    );
    await queue.add(job('a'));
    await eventually('it runs', () => runs === 1);
    for (let step = 0; step < 30; step += 1) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    goOn();
    await eventually('it is done', async () => (await queue.stats()).active === 0);
    expect(runs).toBe(1);
    expect((await queue.stats()).waiting).toBe(0);
    await here.cleanUp();
  });

  test('remembers a bounded number of done ids', async () => {
    const here = await site(limits);
    const queue = await here.open();
    await Promise.all(Array.from({ length: 10_005 }, (_, index) => queue.add(job(String(index)))));
    queue.work(async () => undefined, { concurrency: 500, stalledAfterMs: 60_000, attempts: 1 });
    await eventually('all are done', async () =>
      (({ waiting, active }) => waiting + active === 0)(await queue.stats()),
    );
    expect(await queue.add(job('10004'))).toBe('exists');
    expect(await queue.add(job('0'))).toBe('added');
    await here.cleanUp();
  });
});
