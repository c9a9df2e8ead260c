import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { proxyTo } from '../proxy.ts';
import { withServer } from '../with-server.ts';
import { redisState } from './redis.ts';
import { type StateSite, stateContract } from './state.contract.ts';
import type { State } from './state.ts';

/** A place of its own under a prefix. */
async function site(url: string, cluster = false): Promise<StateSite> {
  const prefix = `test-${randomUUID()}`;
  const handles: State[] = [];
  return {
    async open() {
      const state = await redisState({ url, prefix, cluster });
      handles.push(state);
      return state;
    },
    pass: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    async cleanUp() {
      for (const state of handles) await state.close();
      const state = await redisState({ url, prefix, cluster });
      for (const key of await state.keys('')) await state.delete(key);
      await state.close();
    },
  };
}

withServer('TEST_REDIS_CLUSTER', 'Redis Cluster state', (url) => stateContract(() => site(url, true)));

withServer('TEST_REDIS', 'Redis state', (url) => {
  describe('as every state', () => stateContract(() => site(url)));

  test('compareAndSet() whose answer was lost is sent again, and is still one success', async () => {
    const proxy = await proxyTo(Number(new URL(url).port));
    const prefix = `test-${randomUUID()}`;
    const state = await redisState({ url: `redis://127.0.0.1:${proxy.port}`, prefix });
    proxy.loseNextAnswer();
    expect(await state.compareAndSet('a', 0, Buffer.from('1'), 60)).toBe(true);
    expect(await state.compareAndSet('a', 0, Buffer.from('2'), 60)).toBe(false);
    expect((await state.get('a'))?.toString()).toBe('1');
    await state.close();
    await proxy.close();
  });

  test('while the server is away calls wait, and go on when it is back', async () => {
    const proxy = await proxyTo(Number(new URL(url).port));
    const prefix = `test-${randomUUID()}`;
    const state = await redisState({ url: `redis://127.0.0.1:${proxy.port}`, prefix });
    proxy.cut();
    const set = state.set('a', Buffer.from('1'), 60);
    const late = await Promise.race([set, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    expect(late).toBe('waits');
    proxy.mend();
    await set;
    expect((await state.get('a'))?.toString()).toBe('1');
    await state.close();
    await proxy.close();
  });

  test('keys() takes a prefix as it is written, whatever it means to a pattern', async () => {
    const here = await site(url);
    const state = await here.open();
    for (const key of ['a*b', 'axb', 'a[x]', 'a?']) await state.set(key, Buffer.from('x'));
    expect(await state.keys('a*')).toEqual(['a*b']);
    expect(await state.keys('a[')).toEqual(['a[x]']);
    expect(await state.keys('a')).toEqual(['a*b', 'a?', 'a[x]', 'axb']);
    await here.cleanUp();
  });

  test('a server that evicts, and one that is not there, are refused with the way out', async () => {
    const raw = new Redis(url);
    await raw.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await expect(redisState({ url })).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining('noeviction'),
      });
    } finally {
      await raw.config('SET', 'maxmemory-policy', 'noeviction');
      raw.disconnect();
    }
    const nowhere = redisState({ url: 'redis://user:secret@127.0.0.1:1/0' });
    await expect(nowhere).rejects.toMatchObject({ code: 'unavailable' });
    await expect(nowhere).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });
});
