import { randomBytes, randomUUID } from 'node:crypto';
import { withServer } from '../with-server.ts';
import { type Between, between, type Seen, type Turn } from './between.ts';
import { historyContract } from './history.contract.ts';
import { mlflowRegistry } from './mlflow.ts';
import { MlflowClient } from './mlflow-client.ts';
import { runsOf, sourceOf, stored } from './mlflow-look.ts';
import { promotionContract } from './promotion.contract.ts';
import { registryContract } from './registry.contract.ts';
import type { Registry } from './registry.ts';

import.meta.jest.setTimeout(60_000);

const MODEL = { files: { 'weights.bin': Buffer.from('weights') }, tags: {}, metrics: {} };

withServer('TEST_MLFLOW', 'MLflow registry', (url) => {
  const opened: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });
  const newPrefix = (): string => `test-${randomUUID()}-`;
  const open = (options: { prefix?: string; url?: string } = {}): Registry => {
    const registry = mlflowRegistry({ url, prefix: newPrefix(), ...options });
    opened.push(registry);
    return registry;
  };
  const client = (): MlflowClient => {
    const made = new MlflowClient({ url });
    opened.push(made);
    return made;
  };
  const before = async (
    decide: (request: Seen, seen: readonly Seen[]) => Turn,
    rewrite = (path: string) => path,
  ): Promise<Between> => {
    const made = await between({ behind: url, decide, rewrite });
    opened.push(made);
    return made;
  };

  const emptyPlace = async () => {
    const prefix = newPrefix();
    return async () => mlflowRegistry({ url, prefix });
  };
  registryContract(emptyPlace);
  historyContract(emptyPlace);
  promotionContract(emptyPlace);

  test('files come back byte by byte, whatever is in them and whatever they are called', async () => {
    const registry = open();
    const files = {
      'large.bin': randomBytes(5 * 2 ** 20),
      'empty.bin': Buffer.alloc(0),
      'trees.json.gz': randomBytes(1000),
      'manifest.json': Buffer.from('{}'),
    };
    const { version } = await registry.register('gat', { ...MODEL, files });
    for (const [name, bytes] of Object.entries(files)) {
      expect((await registry.file('gat', version, name)).equals(bytes)).toBe(true);
    }
  });

  test('metrics and tags come back exactly, also more than MLflow takes at once', async () => {
    const prefix = newPrefix();
    const awkward = { tiny: 5e-324, huge: Number.MAX_VALUE, third: 1 / 3, 'a/b c:d': -1e-7 };
    const many = Array.from({ length: 1100 }, (_, n) => [`m${n}`, n / 7] as const);
    const metrics = { ...awkward, ...Object.fromEntries(many) };
    const tags = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`t${n}`, 'é'.repeat(8000)]));
    const made = await open({ prefix }).register('gat', { ...MODEL, tags: { ...tags, none: '' }, metrics });
    expect(made).toMatchObject({ tags, metrics });
    expect(await open({ prefix }).version('gat', made.version)).toEqual(made);
    const [run] = await runsOf(client(), `${prefix}logster`);
    expect(run?.status).toBe('FINISHED');
    expect(run?.metrics).toEqual(metrics);
    expect(run?.tags).toMatchObject(tags);
  });

  test('a version carries the time of its registration, in epoch seconds', async () => {
    const { createdAt } = await open().register('gat', MODEL);
    expect(Math.abs(createdAt - Date.now() / 1000)).toBeLessThan(60);
  });

  test('what MLflow would cut off, change or take for its own is refused before anything is made', async () => {
    const prefix = newPrefix();
    const registry = open({ prefix });
    const unfit = [
      { metrics: { loss: Number.NaN } },
      { metrics: { loss: Number.POSITIVE_INFINITY } },
      { metrics: { ['x'.repeat(251)]: 1 } },
      { metrics: { 'a//b': 1 } },
      { tags: { long: 'x'.repeat(8001) } },
      { tags: { 'naïve!': 'x' } },
      { tags: { '../up': 'x' } },
      { tags: { 'mlflow.user': 'x' } },
    ];
    for (const part of unfit) {
      const refused = registry.register('gat', { ...MODEL, ...part });
      await expect(refused).rejects.toMatchObject({ code: 'input-invalid' });
    }
    expect(await runsOf(client(), `${prefix}logster`)).toEqual([]);
    expect(() => open({ prefix: "it's" })).toThrow(expect.objectContaining({ code: 'input-invalid' }));
  });

  test('bytes that changed or went missing are refused, and so is a changed manifest', async () => {
    const prefix = newPrefix();
    const registry = open({ prefix });
    await registry.register('gat', MODEL);
    const place = stored(client(), await sourceOf(client(), `${prefix}gat`, '1'));
    const invalid = expect.objectContaining({ code: 'model-invalid' });
    await place.put('files/weights.bin', 'Weights');
    await expect(registry.file('gat', '1', 'weights.bin')).rejects.toEqual(invalid);
    await place.remove('files/weights.bin');
    await expect(registry.file('gat', '1', 'weights.bin')).rejects.toEqual(invalid);
    await place.put('manifest.json', '{"name":"gat","files":[],"tags":{},"metrics":{}}');
    await expect(open({ prefix }).version('gat', '1')).rejects.toEqual(invalid);
    await place.remove('manifest.json');
    await expect(open({ prefix }).setAlias('gat', 'champion', '1')).rejects.toEqual(invalid);
  });

  test('versions that something else registered are left out, and never loaded', async () => {
    const prefix = newPrefix();
    const registry = open({ prefix });
    await registry.register('gat', MODEL);
    const name = `${prefix}gat`;
    const [run] = await runsOf(client(), `${prefix}logster`);
    const body = { name, source: run!.artifactUri, run_id: run!.runId };
    const made = client().ask({ method: 'POST', path: 'mlflow/model-versions/create', body });
    expect((await made).ok).toBe(true);
    await registry.register('gat', MODEL);
    expect((await registry.versions('gat')).map((one) => one.version)).toEqual(['1', '3']);
    await expect(registry.version('gat', '2')).rejects.toMatchObject({ code: 'model-invalid' });
  });

  test('versions() reads every page', async () => {
    const prefix = newPrefix();
    const pages = await before(
      () => 'forward',
      (path) => path.replace('max_results=1000', 'max_results=2'),
    );
    const registry = open({ url: pages.url, prefix });
    for (let n = 0; n < 5; n += 1) await registry.register('gat', MODEL);
    expect((await registry.versions('gat')).map((one) => one.version)).toEqual(['1', '2', '3', '4', '5']);
    expect(pages.seen.filter((one) => one.path.includes('page_token'))).toHaveLength(2);
  });

  test.each([
    ['was refused for a moment', { status: 503, body: 'busy' }],
    ['arrived though its answer was lost', 'lose-answer'],
  ] as const)('every call that bears a repeat is repeated when it %s', async (_, mishap) => {
    const prefix = newPrefix();
    const mishaps = await before(({ method, path }, seen) => {
      const first = seen.filter((one) => one.method === method && one.path === path).length === 1;
      return first && !/runs\/create|versions\/create/.test(path) ? mishap : 'forward';
    });
    const registry = open({ url: mishaps.url, prefix });
    const made = await registry.register('gat', { ...MODEL, metrics: { loss: 1 }, tags: { a: 'b' } });
    await registry.setAlias('gat', 'champion', made.version);
    expect(await registry.alias('gat', 'champion')).toEqual(made);
    expect(await registry.versions('gat')).toEqual([made]);
    await registry.removeAlias('gat', 'champion');
    expect(await registry.alias('gat', 'champion')).toBeUndefined();
    const [run] = await runsOf(client(), `${prefix}logster`);
    expect(run).toMatchObject({ status: 'FINISHED', metrics: { loss: 1 }, tags: { a: 'b' } });
  });

  test.each(['lose-answer', 'refuse'] as const)('one registration makes one version: %s', async (mishap) => {
    const refusal = { status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'Giving up' } };
    const mishaps = await before(({ path }, seen) => {
      const creations = seen.filter((one) => one.path.endsWith('model-versions/create')).length;
      if (!path.endsWith('model-versions/create') || creations > 1) return 'forward';
      return mishap === 'refuse' ? refusal : mishap;
    });
    const registry = open({ url: mishaps.url });
    const made = await registry.register('gat', MODEL);
    expect(await registry.versions('gat')).toEqual([made]);
  });

  test.each(['files/weights.bin', 'manifest.json', 'model-versions/create'])(
    'a registration that fails at %s makes no version and says so in its run',
    async (failing) => {
      const prefix = newPrefix();
      const body = { error_code: 'INTERNAL_ERROR', message: 'No space left' };
      const full = await before(({ path }) => (path.endsWith(failing) ? { status: 500, body } : 'forward'));
      const registered = open({ url: full.url, prefix }).register('gat', MODEL);
      await expect(registered).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('INTERNAL_ERROR: No space left'),
      });
      expect(await open({ prefix }).versions('gat')).toEqual([]);
      const [run] = await runsOf(client(), `${prefix}logster`);
      expect(run?.status).toBe('FAILED');
      expect(run?.tags['logster.failure']).toContain('No space left');
    },
  );

  test('an experiment that was deleted is named, with the way out', async () => {
    const prefix = newPrefix();
    const registry = open({ prefix });
    await registry.register('gat', MODEL);
    const [run] = await runsOf(client(), `${prefix}logster`);
    const body = { experiment_id: run!.experimentId };
    await client().ask({ method: 'POST', path: 'mlflow/experiments/delete', body });
    await expect(registry.register('gat', MODEL)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('restore it'),
    });
    expect((await registry.versions('gat')).length).toBe(1);
  });
});
