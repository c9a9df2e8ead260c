import { fakeClock } from '../telemetry/clock.ts';
import { withServer } from '../with-server.ts';
import { documentsContract } from './documents.contract.ts';
import { elasticsearchDocuments } from './elasticsearch.ts';
import { SLOW, SMALL, testCluster } from './elasticsearch-cluster.ts';
import { embeddedDocuments } from './embedded.ts';

const DAY = 86_400;
const NOW = Date.UTC(2026, 2, 1) / 1000; // midnight

withServer('TEST_ELASTICSEARCH', 'Elasticsearch documents', (node) => {
  const { newPrefix, open, indicesOf } = testCluster(node);

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
    'alerts expire by what was put last',
    async () => {
      const documents = await open();
      for (const [id, updated_at] of Object.entries({ a: 1, b: 2, c: 3 })) {
        await documents.put('logster-alerts', id, { updated_at }, updated_at);
      }
      await documents.put('logster-alerts', 'a', { updated_at: 9 }, 9);
      expect(await documents.expire('logster-alerts', 'updated_at', 3)).toBe(1);
      expect((await documents.search('logster-alerts', { limit: 9 })).total).toBe(2);
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
      const embedded = embeddedDocuments({ file: ':memory:' });
      const both = [await open(), embedded];
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
});
