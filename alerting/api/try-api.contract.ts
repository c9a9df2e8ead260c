import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import type { Alert } from '../../contracts/alert.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../../ports/alerts/embedded.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import { embeddedDocuments } from '../../ports/documents/embedded.ts';
import { embeddedGraphs } from '../../ports/graphs/embedded.ts';
import type { GraphStore } from '../../ports/graphs/graphs.ts';
import { fakeClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { type ApiSettings, api } from './api.ts';

/** For tests: an id that no alert has. */
export const NOBODY = '00000000-0000-4000-8000-000000000000';

/** For tests: when the clock begins. */
export const START = 1_700_000_000;

interface Stores {
  readonly alerts: AlertStore;
  readonly documents: Documents;
  readonly graphs: GraphStore;
}

/** For tests: an API over embedded stores in a folder of their own. */
export async function tryFreshApi() {
  const directory = await mkdtemp(join(tmpdir(), 'api-'));
  const stores: Stores = {
    alerts: await embeddedAlerts({ file: join(directory, 'alerts.db') }),
    documents: embeddedDocuments({ file: join(directory, 'documents.db') }),
    graphs: await embeddedGraphs({ file: join(directory, 'graphs.db') }),
  };
  const server = await tryApi(stores);
  return {
    ...{ ...server, ...stores, stores, directory },
    async close(): Promise<void> {
      await server.stage.close();
      for (const store of Object.values(stores)) await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** For tests: an API over the given stores that listens on a free port, and short ways to call it. */
export async function tryApi(stores: Stores, settings: Partial<ApiSettings> = {}) {
  const clock = fakeClock(START);
  const telemetry = recordedTelemetry();
  const stage = await api({
    ...{ ...stores, clock, telemetry },
    settings: { host: '127.0.0.1', port: 0, corsOrigins: [], ...settings },
  });
  const url = stage.url.replace('0.0.0.0', '127.0.0.1');
  return {
    ...{ stage, clock, telemetry, url },
    get: (path: string) => supertest(url).get(path),
    patch: (alertId: string, body: object) => supertest(url).patch(`/alerts/${alertId}`).send(body),
    feedback: (body: object) => supertest(url).post('/feedback').send(body),
    async save(...given: readonly Alert[]): Promise<void> {
      await stores.alerts.transaction(async (transaction) => {
        for (const alert of given) await transaction.save({ change: 'created', alert });
      });
    },
  };
}
