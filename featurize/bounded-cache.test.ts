import { boundedCache } from './bounded-cache.ts';

test('a bounded cache makes each answer once while it is asked for, and forgets what is not', () => {
  let made = 0;
  const cache = boundedCache<number>(100);
  const ask = (key: string) => cache.get(key, () => ++made);
  expect([ask('a'), ask('a'), ask('__proto__'), ask('__proto__')]).toEqual([1, 1, 2, 2]);
  for (let i = 0; i < 1000; i++) {
    ask(`k${i}`);
    expect(ask('a')).toBe(1);
  }
  expect(made).toBe(1002);
  expect(ask('k0')).toBe(1003);
  cache.forget();
  expect(ask('a')).toBe(1004);
});
