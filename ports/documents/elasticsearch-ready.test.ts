import type { AddressInfo } from 'node:net';
import { elasticsearchDocuments } from './elasticsearch.ts';
import { closed, listening } from './elasticsearch-proxy.ts';

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

  test.each(['7.17.9', '10.0.0'])('version %s is refused by number', async (version) => {
    const thrown = await refusal(root(version));
    expect(thrown).toMatchObject({ code: 'config-invalid' });
    expect(thrown?.message).toContain(`is version ${version}; Logster needs 8 or 9`);
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
