import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import supertest from 'supertest';
import type { Stage } from '../../contracts/stage.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../../ports/alerts/embedded.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import { embeddedDocuments } from '../../ports/documents/embedded.ts';
import { embeddedGraphs } from '../../ports/graphs/embedded.ts';
import type { GraphStore } from '../../ports/graphs/graphs.ts';
import { fakeClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { api } from './api.ts';
import { DOCS_SCRIPT } from './docs-page/docs-script.ts';
import { openApi } from './openapi.ts';

interface Description {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, { readonly properties?: object }> };
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly responses: Record<string, { readonly description: string }>;
}

let directory: string;
let alerts: AlertStore;
let documents: Documents;
let graphs: GraphStore;
let stage: Stage & { readonly url: string };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'docs-'));
  alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
  documents = embeddedDocuments({ file: join(directory, 'documents.db') });
  graphs = await embeddedGraphs({ file: join(directory, 'graphs.db') });
  const settings = { host: '127.0.0.1', port: 0, corsOrigins: [] };
  stage = await api({
    alerts,
    documents,
    graphs,
    clock: fakeClock(),
    telemetry: recordedTelemetry(),
    settings,
  });
});
afterAll(async () => {
  await stage.close();
  await alerts.close();
  await documents.close();
  await graphs.close();
  await rm(directory, { recursive: true, force: true });
});

const description = openApi() as Description;
const operations = Object.values(description.paths).flatMap((path) => Object.values(path));

describe('openApi()', () => {
  test('describes every route as OpenAPI 3.1', () => {
    expect(description.openapi).toBe('3.1.0');
    const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'get /alerts',
      'get /alerts/{alert_id}',
      'get /alerts/{alert_id}/audit',
      'get /endpoints',
      'get /feedback',
      'get /feedback/queue',
      'get /health',
      'patch /alerts/{alert_id}',
      'post /feedback',
      'post /feedback/bulk',
    ]);
  });

  test('each operation has its own id, and answers with descriptions', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { responses } of operations) {
      expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
      for (const { description: told } of Object.values(responses)) expect(told).toMatch(/\w/);
    }
  });

  test('every reference leads to a shape that is there', () => {
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, path]) => path,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const path of references) {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(path!) ?? [];
      expect(Object.keys(description.components.schemas)).toContain(name);
    }
  });

  test('names the parameters of GET /alerts with their bounds', () => {
    const parameters = description.paths['/alerts']?.get?.parameters ?? [];
    expect(parameters.map(({ name }) => name)).toEqual([
      ...['tenant_id', 'status', 'severity', 'platform', 'endpoint_id', 'since', 'until'],
      ...['technique', 'q', 'sort', 'limit', 'offset', 'cursor'],
    ]);
    const limit = parameters.find(({ name }) => name === 'limit');
    expect(limit?.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 1000, default: 100 });
    for (const parameter of parameters) expect(parameter).toMatchObject({ in: 'query', required: false });
  });

  test('every path parameter of a path is described', () => {
    for (const [path, methods] of Object.entries(description.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(named);
      }
    }
  });
});

describe('/docs', () => {
  test('is served with everything it needs, from here alone', async () => {
    const page = await supertest(stage.url).get('/docs').expect(200).expect('Content-Type', /html/);
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) await supertest(stage.url).get(source).expect(200);
    expect(page.text).not.toMatch(/<script(?![^>]*src=)|style="|\son\w+="/);
    await supertest(stage.url)
      .get('/docs/docs.js')
      .expect('Content-Type', /javascript/);
    await supertest(stage.url).get('/docs/docs.css').expect('Content-Type', /css/);
    const { body } = await supertest(stage.url).get('/openapi.json').expect(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(description)));
  });

  test('its headers let no other script run and no other page embed it', async () => {
    const { headers } = await supertest(stage.url).get('/docs');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('its script shows every operation and shape, as text', async () => {
    const page = fakePage();
    const answer = { ok: true, json: async () => description };
    runInNewContext(DOCS_SCRIPT, { document: page.document, fetch: async () => answer, Promise, Error });
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    const shown = page.text();
    for (const path of Object.keys(description.paths)) expect(shown).toContain(path);
    for (const name of Object.keys(description.components.schemas)) expect(shown).toContain(name);
    expect(shown).toContain('"open" | "acknowledged"');
  });
});

/** As much of a document as the script uses; there is no way to put in HTML. */
function fakePage() {
  interface Element {
    textContent: string;
    className: string;
    readonly children: (Element | string)[];
    append(...children: (Element | string)[]): void;
  }
  const make = (): Element => {
    const children: (Element | string)[] = [];
    return { textContent: '', className: '', children, append: (...more) => void children.push(...more) };
  };
  const byId = new Map<string, Element>();
  const document = {
    createElement: make,
    getElementById(id: string) {
      const known = byId.get(id) ?? make();
      byId.set(id, known);
      return known;
    },
  };
  const textOf = (element: Element | string): string =>
    typeof element === 'string' ? element : [element.textContent, ...element.children.map(textOf)].join('\n');
  return { document, text: () => [...byId.values()].map(textOf).join('\n') };
}
