import { join } from 'node:path';
import fc from 'fast-check';
import supertest from 'supertest';
import { newApiKey, writeKeys } from '../../ports/access/api-keys.ts';
import type { Role } from '../../ports/access/roles.ts';
import { alertOf } from '../../ports/alerts/sample.ts';
import { resultOf } from '../sample.ts';
import { NOBODY, START, tryApi, tryFreshApi } from './try-api.contract.ts';

let server: Awaited<ReturnType<typeof tryFreshApi>>;
beforeEach(async () => {
  server = await tryFreshApi();
});
afterEach(() => server.close());

describe('with keys', () => {
  let secured: Awaited<ReturnType<typeof tryApi>>;
  const secrets = new Map<string, string>();
  const owners: readonly [string, Role, readonly string[] | '*'][] = [
    ['viewer', 'viewer', ['acme']],
    ['analyst', 'analyst', ['acme']],
    ['scientist', 'data-scientist', '*'],
    ['admin', 'admin', '*'],
  ];

  beforeEach(async () => {
    const keysFile = join(server.directory, 'keys.json');
    const made = owners.map(([name, role, tenants]) => newApiKey({ name, role, tenants, at: START }));
    for (const { secret, key } of made) secrets.set(key.name, secret);
    await writeKeys(
      keysFile,
      made.map(({ key }) => key),
    );
    secured = await tryApi(server.stores, { keysFile, host: '0.0.0.0' });
    await server.save(alertOf('mine', {}), alertOf('theirs', { tenant_id: 'globex' }));
  });
  afterEach(() => secured.stage.close());

  const as = (name: string) =>
    supertest.agent(secured.url).set('Authorization', `Bearer ${secrets.get(name)}`);
  const anonymous = () => supertest(secured.url);

  test.each([
    ['get', '/alerts'],
    ['get', `/alerts/${NOBODY}`],
    ['get', `/alerts/${NOBODY}/audit`],
    ['patch', `/alerts/${NOBODY}`],
    ['post', '/feedback'],
    ['post', '/feedback/bulk'],
    ['get', '/feedback'],
    ['get', '/feedback/queue'],
    ['get', '/endpoints'],
    ['get', '/openapi.json'],
    ['get', '/docs'],
    ['get', '/docs/docs.js'],
  ] as const)('%s %s needs one', async (method, path) => {
    const response = await anonymous()[method](path).expect(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="logster"');
    const wrong = await anonymous()
      [method](path)
      .set('Authorization', `Bearer lgs_${'A'.repeat(43)}`);
    expect(wrong.status).toBe(401);
  });

  test('/health tells a stranger its status alone', async () => {
    expect((await anonymous().get('/health').expect(200)).body).toEqual({
      status: 'ok',
      service: 'logster-api',
    });
    expect((await as('viewer').get('/health').expect(200)).body.alerts_count).toBe(1);
    expect((await as('admin').get('/health').expect(200)).body.alerts_count).toBe(2);
  });

  test('a viewer and a data scientist read, an analyst and an admin also write', async () => {
    const { alert_id } = alertOf('mine', {});
    for (const [name] of owners) {
      const writes = name === 'analyst' || name === 'admin';
      await as(name).get(`/alerts/${alert_id}`).expect(200);
      await as(name)
        .patch(`/alerts/${alert_id}`)
        .send({ notes: name })
        .expect(writes ? 200 : 403);
      await as(name)
        .post('/feedback')
        .send({ alert_id, is_true_positive: true })
        .expect(writes ? 201 : 403);
    }
  });

  test('who changed something is who held the key, whatever the body says', async () => {
    const { alert_id } = alertOf('mine', {});
    await as('analyst').patch(`/alerts/${alert_id}`).send({ notes: 'x', author: 'somebody' }).expect(200);
    await as('analyst')
      .post('/feedback')
      .send({ alert_id, is_true_positive: true, analyst: 'somebody' })
      .expect(201);
    expect((await server.alerts.audit(alert_id)).map(({ by }) => by)).toEqual([
      'logster',
      'analyst',
      'analyst',
    ]);
    expect((await server.alerts.feedback(0, 10))[0]?.analyst).toBe('analyst');
  });

  test('another tenant’s alert is as absent as one that does not exist', async () => {
    const { alert_id } = alertOf('theirs', {});
    const { body } = await as('analyst').get(`/alerts/${alert_id}`).expect(404);
    expect(body.detail).toBe(`There is no alert ${alert_id}`);
    await as('analyst').get(`/alerts/${alert_id}/audit`).expect(404);
    await as('analyst').patch(`/alerts/${alert_id}`).send({ notes: 'x' }).expect(404);
    await as('analyst').post('/feedback').send({ alert_id, is_true_positive: true }).expect(404);
    expect(await server.alerts.audit(alert_id)).toHaveLength(1);
    await as('admin').get(`/alerts/${alert_id}`).expect(200);
  });

  test('whatever is asked, only the caller’s tenants answer', async () => {
    const tenants = ['acme', 'globex', 'initech'];
    const given = tenants.flatMap((tenant_id, place) =>
      Array.from({ length: 5 }, (_, n) =>
        alertOf(`${tenant_id}${n}`, { tenant_id, last_seen: n * 10 + place, endpoint_id: `h${n % 2}` }),
      ),
    );
    await server.save(...given);
    for (const alert of given) {
      const body = { alert_id: alert.alert_id, is_true_positive: true };
      await as('admin').post('/feedback').send(body).expect(201);
    }
    const results = tenants.map((tenant_id) => resultOf({ tenant_id }));
    await server.documents.create(
      'logster-inferences',
      results.map((one) => ({ id: one.inference_id, body: { ...one } })),
    );
    const query = fc.record(
      {
        tenant_id: fc.constantFrom(...tenants, 'other'),
        status: fc.constantFrom('open', 'resolved'),
        endpoint_id: fc.constantFrom('h0', 'h1'),
        q: fc.constantFrom('local', 'globex'),
        sort: fc.constantFrom('last_seen', 'attack_prob'),
        limit: fc.integer({ min: 1, max: 5 }).map(String),
        offset: fc.integer({ min: 0, max: 3 }).map(String),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        const { body } = await as('viewer').get('/alerts').query(asked).expect(200);
        for (const alert of body.alerts) expect(alert.tenant_id).toBe('acme');
        if (asked.tenant_id !== undefined && asked.tenant_id !== 'acme') expect(body.total).toBe(0);
        if (body.next_cursor === null || (asked.offset ?? '0') !== '0') return;
        const next = await as('viewer')
          .get('/alerts')
          .query({ ...asked, cursor: body.next_cursor })
          .expect(200);
        for (const alert of next.body.alerts) expect(alert.tenant_id).toBe('acme');
      }),
      { numRuns: 60 },
    );
    for (const tenant_id of [undefined, ...tenants]) {
      const scope = tenant_id === undefined ? {} : { tenant_id };
      const { endpoints } = (await as('viewer').get('/endpoints').query(scope).expect(200)).body;
      const { feedback: seen } = (
        await as('viewer')
          .get('/feedback')
          .query({ ...scope, limit: 3 })
      ).body;
      for (const one of [...endpoints, ...seen]) expect(one.tenant_id).toBe('acme');
      const own = tenant_id === undefined || tenant_id === 'acme';
      expect([endpoints.length > 0, seen.length]).toEqual([own, own ? 3 : 0]);
    }
  });
});
