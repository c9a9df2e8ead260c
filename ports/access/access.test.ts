import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import supertest from 'supertest';
import { fakeClock } from '../telemetry/clock.ts';
import { recordedTelemetry } from '../telemetry/embedded.ts';
import { type AccessSettings, access, callerOf } from './access.ts';
import { newApiKey, readKeys, writeKeys } from './api-keys.ts';
import { may, ROLES, tenantsOf } from './roles.ts';
import { isLoopback } from './same-site.ts';

const clock = fakeClock();
const telemetry = recordedTelemetry();
let directory: string;
const servers: Server[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'access-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await stop(server);
  await rm(directory, { recursive: true, force: true });
});

async function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener!);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A server that tells who asked. */
function guarded(settings: Partial<AccessSettings> = {}): Promise<string> {
  const guard = access({ settings: { host: '127.0.0.1', ...settings }, telemetry, clock });
  const app = express();
  app.use(guard.sameSite);
  app.get('/', guard.needs('read'), (_request, response) => void response.json(callerOf(response)));
  app.post('/', guard.needs('write'), (_request, response) => void response.json(callerOf(response)));
  return serve(app);
}

describe('roles', () => {
  test('only analysts and admins write; all read', () => {
    const caller = { name: 'kim', tenants: '*', authenticated: true } as const;
    expect(ROLES.filter((role) => may({ ...caller, role }, 'write'))).toEqual(['analyst', 'admin']);
    expect(ROLES.filter((role) => may({ ...caller, role }, 'read'))).toEqual(ROLES);
  });

  test('a query is held to the caller’s tenants, and to the one it names', () => {
    const caller = { name: 'kim', role: 'viewer', authenticated: true } as const;
    expect(tenantsOf({ ...caller, tenants: '*' })).toBeUndefined();
    expect(tenantsOf({ ...caller, tenants: '*' }, 'acme')).toEqual(['acme']);
    expect(tenantsOf({ ...caller, tenants: ['acme', 'globex'] })).toEqual(['acme', 'globex']);
    expect(tenantsOf({ ...caller, tenants: ['acme', 'globex'] }, 'globex')).toEqual(['globex']);
    expect(tenantsOf({ ...caller, tenants: ['acme'] }, 'globex')).toEqual([]);
  });
});

describe('access with nothing configured', () => {
  test.each(['0.0.0.0', '::', '192.168.1.7', 'logster.test', '127.0.0.1.test'])(
    'is refused on %s',
    (host) => {
      expect(() => access({ settings: { host }, telemetry, clock })).toThrow(
        expect.objectContaining({
          code: 'config-invalid',
          message: expect.stringContaining('auth.keys_file'),
        }),
      );
    },
  );

  test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1', '[::1]'])('is open on %s', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(access({ settings: { host }, telemetry, clock }).mode).toBe('open');
  });

  test('lets everybody of this machine in, and the log says so', async () => {
    const url = await guarded();
    const { body } = await supertest(url).post('/').expect(200);
    expect(body).toEqual({ name: 'anybody', role: 'admin', tenants: '*', authenticated: false });
    expect(telemetry.lines.at(-1)).toMatchObject({
      level: 'warn',
      sentence: expect.stringContaining('open to every user of this machine'),
    });
  });

  test.each([
    ['localhost', 200],
    ['localhost:9999', 200],
    ['127.0.0.1:5001', 200],
    ['[::1]:5001', 200],
    ['evil.test', 403],
    ['evil.test:8080', 403],
    ['localhost.evil.test', 403],
    ['127.0.0.1.evil.test', 403],
    ['evil.test@localhost', 403],
    ['', 403],
  ])('called as "%s" it answers %d (DNS rebinding)', async (host, status) => {
    const url = await guarded();
    const response = await supertest(url).get('/').set('Host', host);
    expect(response.status).toBe(status);
  });

  test('a page elsewhere can neither change nor read anything', async () => {
    const url = await guarded({ corsOrigins: ['*'] });
    for (const origin of ['https://evil.test', 'null', 'http://localhost:1', url.replace('http', 'https')]) {
      await supertest(url).post('/').set('Origin', origin).expect(403);
    }
    const read = await supertest(url).get('/').set('Origin', 'https://evil.test');
    expect(read.headers['access-control-allow-origin']).toBeUndefined();
    const asked = await supertest(url).options('/').set('Origin', 'https://evil.test').expect(204);
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('its own pages and listed ones may', async () => {
    const url = await guarded({ corsOrigins: ['https://console.test'] });
    await supertest(url).post('/').set('Origin', url).expect(200);
    const listed = await supertest(url).post('/').set('Origin', 'https://console.test').expect(200);
    expect(listed.headers['access-control-allow-origin']).toBe('https://console.test');
    const asked = await supertest(url).options('/').set('Origin', 'https://console.test').expect(204);
    expect(asked.headers['access-control-allow-headers']).toContain('If-Match');
  });
});

describe('API keys', () => {
  const owner = { name: 'kim', role: 'analyst', tenants: ['acme'], at: 1 } as const;

  test('are 256 random bits, kept as a hash in a file that only its owner reads', async () => {
    const file = join(directory, 'below', 'keys.json');
    const { secret, key } = newApiKey(owner);
    expect(secret).toMatch(/^lgs_[\w-]{43}$/);
    expect(newApiKey(owner).secret).not.toBe(secret);
    expect(JSON.stringify(key)).not.toContain(secret.slice(4));
    await writeKeys(file, [key]);
    expect(await readKeys(file)).toEqual([key]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readKeys(join(directory, 'none.json'))).toEqual([]);
  });

  test.each([[{ ...owner, name: '' }], [{ ...owner, tenants: [] }], [{ ...owner, tenants: ['A:B'] }]])(
    'are not made for %j',
    (wrong) => {
      expect(() => newApiKey(wrong)).toThrow(expect.objectContaining({ code: 'input-invalid' }));
    },
  );

  test('let their owner in; others, damaged and missing ones do not', async () => {
    const keysFile = join(directory, 'keys.json');
    const { secret, key } = newApiKey(owner);
    await writeKeys(keysFile, [key]);
    const url = await guarded({ keysFile, host: '0.0.0.0' });
    const ask = (authorization: string) => supertest(url).get('/').set('Authorization', authorization);
    const { body } = await ask(`Bearer ${secret}`).expect(200);
    expect(body).toEqual({ name: 'kim', role: 'analyst', tenants: ['acme'], authenticated: true });
    await ask(`bearer  ${secret}`).expect(200);
    const others = [
      newApiKey(owner).secret,
      `${secret}A`,
      secret.slice(0, -1),
      key.sha256,
      `lgs_${key.sha256}`,
    ];
    for (const other of others) await ask(`Bearer ${other}`).expect(401);
    for (const wrong of [secret, `Basic ${secret}`, 'Bearer', `Bearer ${secret} x`])
      await ask(wrong).expect(401);
    await supertest(url).get('/').expect(401).expect('WWW-Authenticate', 'Bearer realm="logster"');
  });

  test('added and removed ones count at once', async () => {
    const keysFile = join(directory, 'keys.json');
    const url = await guarded({ keysFile });
    const { secret, key } = newApiKey(owner);
    const ask = () => supertest(url).get('/').set('Authorization', `Bearer ${secret}`);
    await ask().expect(401);
    await writeKeys(keysFile, [key]);
    await ask().expect(200);
    await writeKeys(keysFile, []);
    await ask().expect(401);
  });

  test('a damaged file lets nobody in, says 503, and the log says why', async () => {
    const keysFile = join(directory, 'keys.json');
    await writeFile(keysFile, '{"keys": [{"name": "kim"}]}');
    const url = await guarded({ keysFile });
    const { body } = await supertest(url).get('/').set('Authorization', 'Bearer lgs_x').expect(503);
    expect(JSON.stringify(body)).not.toContain(directory);
    expect(telemetry.lines.at(-1)?.fields.reason).toContain('keys.json');
  });

  test('another site’s page may call with one from a listed origin, or from any with *', async () => {
    const keysFile = join(directory, 'keys.json');
    const { secret, key } = newApiKey(owner);
    await writeKeys(keysFile, [key]);
    const url = await guarded({ keysFile, corsOrigins: ['*'] });
    const called = await supertest(url)
      .post('/')
      .set('Origin', 'https://x.test')
      .set('Authorization', `Bearer ${secret}`);
    expect([called.status, called.headers['access-control-allow-origin']]).toEqual([200, 'https://x.test']);
    const strict = await guarded({ keysFile });
    const asked = await supertest(strict).options('/').set('Origin', 'https://x.test').expect(204);
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('OpenID Connect tokens', () => {
  const CLAIMS = { preferred_username: 'kim', logster_role: 'viewer', logster_tenants: ['acme'] };

  async function issuerOf() {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    let up = true;
    const issuer: string = await serve((request, response) => {
      if (!up) response.writeHead(500).end();
      else if (request.url === '/keys') response.end(JSON.stringify({ keys: [jwk] }));
      else if (request.url === '/.well-known/openid-configuration') {
        response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
      } else response.writeHead(404).end();
    });
    const token = (
      claims: object = {},
      more: { audience?: string; issuer?: string; inSeconds?: number } = {},
    ) =>
      new SignJWT({ ...CLAIMS, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setSubject('user-1')
        .setIssuer(more.issuer ?? issuer)
        .setAudience(more.audience ?? 'logster')
        .setIssuedAt(clock.now())
        .setExpirationTime(Math.floor(clock.now()) + (more.inSeconds ?? 600))
        .sign(privateKey);
    return { issuer, token, turn: (on: boolean) => (up = on) };
  }
  const settings = (issuer: string) => ({ oidcIssuer: issuer, oidcAudience: 'logster' });

  test('of the issuer let their bearer in, with the role and tenants they claim', async () => {
    const { issuer, token } = await issuerOf();
    const url = await guarded(settings(issuer));
    const ask = async (jwt: string) => supertest(url).get('/').set('Authorization', `Bearer ${jwt}`);
    const { status, body } = await ask(await token());
    expect([status, body]).toEqual([
      200,
      { name: 'kim', role: 'viewer', tenants: ['acme'], authenticated: true },
    ]);
    const denied = await supertest(url)
      .post('/')
      .set('Authorization', `Bearer ${await token()}`);
    expect([denied.status, denied.body.detail]).toEqual([403, 'The role viewer may not write here']);
  });

  test('of another issuer, for another audience, expired, unsigned, altered or without claims do not', async () => {
    const { issuer, token } = await issuerOf();
    const stranger = await issuerOf();
    const url = await guarded(settings(issuer));
    const good = await token();
    const [head, payload, signature] = good.split('.') as [string, string, string];
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const wrong = [
      await stranger.token({}, { issuer }),
      await token({}, { issuer: 'https://other.test' }),
      await token({}, { audience: 'other' }),
      await token({}, { inSeconds: -60 }),
      await token({ logster_role: 'root' }),
      await token({ logster_role: undefined }),
      await token({ logster_tenants: [] }),
      await token({ logster_tenants: undefined }),
      [part({ alg: 'none' }), payload, ''].join('.'),
      [head, part({ ...claims, logster_role: 'admin' }), signature].join('.'),
      `${good.slice(0, -8)}AAAAAAAA`,
      'a.b.c',
      'abc',
    ];
    for (const jwt of wrong) {
      const { status } = await supertest(url).get('/').set('Authorization', `Bearer ${jwt}`);
      expect([jwt, status]).toEqual([jwt, 401]);
    }
    await supertest(url).get('/').set('Authorization', `Bearer ${good}`).expect(200);
  });

  test('cannot be checked while the issuer is down: 503, and again once it is back', async () => {
    const { issuer, token, turn } = await issuerOf();
    const url = await guarded(settings(issuer));
    const jwt = await token();
    turn(false);
    await supertest(url).get('/').set('Authorization', `Bearer ${jwt}`).expect(503);
    turn(true);
    await supertest(url).get('/').set('Authorization', `Bearer ${jwt}`).expect(200);
  });

  test('work beside keys', async () => {
    const { issuer, token } = await issuerOf();
    const keysFile = join(directory, 'keys.json');
    const { secret, key } = newApiKey({ name: 'tool', role: 'admin', tenants: '*', at: 1 });
    await writeKeys(keysFile, [key]);
    const url = await guarded({ keysFile, ...settings(issuer) });
    for (const bearer of [secret, await token()]) {
      await supertest(url).get('/').set('Authorization', `Bearer ${bearer}`).expect(200);
    }
  });

  test('an issuer without an audience, or whose keys come in the clear, is refused', () => {
    const make = (more: Partial<AccessSettings>) => () =>
      access({ settings: { host: '127.0.0.1', ...more }, telemetry, clock });
    expect(make({ oidcIssuer: 'https://id.test' })).toThrow('auth.oidc_audience');
    expect(make({ oidcIssuer: 'http://id.test', oidcAudience: 'logster' })).toThrow('https://');
    expect(make({ oidcIssuer: 'https://id.test', oidcAudience: 'logster', host: '0.0.0.0' })).not.toThrow();
  });
});
