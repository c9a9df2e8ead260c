import type { State } from './state.ts';

/** One storage of its own for a test, and how to let time pass on it. */
export interface StateSite {
  open(): Promise<State>;
  /** Lets so much time pass for the values' expiry. */
  pass(seconds: number): Promise<void>;
  cleanUp(): Promise<void>;
}

/** What every implementation of the state promises. */
export function stateContract(site: () => Promise<StateSite>): void {
  let here: StateSite;
  let state: State;
  beforeEach(async () => {
    here = await site();
    state = await here.open();
  });
  afterEach(() => here.cleanUp());

  test('gives back the bytes that were set', async () => {
    const value = Buffer.from([0, 1, 255, 0]);
    await state.set('a:é', value);
    expect((await state.get('a:é'))!.equals(value)).toBe(true);
    await state.set('a:é', Buffer.alloc(0));
    expect((await state.get('a:é'))!.length).toBe(0);
    expect(await state.get('b')).toBeUndefined();
  });

  test('keeps a value of 5 MB whole while others change', async () => {
    const value = Buffer.alloc(5_000_000, 'logster');
    await state.set('large', value);
    const read = await state.get('large');
    await state.set('large', Buffer.alloc(5_000_000));
    expect(read!.equals(value)).toBe(true);
  });

  test('an expired value is never returned, one without expiry stays', async () => {
    await state.set('short', Buffer.from('1'), 1);
    await state.set('long', Buffer.from('2'), 3600);
    await state.set('ever', Buffer.from('3'));
    await here.pass(1.1);
    expect(await state.get('short')).toBeUndefined();
    expect(await state.getVersioned('short')).toBeUndefined();
    expect(await state.keys('')).toEqual(['ever', 'long']);
  });

  test('setting again replaces the expiry', async () => {
    await state.set('a', Buffer.from('1'), 1);
    await state.set('a', Buffer.from('2'));
    await here.pass(1.1);
    expect((await state.get('a'))!.toString()).toBe('2');
  });

  test('compareAndSet() sets only on the version it was told', async () => {
    expect(await state.compareAndSet('a', 1, Buffer.from('x'))).toBe(false);
    expect(await state.compareAndSet('a', 0, Buffer.from('1'))).toBe(true);
    expect(await state.compareAndSet('a', 0, Buffer.from('x'))).toBe(false);
    const { version } = (await state.getVersioned('a'))!;
    expect(await state.compareAndSet('a', version, Buffer.from('2'))).toBe(true);
    expect(await state.compareAndSet('a', version, Buffer.from('x'))).toBe(false);
    expect((await state.get('a'))!.toString()).toBe('2');
  });

  test('a value deleted and set anew has another version', async () => {
    await state.set('a', Buffer.from('1'));
    const { version } = (await state.getVersioned('a'))!;
    await state.delete('a');
    await state.set('a', Buffer.from('2'));
    expect(await state.compareAndSet('a', version, Buffer.from('x'))).toBe(false);
  });

  test('an expired value counts as none for compareAndSet()', async () => {
    await state.set('a', Buffer.from('1'), 1);
    await here.pass(1.1);
    expect(await state.compareAndSet('a', 0, Buffer.from('2'))).toBe(true);
  });

  test('of concurrent compareAndSet() exactly one wins', async () => {
    const other = await here.open();
    const tries = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? state : other).compareAndSet('a', 0, Buffer.from(String(index))),
    );
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  test('keys() lists a prefix in order', async () => {
    for (const key of ['b:1', 'a:2', 'a:10', 'a:', 'aa', 'ab']) await state.set(key, Buffer.from('x'));
    expect(await state.keys('a:')).toEqual(['a:', 'a:10', 'a:2']);
    await state.delete('a:10');
    expect(await state.keys('a:')).toEqual(['a:', 'a:2']);
    expect(await state.keys('c')).toEqual([]);
  });

  test('a second handle sees what the first set', async () => {
    await state.set('a', Buffer.from('1'));
    expect((await (await here.open()).get('a'))!.toString()).toBe('1');
  });

  test('is closed after close()', async () => {
    await state.close();
    await expect(state.set('a', Buffer.from('1'))).rejects.toMatchObject({ code: 'closed' });
  });
}
