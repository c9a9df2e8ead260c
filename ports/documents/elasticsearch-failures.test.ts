import { fakeClock } from '../telemetry/clock.ts';
import { withServer } from '../with-server.ts';
import { SLOW, testCluster } from './elasticsearch-cluster.ts';
import { proxyTo } from './elasticsearch-proxy.ts';

const NOW = Date.UTC(2026, 2, 1) / 1000;

withServer('TEST_ELASTICSEARCH', 'Elasticsearch documents, when something fails', (node) => {
  const { admin, newPrefix, open } = testCluster(node);

  test(
    'what is written while a day is dropped is kept',
    async () => {
      const prefix = newPrefix();
      const clock = fakeClock(NOW);
      const event = (id: string, ingested_at: number) => ({ id, body: { timestamp: NOW, ingested_at } });
      const writer = await open({ prefix });
      let before = true;
      let during: Promise<unknown> = Promise.resolve();
      const proxy = await proxyTo(node, async (path, _body, method) => {
        if (path.includes('/_block/') && before) await writer.create('logster-events', [event('before', 9)]);
        if (method !== 'DELETE' || path.startsWith('/_pit')) return undefined;
        during = writer.create('logster-events', [event('during', 9)]);
        await new Promise((resume) => setTimeout(resume, 500)); // so that it meets the block
        return undefined;
      });
      const documents = await open({ prefix, clock, node: proxy.address });
      const old = Array.from({ length: 50 }, (_, n) => event(`o${n}`, 1));
      const names = async () =>
        (await documents.search('logster-events', { limit: 99 })).documents.map((one) => one.ingested_at);

      await writer.create('logster-events', old);
      expect(await documents.expire('logster-events', 'ingested_at', 5)).toBe(50); // one by one
      expect(await names()).toEqual([9]);

      before = false;
      expect(await documents.expire('logster-events', 'ingested_at', 10)).toBe(1); // as a whole
      expect(await during).toEqual({ created: 1, existed: 0 });
      expect(await documents.get('logster-events', 'during')).toEqual(event('during', 9).body);
      expect(await names()).toEqual([9]);
      await proxy.close();
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
      const documents = await open({ prefix });
      await admin().indices.create({
        index: `${prefix}logster-events-other`, // as if an operator had made it
        settings: { number_of_replicas: 0 },
        mappings: { properties: { timestamp: { type: 'ip' } } },
      });
      const events = [{}, { timestamp: 5 }, { platform: 'linux' }, { timestamp: 6 }];
      const creating = documents.create(
        'logster-events',
        events.map((body, n) => ({ id: `e${n}`, body })),
      );
      await expect(creating).rejects.toMatchObject({
        code: 'input-invalid',
        message: expect.stringMatching(/the document e1 of .*timestamp.* of type \[ip\].* and 1 more/),
      });
      const found = await documents.search('logster-events', { limit: 9 });
      expect(found.documents).toEqual([{}, { platform: 'linux' }]);
      await expect(open({ prefix })).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('timestamp'),
      });
    },
    SLOW,
  );

  test(
    'an id that the server could not hold is refused',
    async () => {
      const documents = await open();
      for (const id of ['', 'é'.repeat(257)]) {
        await expect(documents.create('logster-events', [{ id, body: {} }])).rejects.toMatchObject({
          code: 'input-invalid',
          message: expect.stringContaining('512'),
        });
      }
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
      await admin().indices.putIndexTemplate({
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
