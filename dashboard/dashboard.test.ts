import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { newApiKey, writeKeys } from '../ports/access/api-keys.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { type DashboardSettings, dashboard, dashboardApp } from './dashboard.ts';
import { sampleAttack, storeSample } from './sample-attack.ts';

const NOW = 1_700_000_010;
const sample = sampleAttack(NOW);
const alertId = sample.alerts[0]!.alert_id;
const asked: { method: string; url: string; key: string; body: string }[] = [];

let directory: string;
let documents: Documents;
let alerts: AlertStore;
let api: Server;
let apiUrl: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logster-dashboard-'));
  mkdirSync(join(directory, 'page', 'assets'), { recursive: true });
  writeFileSync(join(directory, 'page', 'index.html'), '<!doctype html><title>Logster</title>');
  writeFileSync(join(directory, 'page', 'assets', 'index-1.js'), '1');
  documents = embeddedDocuments({ file: join(directory, 'documents.db') });
  alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
  await storeSample(sample, { documents, alerts });
  api = createServer(async (incoming, response) => {
    let body = '';
    for await (const part of incoming) body += String(part);
    const { method = '', url = '', headers } = incoming;
    asked.push({ method, url, key: headers.authorization ?? '', body });
    response.writeHead(409, { 'content-type': 'application/problem+json' });
    response.end('{"status":409,"detail":"Judged already"}');
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => api.close(resolve));
  await documents.close();
  await alerts.close();
  rmSync(directory, { recursive: true });
});

function needs(differing: Partial<DashboardSettings> = {}, page = 'page') {
  return {
    ...{ documents, alerts, telemetry: recordedTelemetry(), clock: fakeClock(NOW) },
    settings: { host: '127.0.0.1', port: 0, apiUrl, ...differing },
    pageDirectory: join(directory, page),
  };
}
const ask = (path: string) => request(dashboardApp(needs())).get(path).set('Host', 'localhost:5001');

test('the summary answers for the last 30 minutes unless asked otherwise', async () => {
  const { body } = await ask('/api/summary').expect(200);
  expect(body).toMatchObject({ total_attacks: 7, hosts: 9, max_attack_probability: 0.91 });
  const day = await ask('/api/summary?from=1999-01-01&to=1999-01-02').expect(200);
  expect(day.body.total_inferences).toBe(0);
});

test.each([
  '/api/summary?from=yesterday',
  '/api/summary?from=now-1m&to=now-2m',
  '/api/summary?hostname=a%20b',
  '/api/summary?hostname=a&hostname=b',
  '/api/summary?frm=now-1h',
  '/api/timeline?tenant_id=..%2F',
  '/api/hosts?sort=colour',
  '/api/hosts?limit=0',
  '/api/recent?limit=100000',
  '/api/alerts?status=closed',
  '/api/alerts?technique=1059',
  '/api/inferences/x?from=0',
])('%s is answered with 400 and what is wrong', async (path) => {
  const { body, headers } = await ask(path).expect(400);
  expect(headers['content-type']).toContain('application/problem+json');
  expect(body.detail.length).toBeGreaterThan(10);
});

test('a host name is matched whatever its case', async () => {
  const { body } = await ask('/api/recent?hostname=DESKTOP-1NNIMRR').expect(200);
  expect(body.total).toBe(6);
});

test('what is not there is answered with 404', async () => {
  for (const path of ['/api/inferences/none', '/api/alerts/none', '/api/none', '/none'])
    await ask(path).expect(404);
});

test('each view answers', async () => {
  const paths = ['hosts', 'timeline', 'techniques', 'recent', 'alerts', `alerts/${alertId}`, 'session'];
  for (const path of [...paths, `inferences/${sample.attack.inference_id}`]) {
    const { headers } = await ask(`/api/${path}`).expect(200);
    expect(headers['cache-control']).toBe('no-store');
  }
});

test('the page allows scripts and styles of its own files only', async () => {
  const { headers } = await ask('/').expect(200);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(headers['cache-control']).toBe('no-cache');
  expect((await ask('/assets/index-1.js').expect(200)).headers['cache-control']).toContain('immutable');
});

test('a page that was not built is said to be missing', async () => {
  const { body } = await request(dashboardApp(needs({}, 'nothing')))
    .get('/')
    .set('Host', 'localhost')
    .expect(503);
  expect(body.detail).toContain('npm run build');
});

test('other sites are refused while access is open', async () => {
  await request(dashboardApp(needs())).get('/api/summary').set('Host', 'rebound.example').expect(403);
  await request(dashboardApp(needs()))
    .post('/api/feedback')
    .set({ Host: 'localhost:5001', Origin: 'https://evil.example' })
    .send({ alert_id: alertId })
    .expect(403);
  expect(asked).toEqual([]);
});

test('a verdict goes on to the API with the caller’s key, and its answer comes back', async () => {
  const app = dashboardApp(needs());
  const sent = await request(app)
    .post('/api/feedback')
    .set({ Host: 'localhost', Authorization: 'Bearer lgs_x' })
    .send({ alert_id: alertId, is_true_positive: true })
    .expect(409);
  expect(sent.body.detail).toBe('Judged already');
  await request(app)
    .patch('/api/alerts/..%2Ffeedback')
    .set('Host', 'localhost')
    .send({ status: 'open' })
    .expect(409);
  expect(asked.map(({ method, url, key }) => [method, url, key])).toEqual([
    ['POST', '/feedback', 'Bearer lgs_x'],
    ['PATCH', '/alerts/..%2Ffeedback', ''],
  ]);
  expect(JSON.parse(asked[0]!.body)).toEqual({ alert_id: alertId, is_true_positive: true });
});

test('the queue of windows to judge is asked of the API, with the caller’s key and what he asks for', async () => {
  await request(dashboardApp(needs()))
    .get('/api/feedback/queue?platform=linux&limit=3')
    .set({ Host: 'localhost', Authorization: 'Bearer lgs_x' })
    .expect(409);
  expect(asked.slice(-1)).toEqual([
    { method: 'GET', url: '/feedback/queue?platform=linux&limit=3', key: 'Bearer lgs_x', body: '' },
  ]);
});

test('an API that does not answer is said so', async () => {
  const app = dashboardApp(needs({ apiUrl: 'http://127.0.0.1:1' }));
  const { body } = await request(app).post('/api/feedback').set('Host', 'localhost').send({}).expect(502);
  expect(body.detail).toContain('did not answer');
});

test('with keys configured, a viewer sees his tenants and changes nothing', async () => {
  const keysFile = join(directory, 'keys.json');
  const viewer = newApiKey({ name: 'viewer-1', role: 'viewer', tenants: ['other'], at: NOW });
  const analyst = newApiKey({ name: 'analyst-1', role: 'analyst', tenants: ['default'], at: NOW });
  await writeKeys(keysFile, [viewer.key, analyst.key]);
  const app = dashboardApp(needs({ keysFile }));
  const as = (secret: string) => ({ Authorization: `Bearer ${secret}` });
  await request(app).get('/api/summary').expect(401);
  await request(app).get('/').expect(200);
  const seen = await request(app).get('/api/summary').set(as(viewer.secret)).expect(200);
  expect(seen.body.total_inferences).toBe(0);
  await request(app).get(`/api/inferences/${sample.attack.inference_id}`).set(as(viewer.secret)).expect(404);
  await request(app).post('/api/feedback').set(as(viewer.secret)).send({}).expect(403);
  const session = await request(app).get('/api/session').set(as(analyst.secret)).expect(200);
  expect(session.body).toMatchObject({ access: 'configured', name: 'analyst-1', may_write: true });
  await request(app).get(`/api/inferences/${sample.attack.inference_id}`).set(as(analyst.secret)).expect(200);
});

test('a body that is too long or no JSON is answered, not thrown', async () => {
  const app = dashboardApp(needs());
  const post = () =>
    request(app).post('/api/feedback').set({ Host: 'localhost', 'Content-Type': 'application/json' });
  await post().send('{').expect(400);
  await post()
    .send(JSON.stringify({ notes: 'x'.repeat(70_000) }))
    .expect(413);
});

test('dashboard() listens, tells its address, and closes while a page is connected', async () => {
  const stage = await dashboard(needs());
  const answer = await fetch(`${stage.url}/api/session`);
  expect(answer.status).toBe(200);
  expect(await stage.health()).toEqual({ ready: true, detail: { page: 'built' } });
  await expect(dashboard(needs({ port: Number(new URL(stage.url).port) }))).rejects.toMatchObject({
    code: 'config-invalid',
  });
  await stage.close();
  await stage.failed;
  await expect(fetch(`${stage.url}/api/session`)).rejects.toThrow();
});

test('a public address without keys is refused', async () => {
  await expect(dashboard(needs({ host: '0.0.0.0' }))).rejects.toMatchObject({ code: 'config-invalid' });
});
