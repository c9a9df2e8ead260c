import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Between, between, type Turn } from './between.ts';
import { mlflowRegistry } from './mlflow.ts';
import { MlflowClient } from './mlflow-client.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
const serverOf = async (decide: (arrivals: number) => Turn): Promise<Between> => {
  const server = await between({ decide: (_, seen) => decide(seen.length) });
  opened.push(server);
  return server;
};
const clientOf = (server: ConstructorParameters<typeof MlflowClient>[0]): MlflowClient => {
  const client = new MlflowClient({ random: () => 0, ...server });
  opened.push(client);
  return client;
};
const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const GET = { method: 'GET', path: 'mlflow/runs/get' } as const;
const FINE = { status: 200, body: {} };

describe('MLflow client', () => {
  test.each([429, 502, 503, 504])('a call that was answered %i is sent again', async (status) => {
    const server = await serverOf((arrivals) => (arrivals === 1 ? { status, body: 'busy' } : FINE));
    const counted: string[] = [];
    const metrics = { count: (name: string) => counted.push(name), gauge: () => {}, observe: () => {} };
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const client = clientOf({ url: server.url, telemetry: { log, metrics } });
    expect((await client.ask(GET)).ok).toBe(true);
    expect(server.seen).toHaveLength(2);
    expect(counted).toEqual(['mlflow_retries_total']);
  });

  test('a call whose connection broke is sent again, and no more than four times', async () => {
    const server = await serverOf(() => 'lose-answer');
    await expect(clientOf({ url: server.url }).ask(GET)).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.seen).toHaveLength(4);
  });

  test.each([
    { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'no' } },
    { status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'no' } },
    {
      status: 503,
      body: {
        detail: 'Artifact serving is disabled. Run `mlflow server` with `--serve-artifacts` to enable.',
      },
    },
  ])('a refusal that stays is not asked for again: $status', async (turn) => {
    const server = await serverOf(() => turn);
    expect(await clientOf({ url: server.url }).ask(GET)).toMatchObject({ ok: false, status: turn.status });
    expect(server.seen).toHaveLength(1);
  });

  test('a call that may arrive only once is sent once', async () => {
    const busy = await serverOf(() => ({ status: 503, body: 'busy' }));
    const call = { method: 'POST', path: 'mlflow/runs/create', body: {}, once: true } as const;
    expect(await clientOf({ url: busy.url }).ask(call)).toMatchObject({ ok: false, errorCode: 'HTTP 503' });
    expect(busy.seen).toHaveLength(1);
    const lost = await serverOf(() => 'lose-answer');
    await expect(clientOf({ url: lost.url }).ask(call)).rejects.toMatchObject({ code: 'unavailable' });
    expect(lost.seen).toHaveLength(1);
  });

  test('a call that is sent once does not go over a connection that the server may have closed', async () => {
    const used = new Set<unknown>();
    const server = createPlainServer((request, response) => {
      if (used.has(request.socket)) request.socket.destroy();
      else response.end('{}');
      used.add(request.socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => server.closeAllConnections() }, { close: () => server.close() });
    const client = clientOf({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    expect((await client.ask(GET)).ok).toBe(true);
    expect((await client.ask({ ...GET, once: true })).ok).toBe(true);
  });

  test('a server that never answers is given up after the timeout', async () => {
    const server = await serverOf(() => 'never');
    const asked = clientOf({ url: server.url, timeoutMs: 100 }).ask(GET);
    await expect(asked).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no answer within 100 ms'),
    });
    expect(server.seen).toHaveLength(1);
  });

  test('close() ends what is under way', async () => {
    const server = await serverOf(() => 'never');
    const client = clientOf({ url: server.url });
    const asked = thrownBy(client.ask(GET));
    while (server.seen.length === 0) await new Promise(setImmediate);
    client.close();
    expect(await asked).toMatchObject({ code: 'closed' });
  });

  test('credentials go into the header and nowhere else', async () => {
    const server = await serverOf(() => ({ status: 401, body: 'who are you?' }));
    const ways = [
      [{ token: 'my-secret' }, 'Bearer my-secret'],
      [
        { username: 'ann', password: 'my-secret' },
        `Basic ${Buffer.from('ann:my-secret').toString('base64')}`,
      ],
    ] as const;
    for (const [way, header] of ways) {
      const refused = await thrownBy(mlflowRegistry({ url: server.url, ...way }).versions('gat'));
      expect(server.seen.at(-1)?.authorization).toBe(header);
      expect(refused).toMatchObject({ code: 'config-invalid', message: expect.stringContaining('401') });
      const lost = await thrownBy(mlflowRegistry({ url: 'http://127.0.0.1:1', ...way }).versions('gat'));
      expect(lost).toMatchObject({ code: 'unavailable' });
      const told = inspect([refused, lost], { depth: 20, showHidden: true });
      expect(told).not.toContain('my-secret');
      expect(told).not.toContain(header);
    }
  });

  test('credentials do not follow to another address', async () => {
    const other = await serverOf(() => FINE);
    const headers = { location: other.url };
    const server = await serverOf(() => ({ status: 302, body: '', headers }));
    const registry = mlflowRegistry({ url: server.url, token: 'my-secret' });
    await expect(registry.versions('gat')).rejects.toMatchObject({ code: 'unavailable' });
    expect(other.seen).toEqual([]);
  });

  test('an address where nothing is, or something else, is named', async () => {
    const nothing = mlflowRegistry({ url: 'http://127.0.0.1:1' }).versions('gat');
    await expect(nothing).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching('http://127.0.0.1:1 .*ECONNREFUSED'),
    });
    const page = await serverOf(() => ({ status: 200, body: '<html>Welcome</html>' }));
    await expect(mlflowRegistry({ url: page.url }).versions('gat')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(page.url),
    });
    const lost = await serverOf(() => ({ status: 404, body: '<html>Not here</html>' }));
    await expect(mlflowRegistry({ url: lost.url }).versions('gat')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('HTTP 404: Not here'),
    });
  });

  test('a server that does not know its own address is told how to', async () => {
    const body = 'Invalid Host header - possible DNS rebinding attack detected';
    const server = await serverOf(() => ({ status: 403, body }));
    await expect(mlflowRegistry({ url: server.url }).versions('gat')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(`--allowed-hosts ${server.url.slice('http://'.length)}`),
    });
  });

  test('settings that cannot work are refused at once, without repeating a password', () => {
    const refused = expect.objectContaining({ code: 'config-invalid' });
    expect(() => mlflowRegistry({ url: 'mlflow:5000' })).toThrow(refused);
    expect(() => mlflowRegistry({ url: 'http://h', token: 'a', username: 'b' })).toThrow(refused);
    expect(() => mlflowRegistry({ url: 'http://h', caFile: '/nowhere.pem' })).toThrow(refused);
    expect(() => mlflowRegistry({ url: 'http://ann:my-secret@h' })).toThrow(refused);
    expect(() => mlflowRegistry({ url: 'http://ann:my-secret@h' })).toThrow(/^(?!.*my-secret)/);
  });
});

/** Makes a key and a certificate for 127.0.0.1 that signs itself; needs openssl's command. */
function certificate(folder: string): boolean {
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const whose = ['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  return spawnSync('openssl', [...how, ...files, ...whose]).status === 0;
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

(hasOpenssl ? describe : describe.skip)('MLflow client over TLS (needs openssl)', () => {
  test('a server is trusted by the certificate in caFile, and not without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'logster-tls-'));
    opened.push({ close: () => rmSync(folder, { recursive: true }) });
    expect(certificate(folder)).toBe(true);
    const [key, cert] = ['key.pem', 'cert.pem'].map((file) => readFileSync(join(folder, file)));
    const server = createServer({ key, cert }, (_, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => server.closeAllConnections() }, { close: () => server.close() });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const trusting = clientOf({ url, caFile: join(folder, 'cert.pem') });
    expect((await trusting.ask(GET)).ok).toBe(true);
    expect((await trusting.ask({ ...GET, once: true })).ok).toBe(true);
    await expect(clientOf({ url }).ask(GET)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('self-signed certificate'),
    });
  });
});
