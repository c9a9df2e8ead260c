import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Express } from 'express';
import request from 'supertest';
import { newApiKey, writeKeys } from '../ports/access/api-keys.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { dashboardApp } from './dashboard.ts';
import type { ModelsView } from './queries/models.ts';
import { sampleModels } from './sample-models.ts';

const NOW = 1_700_000_010;

let directory: string;
let stores: Parameters<typeof dashboardApp>[0];
let keysFile: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logster-models-'));
  keysFile = join(directory, 'keys.json');
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Logster</title>');
  stores = {
    documents: embeddedDocuments({ file: join(directory, 'documents.db') }),
    alerts: await embeddedAlerts({ file: join(directory, 'alerts.db') }),
    models: await sampleModels(folderRegistry({ directory: join(directory, 'registry') }), NOW),
    telemetry: recordedTelemetry(),
    clock: fakeClock(NOW),
    settings: { host: '127.0.0.1', port: 0, apiUrl: 'http://127.0.0.1:1' },
    pageDirectory: directory,
  };
});
afterAll(async () => {
  await stores.documents.close();
  await stores.alerts.close();
  rmSync(directory, { recursive: true });
});

const open = (): Express => dashboardApp(stores);
const ask = (path: string) => request(open()).get(path).set('Host', 'localhost:5001');
const REPORT = '/models/logster-linux-gat/2/bless.html';

test('the view of models gives versions with figures and aliases, the newest first, and their history', async () => {
  const { body } = await ask('/api/models').expect(200);
  const [windows, linux] = (body as ModelsView).platforms;
  expect(windows).toMatchObject({ platform: 'windows', versions: [], history: [], shadow: [], drift: null });
  expect(linux?.versions).toMatchObject([
    { version: '2', aliases: ['challenger'], origin: 'fine-tuned from 1', judged: true },
    { version: '1', aliases: ['champion'], origin: 'shipped', judged: false, metrics: { prAuc: 0.667 } },
  ]);
  expect(linux?.history.map((one) => one.change)).toEqual(['approved', 'blessed']);
  expect(linux?.drift).toMatchObject({ windows: 412, shifts: { features: { psi: 0.34 } } });
});

test('the report of the gate is a page that runs nothing and loads nothing', async () => {
  const { headers, text } = await ask(REPORT).expect(200);
  expect(text).toContain('<b>Blessed</b>');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'unsafe-inline';.*; sandbox$/,
  );
});

test.each([
  '/models/logster-linux-gat/1/bless.html',
  '/models/logster-linux-gat/9/bless.html',
  '/models/..%2F..%2Fx/2/bless.html',
  '/models/logster-linux-gat/..%2F2/bless.html',
])('%s is no report', async (path) => {
  await ask(path).expect(404);
});

test('with access configured models need a key, and differences of other tenants stay unseen', async () => {
  const viewer = newApiKey({ name: 'viewer-1', role: 'viewer', tenants: ['default'], at: NOW });
  await writeKeys(keysFile, [viewer.key]);
  const app = dashboardApp({ ...stores, settings: { ...stores.settings, keysFile } });
  await request(app).get('/api/models').expect(401);
  await request(app).get(REPORT).expect(401);
  const { body } = await request(app)
    .get('/api/models')
    .set({ Authorization: `Bearer ${viewer.secret}` })
    .expect(200);
  const [report] = (body as ModelsView).platforms[1]?.shadow ?? [];
  expect(report?.largest.map((one) => one.endpoint_id)).toEqual(['build-2']);
});
