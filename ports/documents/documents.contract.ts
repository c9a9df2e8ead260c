import type { Documents } from './documents.ts';
import { figuresContract } from './documents-figures.contract.ts';
import { ALERTS, EVENTS, NESTED, ODD } from './sample.ts';

/** Makes an empty place for documents; each call of what it gives opens that same place once more. */
export type DocumentsPlace = () => Promise<() => Promise<Documents>>;

/** What every implementation of the port promises. */
export function documentsContract(emptyPlace: DocumentsPlace): void {
  const opened: Documents[] = [];
  const openTwice = async (): Promise<readonly [Documents, Documents]> => {
    const open = await emptyPlace();
    const pair = [await open(), await open()] as const;
    opened.push(...pair);
    return pair;
  };
  const openOne = async (): Promise<Documents> => {
    const documents = await (await emptyPlace())();
    opened.push(documents);
    return documents;
  };
  const withEvents = async (): Promise<Documents> => {
    const documents = await openOne();
    await documents.create('logster-events', EVENTS);
    return documents;
  };
  const withAlerts = async (): Promise<Documents> => {
    const documents = await openOne();
    for (const { id, body } of ALERTS) await documents.put('logster-alerts', id, body, 1);
    return documents;
  };
  afterEach(async () => {
    for (const documents of opened.splice(0)) await documents.close();
  });

  figuresContract(withEvents, withAlerts);

  test('create() keeps a body that is at hand as JSON whole, and finds it by its fields', async () => {
    const documents = await openOne();
    const body = { tenant_id: 'default', timestamp: 5, data: { image: 'a' }, raw_event: { deep: [1, 'x'] } };
    const { raw_event: _, ...fields } = body;
    await documents.create('logster-events', [{ id: 'e', body: fields, json: JSON.stringify(body) }]);
    expect(await documents.get('logster-events', 'e')).toEqual(body);
    const found = await documents.search('logster-events', {
      filter: { equals: { 'data.image': 'a' } },
      limit: 5,
    });
    expect(found.documents).toEqual([body]);
  });

  test('create() stores a document whole and leaves one that is there as it is', async () => {
    const documents = await withEvents();
    const again = [
      { id: 'a', body: { tenant_id: 'other' } },
      { id: 'z', body: NESTED },
    ];
    expect(await documents.create('logster-events', again)).toEqual({ created: 1, existed: 1 });
    expect(await documents.get('logster-events', 'a')).toEqual(EVENTS[0]?.body);
    expect(await documents.get('logster-events', 'z')).toEqual(NESTED);
    expect(await documents.get('logster-events', 'nobody')).toBeUndefined();
    expect(await documents.get('logster-alerts', 'a')).toBeUndefined();
  });

  test('create() counts an id given twice in one call once', async () => {
    const documents = await openOne();
    const twice = [
      { id: 'a', body: { tenant_id: 'first' } },
      { id: 'a', body: { tenant_id: 'second' } },
    ];
    expect(await documents.create('logster-events', twice)).toEqual({ created: 1, existed: 1 });
    expect(await documents.get('logster-events', 'a')).toEqual({ tenant_id: 'first' });
    expect(await documents.create('logster-events', [])).toEqual({ created: 0, existed: 0 });
  });

  test('put() replaces an earlier or the same version and never a later one', async () => {
    const documents = await openOne();
    const versions = [2, 1, 2, 3, 0];
    const seen: unknown[] = [];
    for (const [place, version] of versions.entries()) {
      await documents.put(
        'logster-alerts',
        'x',
        { place, severity: `S${place}`, ttp_techniques: [`T${place}`] },
        version,
      );
      seen.push((await documents.get('logster-alerts', 'x'))?.place);
    }
    expect(seen).toEqual([0, 0, 2, 3, 3]);
    const found = await documents.search('logster-alerts', {
      filter: { equals: { severity: 'S3' } },
      limit: 9,
    });
    expect(found.total).toBe(1);
    const old = await documents.search('logster-alerts', {
      filter: { equals: { ttp_techniques: 'T2' } },
      limit: 9,
    });
    expect(old.total).toBe(0);
  });

  test('a confirmed document is found at once, by others too', async () => {
    const [writer, reader] = await openTwice();
    for (const event of EVENTS) {
      await writer.create('logster-events', [event]);
      expect(await reader.get('logster-events', event.id)).toEqual(event.body);
    }
    expect((await reader.search('logster-events', { limit: 0 })).total).toBe(EVENTS.length);
  });

  test('search() wants every condition to hold, and a missing field matches none', async () => {
    const documents = await withEvents();
    const ids = async (filter: object) =>
      (await documents.search('logster-events', { filter, limit: 99 })).documents.map((body) => body.name);
    expect(await ids({ equals: { tenant_id: 'acme' } })).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids({ equals: { tenant_id: 'acme', endpoint_id: 'h1' } })).toEqual(['a', 'b']);
    expect(await ids({ anyOf: { 'data.image': ['cmd', 'sh'] } })).toEqual(['a', 'b', 'd']);
    expect(await ids({ anyOf: { 'data.image': [] } })).toEqual([]);
    expect(await ids({ equals: { 'data.process_id': 7 } })).toEqual(['a', 'c']);
    expect(await ids({ range: { timestamp: { from: 20, to: 40 } } })).toEqual(['b', 'c']);
    expect(await ids({ range: { 'data.process_id': {} } })).toEqual(['a', 'b', 'c']);
    expect(await ids({ equals: { platform: 'linux' }, range: { timestamp: { from: 0 } } })).toEqual([]);
  });

  test('search() sorts with missing values last either way and ties by id, and pages', async () => {
    const documents = await withEvents();
    const names = async (order: 'asc' | 'desc', page: { limit: number; offset?: number }) => {
      const sort = [{ field: 'data.process_id', order }] as const;
      const found = await documents.search('logster-events', { sort, ...page });
      expect(found.total).toBe(5);
      return found.documents.map((body) => body.name);
    };
    expect(await names('asc', { limit: 9 })).toEqual(['b', 'a', 'c', 'd', 'e']);
    expect(await names('desc', { limit: 9 })).toEqual(['a', 'c', 'b', 'd', 'e']);
    expect(await names('desc', { limit: 2, offset: 1 })).toEqual(['c', 'b']);
    expect(await names('desc', { limit: 2, offset: 7 })).toEqual([]);
  });

  test('search() finds and sorts by a value inside an array', async () => {
    const documents = await withAlerts();
    const search = async (filter: object, sort: 'asc' | 'desc') => {
      const by = [{ field: 'ttp_techniques', order: sort }] as const;
      const found = await documents.search('logster-alerts', { filter, sort: by, limit: 9 });
      return found.documents.map((body) => body.name);
    };
    expect(await search({ equals: { ttp_techniques: 'T1059.001' } }, 'asc')).toEqual(['one', 'two']);
    expect(await search({ anyOf: { ttp_tactics: ['execution', 'credential-access'] } }, 'desc')).toEqual([
      'one',
      'two',
    ]);
    expect(await search({}, 'asc')).toEqual(['one', 'two', 'three']);
  });

  test('expire() removes what lies before, and only that', async () => {
    const documents = await withEvents();
    expect(await documents.expire('logster-events', 'timestamp', 30)).toBe(2);
    expect(await documents.expire('logster-events', 'timestamp', 30)).toBe(0);
    expect(await documents.get('logster-events', 'a')).toBeUndefined();
    const left = await documents.search('logster-events', { limit: 9 });
    expect(left.documents.map((body) => body.name)).toEqual(['c', 'd', 'e']);
    expect(await documents.create('logster-events', EVENTS.slice(0, 1))).toEqual({ created: 1, existed: 0 });
  });

  test('text comes back and compares as it was, whatever it holds', async () => {
    const documents = await openOne();
    for (const [place, text] of ODD.entries()) {
      await documents.create('logster-events', [
        { id: String(place), body: { 'x.y': 1, data: { image: text } } },
      ]);
      const found = await documents.search('logster-events', {
        filter: { equals: { 'data.image': text } },
        limit: 9,
      });
      expect(found.documents).toEqual([{ 'x.y': 1, data: { image: text } }]);
    }
  });

  test('what a field cannot hold is kept in the document and matches nothing', async () => {
    const documents = await openOne();
    const odd = { timestamp: 'yesterday', endpoint_id: { deep: 1 }, data: null, tenant_id: 'x'.repeat(9000) };
    await documents.create('logster-events', [{ id: 'odd', body: odd }]);
    expect(await documents.get('logster-events', 'odd')).toEqual(odd);
    const seen = {
      times: { kind: 'max', field: 'timestamp' },
      hosts: { kind: 'cardinality', field: 'endpoint_id' },
    } as const;
    expect(await documents.figures('logster-events', {}, seen)).toEqual({ times: null, hosts: 0 });
  });

  test('an unknown field is refused, and the known ones are named', async () => {
    const documents = await openOne();
    const wrong = { equals: { 'data.image"; drop table x; --': 'a' } } as object;
    const refusal = documents.search('logster-events', { filter: wrong, limit: 1 });
    await expect(refusal).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('endpoint_id'),
    });
    const keyword = documents.figures(
      'logster-events',
      {},
      { mean: { kind: 'average', field: 'endpoint_id' } },
    );
    await expect(keyword).rejects.toMatchObject({ code: 'input-invalid' });
    await expect(documents.search('logster-events', { limit: -1 })).rejects.toMatchObject({
      code: 'input-invalid',
    });
    const step = documents.groups('logster-events', {}, { by: 'interval', field: 'timestamp', step: 0 }, {});
    await expect(step).rejects.toMatchObject({ code: 'input-invalid' });
  });

  test('after close() every call says that it was closed', async () => {
    const documents = await openOne();
    await documents.close();
    await documents.close();
    await expect(documents.get('logster-events', 'a')).rejects.toMatchObject({ code: 'closed' });
    await expect(documents.create('logster-events', [])).rejects.toMatchObject({ code: 'closed' });
  });
}
