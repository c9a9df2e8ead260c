import { createHash } from 'node:crypto';
import type { ModelVersion, Registry } from './registry.ts';

/** Makes an empty place for models; each call of what it gives opens that same place once more. */
export type RegistryPlace = () => Promise<() => Promise<Registry>>;

const NAME = 'logster-windows-gat';

/** What every implementation of the port promises. */
export function registryContract(emptyPlace: RegistryPlace): void {
  const opened: Registry[] = [];
  const openTwice = async (): Promise<readonly [Registry, Registry]> => {
    const open = await emptyPlace();
    const pair = [await open(), await open()] as const;
    opened.push(...pair);
    return pair;
  };
  const openOne = async (): Promise<Registry> => {
    const registry = await (await emptyPlace())();
    opened.push(registry);
    return registry;
  };
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
  });
  const register = (registry: Registry, content = 'weights', name = NAME): Promise<ModelVersion> =>
    registry.register(name, {
      files: { 'weights.bin': Buffer.from(content), 'card.md': Buffer.from('# Card') },
      tags: { feature_schema: 'abc' },
      metrics: { 'pr-auc': 0.5 },
    });

  test('register() numbers versions from 1 and keeps everything that was given', async () => {
    const registry = await openOne();
    const first = await register(registry);
    expect(first).toMatchObject({
      name: NAME,
      version: '1',
      tags: { feature_schema: 'abc' },
      metrics: { 'pr-auc': 0.5 },
    });
    const sha256 = createHash('sha256').update('weights').digest('hex');
    expect(first.files).toContainEqual({ name: 'weights.bin', sizeBytes: 7, sha256 });
    expect(await registry.version(NAME, '1')).toEqual(first);
    expect((await registry.file(NAME, '1', 'weights.bin')).toString()).toBe('weights');
    expect((await registry.file(NAME, '1', 'card.md')).toString()).toBe('# Card');
  });

  test('versions() has the newest last, also past 9, and each model by itself', async () => {
    const registry = await openOne();
    expect(await registry.versions(NAME)).toEqual([]);
    for (let n = 1; n <= 11; n += 1) await register(registry, `w${n}`);
    expect((await register(registry, 'w', 'logster-linux-gat')).version).toBe('1');
    const versions = (await registry.versions(NAME)).map((one) => one.version);
    expect(versions).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
    expect((await registry.file(NAME, '3', 'weights.bin')).toString()).toBe('w3');
  });

  test('two that register at once get different versions, and each keeps its own files', async () => {
    const pair = await openTwice();
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, n) => register(pair[n % 2] as Registry, `w${n}`)),
    );
    expect(new Set(made.map((one) => one.version)).size).toBe(8);
    for (const [n, { version }] of made.entries()) {
      expect((await pair[0].file(NAME, version, 'weights.bin')).toString()).toBe(`w${n}`);
    }
  });

  test('what is not there is answered by what is', async () => {
    const registry = await openOne();
    await expect(registry.version(NAME, '1')).rejects.toMatchObject({ code: 'not-found' });
    await register(registry);
    await register(registry);
    const wanted = registry.version(NAME, '7');
    await expect(wanted).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('1, 2'),
    });
    await expect(registry.version(NAME, '../1')).rejects.toMatchObject({ code: 'not-found' });
    const file = registry.file(NAME, '1', 'nothing.bin');
    await expect(file).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('card.md'),
    });
    await expect(registry.setAlias(NAME, 'champion', '7')).rejects.toMatchObject({ code: 'not-found' });
    expect(await registry.alias(NAME, 'champion')).toBeUndefined();
  });

  test('an alias names one version, moves, is seen by others and can be taken away', async () => {
    const [registry, other] = await openTwice();
    await register(registry);
    await register(registry);
    await registry.setAlias(NAME, 'champion', '1');
    await registry.setAlias(NAME, 'challenger', '2');
    expect((await other.alias(NAME, 'champion'))?.version).toBe('1');
    await registry.setAlias(NAME, 'champion', '2');
    expect((await other.alias(NAME, 'champion'))?.version).toBe('2');
    expect((await other.alias(NAME, 'challenger'))?.version).toBe('2');
    expect(await other.alias(NAME, 'previous')).toBeUndefined();
    await other.removeAlias(NAME, 'challenger');
    await other.removeAlias(NAME, 'challenger');
    expect(await registry.alias(NAME, 'challenger')).toBeUndefined();
  });

  test('who reads a moving alias always meets one version or the other', async () => {
    const [registry, other] = await openTwice();
    await register(registry);
    await register(registry);
    await registry.setAlias(NAME, 'champion', '1');
    const seen = new Set<string | undefined>();
    const moving = (async () => {
      for (let n = 0; n < 30; n += 1) await registry.setAlias(NAME, 'champion', String((n % 2) + 1));
      return true;
    })();
    for (let done = false; !done; ) {
      seen.add((await other.alias(NAME, 'champion'))?.version);
      done = await Promise.race([moving, new Promise<false>((resolve) => setImmediate(resolve, false))]);
    }
    expect([...seen].filter((version) => version !== '1' && version !== '2')).toEqual([]);
  });

  test('names that could leave the registry are refused', async () => {
    const registry = await openOne();
    await expect(register(registry, 'w', '../outside')).rejects.toMatchObject({ code: 'input-invalid' });
    const files = { '../outside': Buffer.from('x') };
    const model = { files, tags: {}, metrics: {} };
    await expect(registry.register(NAME, model)).rejects.toMatchObject({ code: 'input-invalid' });
    expect(await registry.versions(NAME)).toEqual([]);
  });

  test('after close() every call says that it was closed', async () => {
    const registry = await openOne();
    await registry.close();
    await expect(registry.versions(NAME)).rejects.toMatchObject({ code: 'closed' });
    await expect(register(registry)).rejects.toMatchObject({ code: 'closed' });
  });
}
