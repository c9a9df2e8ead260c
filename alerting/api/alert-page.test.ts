import { type Alert, alertSchema } from '../../contracts/alert.ts';
import { alertOf } from '../../ports/alerts/sample.ts';
import { tryFreshApi } from './try-api.contract.ts';

let server: Awaited<ReturnType<typeof tryFreshApi>>;
beforeEach(async () => {
  server = await tryFreshApi();
});
afterEach(() => server.close());

describe('GET /alerts', () => {
  const list = async (query: string): Promise<string[]> => {
    const { body } = await server.get(`/alerts?${query}`).expect(200);
    expect(body.total).toBe(body.alerts.length);
    return body.alerts.map((alert: Alert) => alert.hostname.replace('.local', ''));
  };

  beforeEach(() =>
    server.save(
      alertOf('a', { last_seen: 100, attack_prob: 0.8, severity: 'MEDIUM', status: 'resolved' }),
      alertOf('b', { last_seen: 300, endpoint_id: 'h2', platform: 'linux', summary: 'bash 100% odd' }),
      alertOf('c', { last_seen: 200, tenant_id: 'globex', ttp_techniques: ['T1059.001'], attack_prob: 0.99 }),
    ),
  );

  test('answers the newest first, with its paging', async () => {
    const { body } = await server.get('/alerts').expect(200);
    expect(body).toMatchObject({ total: 3, limit: 100, offset: 0, next_cursor: null });
    expect(body.alerts.map((alert: Alert) => alert.last_seen)).toEqual([300, 200, 100]);
    for (const alert of body.alerts) expect(alertSchema.safeParse(alert).success).toBe(true);
  });

  test.each([
    ['tenant_id=globex', ['c']],
    ['tenant_id=GLOBEX', ['c']],
    ['tenant_id=nobody', []],
    ['status=resolved', ['a']],
    ['severity=medium', ['a']],
    ['severity=HIGH', ['b', 'c']],
    ['platform=linux', ['b']],
    ['endpoint_id=h2', ['b']],
    ['since=200', ['b', 'c']],
    ['until=200', ['a']],
    ['technique=T1059.001', ['c']],
    ['q=100%25', ['b']],
    ['q=A.LOCAL', ['a']],
    ['sort=attack_prob', ['c', 'b', 'a']],
  ])('?%s finds %j', async (query, found) => {
    expect(await list(query)).toEqual(found);
  });

  test('total counts all matches of the filters, whatever the page', async () => {
    const { body } = await server.get('/alerts?limit=1&offset=1&severity=high').expect(200);
    expect([body.total, body.alerts.length, body.limit, body.offset]).toEqual([2, 1, 1, 1]);
  });

  test.each([
    'status=closed',
    'status=OPEN',
    'status=open&status=resolved',
    'severity=urgent',
    'platform=macos',
    'limit=0',
    'limit=1001',
    'limit=ten',
    'limit=1e2',
    'limit=',
    'limit=-1',
    'offset=-1',
    'offset=1.5',
    'since=yesterday',
    'technique=PowerShell',
    'q=',
    'sort=severity',
    'tenant_id=a:b',
    'tenant_id=',
    'cursor=nonsense',
    'cursor=WzEsMl0&offset=0',
    'unknown=1',
    '__proto__=1',
  ])('?%s is answered 400 with what is wrong', async (query) => {
    const { status, type, body } = await server.get(`/alerts?${query}`);
    expect([status, type]).toEqual([400, 'application/problem+json']);
    expect(body.detail).toMatch(/\w/);
    expect(body).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
  });

  test('a cursor loses and doubles nothing while alerts arrive', async () => {
    await server.save(...Array.from({ length: 7 }, (_, place) => alertOf(`t${place}`, { last_seen: 200 })));
    const { body: expected } = await server.get('/alerts').expect(200);
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 10; page += 1) {
      const { body } = await server.get(`/alerts?limit=2${cursor}`).expect(200);
      seen.push(...body.alerts.map((alert: Alert) => alert.alert_id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
      await server.save(alertOf(`new${page}`, { last_seen: 1000 + page }));
    }
    expect(seen).toEqual(expected.alerts.map((alert: Alert) => alert.alert_id));
    await server.get(`/alerts?sort=attack_prob${cursor}`).expect(400);
    await server.get(`/alerts?offset=1${cursor}`).expect(400);
  });
});
