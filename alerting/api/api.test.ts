import { alertOf } from '../../ports/alerts/sample.ts';
import { eventOf, resultOf } from '../sample.ts';
import { takeHit } from '../take-hit.ts';
import { START, tryApi, tryFreshApi } from './try-api.contract.ts';

let server: Awaited<ReturnType<typeof tryFreshApi>>;
beforeEach(async () => {
  server = await tryFreshApi();
});
afterEach(() => server.close());

const SETTINGS = { minThreshold: 0.7, dedupWindowSeconds: 300, correlationWindowSeconds: 60 };

describe('GET /health', () => {
  test('has exactly the four documented fields', async () => {
    await server.save(alertOf('a', {}));
    await server.clock.advance(91_400);
    const { status, body } = await server.get('/health');
    expect([status, body]).toEqual([
      200,
      { status: 'ok', service: 'logster-api', uptime_seconds: 91.4, alerts_count: 1 },
    ]);
  });

  test('is degraded with 503 and the failed check when a store does not answer', async () => {
    await server.documents.close();
    const { status, body } = await server.get('/health');
    expect([status, body.status, body.checks.alerts]).toEqual([503, 'degraded', 'ok']);
    expect(body.checks.documents).toContain('closed');
    expect(await server.stage.health()).toMatchObject({ ready: false });
  });
});

test('what is not there is answered 404 as a problem', async () => {
  const { type, body } = await server.get('/nothing').expect(404);
  expect([type, body.detail]).toEqual([
    'application/problem+json',
    'There is no GET /nothing; /docs lists what there is',
  ]);
});

test('what fails unexpectedly is answered 500 without saying what, and logged', async () => {
  await server.alerts.close();
  const { body } = await server.get('/alerts').expect(500);
  expect(JSON.stringify(body)).not.toContain(server.directory);
  expect(server.telemetry.lines.at(-1)).toMatchObject({ level: 'error', sentence: 'A request failed' });
});

test('a port that is taken is told with the way out', async () => {
  const port = Number(new URL(server.url).port);
  await expect(tryApi(server.stores, { port })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Set api.port to a free one'),
  });
});

test('the worked example: 0.91 is HIGH, and a confirmation resolves it', async () => {
  const hit = resultOf({ tenant_id: 'default', endpoint_id: 'desktop-1nnimrr', hostname: 'DESKTOP-1NNIMRR' });
  await takeHit(server.alerts, hit, { settings: SETTINGS, at: START });
  const { alerts: found } = (await server.get('/alerts?tenant_id=default').expect(200)).body;
  expect(found).toMatchObject([{ severity: 'HIGH', status: 'open', attack_prob: 0.91 }]);
  const verdict = { alert_id: found[0].alert_id, is_true_positive: true, notes: 'confirmed', analyst: 'kim' };
  expect((await server.feedback(verdict).expect(201)).body.alert.status).toBe('resolved');
});

test('GET /endpoints tells what is known of each, from results, events and alerts', async () => {
  const results = [
    resultOf({ window_end: START - 60, attack_prob: 0.91 }),
    resultOf({ window_end: START - 30, attack_prob: 0.2, prediction: 'benign' }),
    resultOf({ window_end: START - 30, endpoint_id: 'h1', tenant_id: 'globex', platform: 'linux' }),
  ];
  await server.documents.create(
    'logster-inferences',
    results.map((one) => ({ id: one.inference_id, body: { ...one } })),
  );
  const events = [
    eventOf('old', START - 7200, ''),
    eventOf('new', START - 100, ''),
    eventOf('now', START - 1, ''),
  ];
  await server.documents.create(
    'logster-events',
    events.map((one) => ({ id: one.event_id, body: { ...one } })),
  );
  await server.save(
    alertOf('a', {}),
    alertOf('b', { status: 'resolved' }),
    alertOf('c', { endpoint_id: 'h0' }),
  );
  const { body } = await server.get('/endpoints').expect(200);
  expect(body).toMatchObject({ total: 3, limit: 100, offset: 0 });
  expect(body.endpoints).toEqual([
    {
      ...{ tenant_id: 'acme', endpoint_id: 'h0', hostname: 'c.local', platforms: ['windows'] },
      ...{ first_seen: 100, last_seen: 100, open_alerts: 1, total_alerts: 1 },
      ...{ max_attack_prob: 0.9, last_prediction: null, events_last_hour: 0 },
    },
    {
      ...{ tenant_id: 'acme', endpoint_id: 'h1', hostname: 'H1', platforms: ['windows'] },
      ...{ first_seen: START - 240, last_seen: START - 30, open_alerts: 1, total_alerts: 2 },
      ...{ max_attack_prob: 0.91, last_prediction: 'benign', events_last_hour: 2 },
    },
    {
      ...{ tenant_id: 'globex', endpoint_id: 'h1', hostname: 'H1', platforms: ['linux'] },
      ...{ first_seen: START - 210, last_seen: START - 30, open_alerts: 0, total_alerts: 0 },
      ...{ max_attack_prob: 0.91, last_prediction: 'attack', events_last_hour: 0 },
    },
  ]);
  const page = (await server.get('/endpoints?limit=1&offset=2').expect(200)).body;
  expect([page.total, page.endpoints.length, page.endpoints[0].tenant_id]).toEqual([3, 1, 'globex']);
  await server.get('/endpoints?limit=0').expect(400);
  await server.get('/endpoints?sort=name').expect(400);
});
