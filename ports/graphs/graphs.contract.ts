import type { GraphStore, KeptFilter, KeptGraph, KeptWindow } from './graphs.ts';
import { keptOf } from './sample.ts';

/** Makes an empty place for graphs; each call of what it gives opens that same place once more. */
export type GraphsPlace = () => Promise<() => Promise<GraphStore>>;

const windowOf = ({ bytes: _, ...window }: KeptGraph): KeptWindow => window;
const byId = (a: KeptWindow, b: KeptWindow): number => (a.inferenceId < b.inferenceId ? -1 : 1);

/** What every implementation of the port promises. */
export function graphsContract(emptyPlace: GraphsPlace): void {
  const opened: GraphStore[] = [];
  const openSeveral = async (count: number): Promise<readonly GraphStore[]> => {
    const open = await emptyPlace();
    const stores = await Promise.all(Array.from({ length: count }, open));
    opened.push(...stores);
    return stores;
  };
  const openOne = async () => (await openSeveral(1))[0] as GraphStore;
  const withGraphs = async (...graphs: readonly KeptGraph[]): Promise<GraphStore> => {
    const store = await openOne();
    await store.keep(graphs);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  test('get() gives those that are kept, byte for byte, in the order asked for', async () => {
    const anyBytes = Buffer.from(Array.from({ length: 5000 }, (_, place) => (place * 7919) % 256));
    const [a, b] = [keptOf('a', { bytes: anyBytes }), keptOf('b', { bytes: Buffer.alloc(0) })];
    const store = await withGraphs(a, b);
    const unknown = keptOf('c').inferenceId;
    expect(await store.get([b.inferenceId, unknown, a.inferenceId])).toEqual([b, a]);
    expect(await store.get([])).toEqual([]);
  });

  test('more graphs than one statement takes are kept and found', async () => {
    const many = Array.from({ length: 600 }, (_, place) => keptOf(`graph ${place}`, { windowEnd: place }));
    const store = await withGraphs(...many);
    expect(await store.get(many.map(({ inferenceId }) => inferenceId))).toEqual(many);
  });

  test('keeping the same inference again changes nothing', async () => {
    const first = keptOf('a');
    const store = await withGraphs(first, keptOf('b'));
    await store.keep([
      keptOf('c'),
      { ...first, pattern: 'other', bytes: Buffer.from('other'), keptAt: 2000 },
    ]);
    await store.keep([]);
    expect(await store.get([first.inferenceId])).toEqual([first]);
    expect(await store.list({}, { limit: 9 })).toHaveLength(3);
  });

  test('list() gives the newest window first, ties by inference id, and pages of it', async () => {
    const graphs = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, place) =>
      keptOf(name, { windowEnd: place % 2 === 0 ? 400 : 300 + place }),
    );
    const store = await withGraphs(...graphs);
    const expected = graphs.map(windowOf).sort((a, b) => b.windowEnd - a.windowEnd || byId(a, b));
    expect(await store.list({}, { limit: 9 })).toEqual(expected);
    const pages = [
      await store.list({}, { limit: 2 }),
      await store.list({}, { limit: 2, offset: 2 }),
      await store.list({}, { limit: 9, offset: 4 }),
    ];
    expect(pages.flat()).toEqual(expected);
    expect(await store.list({}, { limit: 9, offset: 6 })).toEqual([]);
  });

  test('each filter, and several together', async () => {
    const graphs = {
      windows: keptOf('windows', {}),
      linux: keptOf('linux', { platform: 'linux', windowEnd: 300 }),
      elsewhere: keptOf('elsewhere', { tenantId: 'globex', windowEnd: 320 }),
      neighbour: keptOf('neighbour', { endpointId: 'h2', windowEnd: 340 }),
      pattern: keptOf('pattern', { pattern: '', windowEnd: 360 }),
      sampled: keptOf('sampled', { because: 'sample', attackProb: 0.1, windowEnd: 380 }),
    };
    type Name = keyof typeof graphs;
    const names = Object.keys(graphs) as Name[];
    const store = await withGraphs(...Object.values(graphs));
    const found = async (filter: KeptFilter) => {
      const ids = (await store.list(filter, { limit: 99 })).map(({ inferenceId }) => inferenceId);
      return names.filter((name) => ids.includes(graphs[name].inferenceId));
    };
    const allBut = (...out: readonly Name[]) => names.filter((name) => !out.includes(name));
    expect(await found({})).toEqual(names);
    expect(await found({ platform: 'linux' })).toEqual(['linux']);
    expect(await found({ tenantIds: ['globex', 'initech'] })).toEqual(['elsewhere']);
    expect(await found({ tenantIds: [] })).toEqual([]);
    expect(await found({ endpointId: 'h2' })).toEqual(['neighbour']);
    expect(await found({ pattern: '' })).toEqual(['pattern']);
    expect(await found({ pattern: graphs.linux.pattern })).toEqual(allBut('pattern'));
    expect(await found({ because: 'sample' })).toEqual(['sampled']);
    expect(await found({ leastProb: 0.9 })).toEqual(allBut('sampled'));
    expect(await found({ from: 320, until: 360 })).toEqual(['elsewhere', 'neighbour']);
    expect(await found({ tenantIds: ['acme'], platform: 'windows', because: 'attack', from: 300 })).toEqual([
      'neighbour',
      'pattern',
    ]);
  });

  test('expire() removes what was kept before, however much, and says how many', async () => {
    const old = Array.from({ length: 450 }, (_, place) => keptOf(`old ${place}`, { keptAt: 999 }));
    const store = await withGraphs(...old, keptOf('new', { keptAt: 1000 }));
    expect(await store.expire(999)).toBe(0);
    expect(await store.expire(1000)).toBe(450);
    expect(await store.list({}, { limit: 9 })).toEqual([windowOf(keptOf('new', { keptAt: 1000 }))]);
  });

  test('two openers keep the same graphs at once, and each sees what the other kept', async () => {
    const stores = await openSeveral(2);
    const graphs = Array.from({ length: 40 }, (_, place) => keptOf(`graph ${place}`));
    const ways = [graphs, [...graphs].reverse()];
    await Promise.all(
      Array.from({ length: 10 }, (_, turn) =>
        stores[turn % 2]?.keep([...(ways[turn % 2] ?? []), keptOf(`own ${turn}`)]),
      ),
    );
    for (const store of stores) {
      expect(await store.list({}, { limit: 99 })).toHaveLength(50);
      expect(await store.get([keptOf('own 0').inferenceId, keptOf('own 1').inferenceId])).toHaveLength(2);
    }
  });

  test('what was kept is there when the store is opened again', async () => {
    const open = await emptyPlace();
    const before = await open();
    await before.keep([keptOf('a')]);
    await before.close();
    const after = await open();
    opened.push(after);
    expect(await after.get([keptOf('a').inferenceId])).toEqual([keptOf('a')]);
  });

  test('close() waits for what runs; after it every call says that it was closed', async () => {
    const open = await emptyPlace();
    const store = await open();
    const keeping = store.keep([keptOf('a')]);
    await store.close();
    await store.close();
    await keeping;
    const calls = [
      () => store.keep([keptOf('b')]),
      () => store.get([]),
      () => store.list({}, { limit: 1 }),
      () => store.expire(0),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'closed' });
    const again = await open();
    opened.push(again);
    expect(await again.list({}, { limit: 9 })).toEqual([windowOf(keptOf('a'))]);
  });
}
