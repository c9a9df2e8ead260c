import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@elastic/elasticsearch';
import { fakeClock } from '../telemetry/clock.ts';
import { withServer } from '../with-server.ts';
import { documentsContract } from './documents.contract.ts';
import type { Documents } from './documents.ts';
import { elasticsearchDocuments } from './elasticsearch.ts';
import { embeddedDocuments } from './embedded.ts';

const DAY = 86_400;
const NOW = Date.UTC(2026, 2, 1) / 1000; // midnight
const SMALL = { shards: 1, replicas: 0, refreshMs: 200 };
const SLOW = 120_000; // an index takes 0.3 s on an idle machine and seconds on a busy one

withServer('TEST_ELASTICSEARCH', 'Elasticsearch documents', (node) => {
  const admin = new Client({ node });
  const prefixes: string[] = [];
  const opened: Documents[] = [];

  const newPrefix = (): string => {
    const prefix = `test-${randomUUID()}-`;
    prefixes.push(prefix);
    return prefix;
  };
  const open = async (options: object = {}): Promise<Documents> => {
    const documents = await elasticsearchDocuments({ node, prefix: newPrefix(), ...SMALL, ...options });
    opened.push(documents);
    return documents;
  };
  const indicesOf = async (prefix: string): Promise<string[]> =>
    Object.keys(await admin.indices.get({ index: `${prefix}*` })).sort();

  afterEach(async () => {
    for (const documents of opened.splice(0)) await documents.close();
    for (const prefix of prefixes.splice(0)) {
      const indices = await indicesOf(prefix);
      if (indices.length > 0) await admin.indices.delete({ index: indices });
      await admin.indices.deleteIndexTemplate({ name: `${prefix}*` }).catch(() => undefined);
    }
  }, SLOW);
  afterAll(() => admin.close());

  documentsContract(async () => {
    const prefix = newPrefix();
    return () => elasticsearchDocuments({ node, prefix, ...SMALL });
  });

  test(
    'an event sent again on the next day is still there once, in the index of its own day',
    async () => {
      const prefix = newPrefix();
      const clock = fakeClock(NOW - 1);
      const documents = await open({ prefix, clock });
      const events = [NOW - 0.001, NOW].map((timestamp, n) => ({ id: `e${n}`, body: { timestamp } }));
      expect(await documents.create('logster-events', events)).toEqual({ created: 2, existed: 0 });
      await clock.advance(2 * DAY * 1000);
      expect(await documents.create('logster-events', events)).toEqual({ created: 0, existed: 2 });
      expect((await documents.search('logster-events', { limit: 9 })).documents).toEqual(
        events.map(({ body }) => body),
      );
      expect(await documents.get('logster-events', 'e1')).toEqual({ timestamp: NOW });
      expect(await indicesOf(prefix)).toEqual([
        `${prefix}logster-events-2026.02.28`,
        `${prefix}logster-events-2026.03.01`,
      ]);
    },
    SLOW,
  );

  test(
    'documents far from now, or without a time, share one index',
    async () => {
      const prefix = newPrefix();
      const documents = await open({ prefix, clock: fakeClock(NOW) });
      const times = [-5, 0, NOW - 93 * DAY, NOW + 3 * DAY, 1e300, 'soon', undefined];
      const events = times.map((timestamp, n) => ({ id: `e${n}`, body: { timestamp } }));
      expect(await documents.create('logster-events', events)).toEqual({ created: 7, existed: 0 });
      expect(await indicesOf(prefix)).toEqual([`${prefix}logster-events-other`]);
      const most = { most: { kind: 'max', field: 'timestamp' } } as const;
      expect(await documents.figures('logster-events', {}, most)).toEqual({ most: 1e300 });
    },
    SLOW,
  );

  test(
    'expire() drops the days that are over as a whole and the rest by document',
    async () => {
      const prefix = newPrefix();
      const documents = await open({ prefix, clock: fakeClock(NOW) });
      const event = (id: string, timestamp: number, ingested_at?: number) => ({
        id,
        body: { timestamp, ...(ingested_at !== undefined && { ingested_at }) },
      });
      await documents.create('logster-events', [
        ...[0, 1, 2].map((n) => event(`old${n}`, NOW - 3 * DAY + n, 10)),
        ...[event('late', NOW - 2 * DAY, 30), event('early', NOW - 2 * DAY, 10)],
        ...[event('never', NOW - DAY), event('today', NOW, 30)],
      ]);
      expect(await documents.expire('logster-events', 'ingested_at', 20)).toBe(4);
      expect(await documents.expire('logster-events', 'ingested_at', 20)).toBe(0);
      const left = await indicesOf(prefix);
      expect(left.map((name) => name.slice(-5))).toEqual(['02.27', '02.28', '03.01']);
      expect((await documents.search('logster-events', { limit: 9 })).total).toBe(3);
      const again = [event('old0', NOW - 3 * DAY, 40), event('early', NOW - 2 * DAY, 40)];
      expect(await documents.create('logster-events', again)).toEqual({ created: 2, existed: 0 });
    },
    SLOW,
  );

  test(
    'nothing that is confirmed while a day is dropped is lost',
    async () => {
      const documents = await open({ clock: fakeClock(NOW) });
      const old = Array.from({ length: 50 }, (_, n) => ({
        id: `o${n}`,
        body: { timestamp: NOW, ingested_at: 1 },
      }));
      await documents.create('logster-events', old);
      const writer = await open({ prefix: prefixes.at(-1) });
      const confirmed: string[] = [];
      let writing = true;
      const writes = (async () => {
        for (let n = 0; writing; n += 1) {
          const event = { id: `new${n}`, body: { timestamp: NOW, ingested_at: 9 } };
          await writer.create('logster-events', [event]);
          confirmed.push(event.id);
        }
      })();
      expect(await documents.expire('logster-events', 'ingested_at', 5)).toBe(50);
      writing = false;
      await writes;
      expect((await documents.search('logster-events', { limit: 0 })).total).toBe(confirmed.length);
    },
    SLOW,
  );

  test(
    'put() tells versions apart that differ in microseconds, and an alert that was created first gives way',
    async () => {
      const documents = await open();
      const version = 1_700_000_000.000002;
      await documents.create('logster-alerts', [{ id: 'x', body: { n: 0 } }]);
      const seen: unknown[] = [];
      for (const [n, older] of [0, version, version - 1e-6, version + 1e-6, version, -0].entries()) {
        await documents.put('logster-alerts', 'x', { n: n + 1 }, older);
        seen.push((await documents.get('logster-alerts', 'x'))?.n);
      }
      expect(seen).toEqual([1, 2, 2, 4, 4, 4]);
      await expect(documents.put('logster-alerts', 'x', {}, -1)).rejects.toMatchObject({
        code: 'input-invalid',
      });
    },
    SLOW,
  );

  test(
    '25,000 documents are paged through, counted and removed',
    async () => {
      const documents = await open();
      const all = Array.from({ length: 25_000 }, (_, n) => ({
        id: `e${String(n).padStart(5, '0')}`,
        body: { timestamp: n % 100, endpoint_id: `h${n % 7}`, data: n % 3 ? { process_id: n } : {}, n },
      }));
      expect(await documents.create('logster-events', all)).toEqual({ created: 25_000, existed: 0 });
      const sort = [{ field: 'data.process_id', order: 'desc' }] as const;
      const numbers = async (offset: number, limit: number) => {
        const found = await documents.search('logster-events', { sort, offset, limit });
        expect(found.total).toBe(25_000);
        return found.documents.map((body) => Number(body.n));
      };
      const withPid = all.map(({ body }) => body.n).filter((n) => n % 3);
      const without = all.map(({ body }) => body.n).filter((n) => n % 3 === 0);
      const expected = [...withPid.reverse(), ...without];
      expect(await numbers(9990, 20)).toEqual(expected.slice(9990, 10_010));
      expect(await numbers(24_995, 100)).toEqual(expected.slice(24_995));
      expect(await numbers(40_000, 5)).toEqual([]);
      expect(await numbers(0, 25_000)).toEqual(expected);
      expect(await documents.expire('logster-events', 'timestamp', 50)).toBe(12_500);
      expect((await documents.search('logster-events', { limit: 0 })).total).toBe(12_500);
    },
    SLOW,
  );

  test(
    'odd questions and odd documents get the answers of the embedded store',
    async () => {
      const both = [await open(), embeddedDocuments({ file: ':memory:' })] as const;
      opened.push(both[1]);
      const values = [0, -0, 1e-300, -3.5, 1e308, 7, '7', ' 8 ', 'x', true, null, [7], { a: 1 }];
      const texts = ['é', 'z', 'Z', '\ud800', '\ufffd', '', '\u{1f600}', 'x'.repeat(8191), 12, false, ['a']];
      const events = [
        ...values.map((value, n) => ({ id: `n${n}`, body: { timestamp: value, n } })),
        ...texts.map((image, n) => ({ id: `t${n}`, body: { data: { image }, n } })),
        { id: 'proto', body: JSON.parse('{"__proto__":{"x":1},"":{"":1},"a..b":[],"id":"mine"}') },
        { id: 'doubled', body: {}, json: '{"a":1,"a":2,"n":1e400}' },
      ];
      const answers: unknown[][] = [];
      for (const documents of both) {
        const search = (filter: object, sort: object[] = []) =>
          documents.search('logster-events', { filter, sort, limit: 99 } as never);
        const byImage = { by: 'terms', field: 'data.image', limit: 50 } as const;
        const byTime = { by: 'terms', field: 'timestamp', limit: 50 } as const;
        const byStep = { by: 'interval', field: 'timestamp', step: 0.7 } as const;
        const few = { range: { timestamp: { from: -9, to: 99 } } } as const;
        const sums = { sum: { kind: 'sum', field: 'timestamp' }, all: { kind: 'count' } } as const;
        answers.push([
          await documents.create('logster-events', events as never),
          await search({}, [{ field: 'data.image', order: 'desc' }]),
          await search({}, [{ field: 'timestamp', order: 'asc' }]),
          await search({ equals: { timestamp: '7' } }),
          await search({ equals: { 'data.image': '\ud800' } }),
          await search({ equals: { 'data.image': 12 } }),
          await search({ anyOf: { 'data.image': ['x'.repeat(8192), false] } }),
          await search({ anyOf: { timestamp: ['no number', {}] } }),
          await search({ range: { timestamp: { from: Number.NaN } } }),
          await search({ range: { timestamp: { from: -Infinity, to: Infinity } } }),
          await search({ range: { timestamp: { from: Infinity } } }),
          await search({ range: { timestamp: { from: 7, to: 3 } } }),
          await documents.groups('logster-events', {}, byImage, {}),
          await documents.groups('logster-events', few, byTime, sums),
          await documents.groups('logster-events', few, byStep, sums),
          await documents.groups('logster-events', {}, { ...byImage, limit: 0 }, {}),
          await documents.figures('logster-events', few, sums),
          await documents.expire('logster-events', 'timestamp', Number.NaN),
          await documents.expire('logster-events', 'timestamp', Infinity),
        ]);
      }
      for (const [n, answer] of (answers[0] ?? []).entries())
        expect([n, answer]).toEqual([n, answers[1]?.[n]]);
    },
    SLOW,
  );

  test(
    'counts within groups are made for the groups that are answered, texts and numbers alike',
    async () => {
      const documents = await open();
      const body = (n: number) => ({ endpoint_id: `h${n % 4}`, data: { process_id: n % 3 }, timestamp: n });
      const events = Array.from({ length: 30 }, (_, n) => ({ id: `e${n}`, body: body(n) }));
      await documents.create('logster-events', events);
      const hosts = { hosts: { kind: 'cardinality', field: 'endpoint_id' } } as const;
      const byPid = { by: 'terms', field: 'data.process_id', limit: 2 } as const;
      expect(await documents.groups('logster-events', {}, byPid, hosts)).toEqual([
        { key: 0, count: 10, figures: { hosts: 4 } },
        { key: 1, count: 10, figures: { hosts: 4 } },
      ]);
    },
    SLOW,
  );

  test(
    'only the items that the server was too busy for are sent again',
    async () => {
      const sent: number[] = [];
      const proxy = await proxyTo(node, (path, body) => {
        if (!path.startsWith('/_bulk')) return undefined;
        sent.push(body.split('\n').filter((line) => line.startsWith('{"create"')).length);
        return sent.length === 1 ? 'busy-first' : undefined;
      });
      const documents = await open({ node: proxy.address, random: () => 0 });
      const events = ['a', 'b', 'c'].map((id) => ({ id, body: { tenant_id: id } }));
      expect(await documents.create('logster-events', events)).toEqual({ created: 3, existed: 0 });
      expect(sent).toEqual([3, 1]);
      expect((await documents.search('logster-events', { limit: 9 })).total).toBe(3);
      await proxy.close();
    },
    SLOW,
  );

  test(
    'large batches are sent in several requests of a bounded size',
    async () => {
      const sizes: number[] = [];
      const proxy = await proxyTo(node, (path, body) => {
        if (path.startsWith('/_bulk')) sizes.push(body.length);
        return undefined;
      });
      const documents = await open({ node: proxy.address });
      const text = 'y'.repeat(700_000);
      const events = Array.from({ length: 20 }, (_, n) => ({ id: `e${n}`, body: { text, n } }));
      expect(await documents.create('logster-events', events)).toEqual({ created: 20, existed: 0 });
      expect(sizes.length).toBe(3);
      expect(Math.max(...sizes)).toBeLessThan(5 * 1024 * 1024);
      expect((await documents.get('logster-events', 'e19'))?.text).toBe(text);
      await proxy.close();
    },
    SLOW,
  );

  test(
    'a document that the server refuses is named with the reason, and the others are stored',
    async () => {
      const prefix = newPrefix();
      const alias = `${prefix}logster-events`;
      const strange = { timestamp: { type: 'integer' } } as const; // as if an operator had made the index
      await admin.indices.create({
        index: `${alias}-other`,
        aliases: { [alias]: {} },
        settings: { number_of_replicas: 0 },
        mappings: { properties: { 'data.process_id': strange.timestamp } },
      });
      await expect(open({ prefix })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('data.process_id'),
      });
      await admin.indices.delete({ index: `${alias}-other` });
      const documents = await open({ prefix });
      await admin.indices.create({
        index: `${alias}-2026.03.01`,
        settings: { 'index.blocks.read_only': true, number_of_replicas: 0 },
      });
      await admin.indices.putSettings({
        index: `${alias}-2026.03.01`,
        settings: { 'index.blocks.read_only': null },
      });
      const long = { id: 'x'.repeat(600), body: {} };
      await expect(documents.create('logster-events', [long])).rejects.toMatchObject({
        code: 'input-invalid',
        message: expect.stringContaining('512'),
      });
    },
    SLOW,
  );

  test(
    'a server that is away is unavailable, and the same documents work when it is back',
    async () => {
      const proxy = await proxyTo(node);
      const documents = await open({ node: proxy.address });
      const event = { id: 'a', body: { tenant_id: 'acme' } };
      await documents.create('logster-events', [event]);
      await proxy.close();
      const away = { code: 'unavailable', message: expect.stringContaining(new URL(proxy.address).host) };
      await expect(documents.create('logster-events', [event])).rejects.toMatchObject(away);
      await expect(documents.get('logster-events', 'a')).rejects.toMatchObject(away);
      await expect(documents.put('logster-alerts', 'a', {}, 1)).rejects.toMatchObject(away);
      await proxy.listen();
      expect(await documents.create('logster-events', [event])).toEqual({ created: 0, existed: 1 });
      expect(await documents.get('logster-events', 'a')).toEqual(event.body);
      await proxy.close();
    },
    SLOW,
  );

  test(
    'several replicas may start at once, and none against a newer layout',
    async () => {
      const prefix = newPrefix();
      const replicas = await Promise.all(Array.from({ length: 5 }, () => open({ prefix })));
      const event = { id: 'a', body: { tenant_id: 'acme' } };
      const results = await Promise.all(replicas.map((one) => one.create('logster-events', [event])));
      expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(1);
      await admin.indices.putIndexTemplate({
        name: `${prefix}logster-events`,
        index_patterns: [`${prefix}logster-events-*`],
        _meta: { layout: 99 },
        priority: 200,
      });
      await expect(open({ prefix })).rejects.toMatchObject({ code: 'conflict' });
    },
    SLOW,
  );
});

describe('Elasticsearch documents, before a server', () => {
  const refusal = async (answer: (path: string) => [status: number, body: object], options: object = {}) => {
    const server = await listening((request, respond) => respond(...answer(request.url ?? '/')));
    const node = `http://elastic:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const documents = await elasticsearchDocuments({ node, readyWithinMs: 50, ...options });
      await documents.close();
      return undefined;
    } catch (thrown) {
      return thrown as Error;
    } finally {
      await closed(server);
    }
  };
  const root = (number: string) => (path: string) =>
    (path === '/' ? [200, { version: { number } }] : [404, {}]) as [number, object];

  test('an older version is refused by number', async () => {
    expect(await refusal(root('7.17.9'))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/7\.17\.9.*needs 8 or 9/),
    });
  });

  test('wrong credentials are told at once, without the password', async () => {
    const error = { type: 'security_exception', reason: 'unable to authenticate user [elastic]' };
    const thrown = await refusal(() => [401, { error }], { readyWithinMs: 60_000 });
    expect(thrown).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('unable to authenticate'),
    });
    expect(thrown?.message).not.toContain('secret');
  });

  test('a cluster that stays red is waited for, then named', async () => {
    const red = (path: string) =>
      (path.startsWith('/_cluster') ? [200, { status: 'red' }] : root('9.1.0')(path)) as [number, object];
    expect(await refusal(red)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('red'),
    });
  });

  test('an address without a server is named', async () => {
    const options = { node: 'http://user:secret@127.0.0.1:1', readyWithinMs: 50 };
    const opening = elasticsearchDocuments(options);
    await expect(opening).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/127\.0\.0\.1:1 was not ready within 0\.05 s/),
    });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  test('an address or a file of certificates that cannot be used is refused', async () => {
    for (const options of [{ node: 'localhost:9200' }, { node: [] }, { node: 'http://a', caFile: '/none' }]) {
      await expect(elasticsearchDocuments(options)).rejects.toMatchObject({ code: 'config-invalid' });
    }
  });
});

type Respond = (status: number, body: object) => void;

async function listening(answer: (request: IncomingMessage, respond: Respond) => void): Promise<Server> {
  const server = createServer((request, response) =>
    answer(request, (status, body) => {
      response.writeHead(status, {
        'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
        'x-elastic-product': 'Elasticsearch',
      });
      response.end(JSON.stringify(body));
    }),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

type Meddle = (path: string, body: string) => 'busy-first' | undefined;

/** Hands requests on to a real server; on `busy-first` it leaves out the first item and answers 429 for it. */
async function proxyTo(node: string, meddle: Meddle = () => undefined) {
  const onward = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? '/';
    const busy = meddle(path, body) === 'busy-first';
    const sent = busy ? body.split('\n').slice(2).join('\n') : body;
    const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers;
    const answer = await fetch(new URL(path, node), {
      method: request.method ?? 'GET',
      headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
      ...(sent !== '' && { body: sent }),
    });
    let text = await answer.text();
    if (busy) {
      const { items, ...rest } = JSON.parse(text) as { items: object[] };
      const full = { type: 'es_rejected_execution_exception', reason: 'the queue is full' };
      text = JSON.stringify({ ...rest, items: [{ create: { status: 429, error: full } }, ...items] });
    }
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      'x-elastic-product': answer.headers.get('x-elastic-product') ?? '',
    });
    response.end(text);
  });
  let port = 0;
  const listen = async () => {
    await new Promise<void>((done) => onward.listen(port, '127.0.0.1', done));
    port = (onward.address() as AddressInfo).port;
  };
  await listen();
  return { address: `http://127.0.0.1:${port}`, listen, close: () => closed(onward) };
}
