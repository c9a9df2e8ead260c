import { randomUUID } from 'node:crypto';
import { eventually } from '../eventually.ts';
import { proxyTo, type TcpProxy } from '../proxy.ts';
import { closeRedis, connectRedis, keysOf } from '../redis.ts';
import { withServer } from '../with-server.ts';
import { bullmqQueue } from './bullmq.ts';
import { queueContract } from './queue.contract.ts';
import type { Queue, QueueLimits } from './queue.ts';

const OPTIONS = { concurrency: 1, stalledAfterMs: 600, attempts: 3 };
const job = (id: string, sizeBytes = 10) => ({ id, tenant: 'default', sizeBytes, data: `data of ${id}` });

/** A place of its own under a prefix. */
async function siteAt(url: string, limits: QueueLimits, cluster = false) {
  const prefix = `{test-${randomUUID()}}`;
  const handles: Queue<string>[] = [];
  return {
    prefix,
    async open() {
      const queue = await bullmqQueue<string>({ url, prefix, name: 'test', limits, cluster });
      handles.push(queue);
      return queue;
    },
    async cleanUp() {
      for (const queue of handles) await queue.close();
      const redis = await connectRedis({ url, cluster });
      for (const key of await keysOf(redis, `${prefix}:`)) await redis.del(key);
      await closeRedis(redis);
    },
  };
}

withServer('TEST_REDIS_CLUSTER', 'BullMQ queue on a cluster', (url) =>
  queueContract((limits) => siteAt(url, limits, true)),
);

withServer('TEST_REDIS', 'BullMQ queue', (url) => {
  const site = (limits: QueueLimits) => siteAt(url, limits);
  const LIMITS = { jobs: 5, bytes: 1_000 };

  describe('as every queue', () => queueContract(site));

  test('leaves nothing of a done job but its id', async () => {
    const here = await site(LIMITS);
    const queue = await here.open();
    queue.work(async () => undefined, OPTIONS);
    await queue.add(job('a'));
    await eventually('it has left', async () => {
      const { waiting, active, sizeBytes } = await queue.stats();
      return waiting + active + sizeBytes === 0;
    });
    expect(await queue.add(job('a'))).toBe('exists');
    const redis = await connectRedis({ url });
    const keys = await redis.keys(`${here.prefix}:*`);
    expect(keys.filter((key) => key.includes('j-a'))).toEqual([]);
    expect(await redis.get(`${here.prefix}:places:test:bytes`)).toBe('0');
    await closeRedis(redis);
    await here.cleanUp();
  });

  test('a worker that begins while the server is away begins when it is back', async () => {
    const here = await site(LIMITS);
    const proxy = await proxyTo(Number(new URL(url).port));
    const options = { prefix: here.prefix, name: 'test', limits: LIMITS };
    const queue = await bullmqQueue<string>({ url: `redis://127.0.0.1:${proxy.port}`, ...options });
    await queue.add(job('a'));
    proxy.cut();
    const seen: string[] = [];
    queue.work(async ({ id }) => void seen.push(id), OPTIONS);
    await new Promise((resolve) => setTimeout(resolve, 300));
    proxy.mend();
    await eventually('it was done', () => seen.length === 1);
    await queue.close();
    await proxy.close();
    await here.cleanUp();
  });

  test('the place of an adder that was killed before it added is taken by the next one', async () => {
    const here = await site(LIMITS);
    const queue = await here.open();
    const redis = await connectRedis({ url });
    await redis.hset(`${here.prefix}:places:test:held`, 'a', `10:${Date.now()}`);
    await redis.set(`${here.prefix}:places:test:bytes`, 10);
    expect(await queue.add(job('a'))).toBe('added');
    expect(await queue.stats()).toMatchObject({ waiting: 1, sizeBytes: 10 });
    await closeRedis(redis);
    await here.cleanUp();
  });

  test('places that nobody holds any more are given back when the queue is full', async () => {
    const here = await site(LIMITS);
    const queue = await here.open();
    const redis = await connectRedis({ url });
    for (let n = 0; n < 5; n += 1)
      await redis.hset(`${here.prefix}:places:test:held`, `gone ${n}`, `10:${Date.now() - 61_000}`);
    await redis.set(`${here.prefix}:places:test:bytes`, 50);
    expect(await queue.add(job('a'))).toBe('full');
    await queue.room();
    expect(await queue.add(job('a'))).toBe('added');
    expect((await queue.stats()).sizeBytes).toBe(10);
    await closeRedis(redis);
    await here.cleanUp();
  });

  test('a job whose worker lost the server returns, and what that worker ends later changes nothing', async () => {
    const here = await site(LIMITS);
    const proxy = await proxyTo(Number(new URL(url).port));
    const lost = await bullmqQueue<string>({
      ...{ url: `redis://127.0.0.1:${proxy.port}`, prefix: here.prefix, name: 'test', limits: LIMITS },
    });
    const queue = await here.open();
    let goOn: () => void = () => undefined;
    const attempts: number[] = [];
    lost.work(({ attempt }) => {
      attempts.push(attempt);
      return new Promise((resolve) => {
        goOn = resolve;
      });
    }, OPTIONS);
    await queue.add(job('a'));
    await eventually('it runs', () => attempts.length === 1);
    proxy.cut();
    queue.work(async ({ attempt }) => void attempts.push(attempt), OPTIONS);
    await eventually('another has done it', () => attempts.length === 2);
    expect(attempts).toEqual([1, 2]);
    proxy.mend();
    goOn();
    await eventually('nothing is left', async () => {
      const { waiting, active, failed, sizeBytes } = await queue.stats();
      return waiting + active + failed + sizeBytes === 0;
    });
    await lost.close();
    expect(attempts).toEqual([1, 2]);
    await proxy.close();
    await here.cleanUp();
  });

  test('a job that takes its worker down each time fails after its tries', async () => {
    const here = await site(LIMITS);
    const queue = await here.open();
    await queue.add(job('poison'));
    let tries = 0;
    const proxies: TcpProxy[] = [];
    for (let n = 0; n < 3; n += 1) {
      const proxy = await proxyTo(Number(new URL(url).port));
      proxies.push(proxy);
      const options = {
        url: `redis://127.0.0.1:${proxy.port}`,
        prefix: here.prefix,
        name: 'test',
        limits: LIMITS,
      };
      const victim = await bullmqQueue<string>(options);
      victim.work(() => {
        tries += 1;
        return new Promise(() => undefined);
      }, OPTIONS);
      const before = tries;
      await eventually('it was taken', () => tries > before);
      proxy.cut();
    }
    queue.work(async () => {
      tries += 1;
    }, OPTIONS);
    await eventually('it failed', async () => (await queue.stats()).failed === 1);
    expect(tries).toBe(3);
    expect(await queue.failed(5)).toMatchObject([{ id: 'poison' }]);
    expect((await queue.stats()).sizeBytes).toBe(0);
    for (const proxy of proxies) await proxy.close();
    await here.cleanUp();
  });
});
