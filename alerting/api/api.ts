import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Stage } from '../../contracts/stage.ts';
import { access as accessOf, callerOf } from '../../ports/access/access.ts';
import { sendProblem } from '../../ports/access/problem.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import type { GraphStore } from '../../ports/graphs/graphs.ts';
import type { Clock, Telemetry } from '../../ports/telemetry/telemetry.ts';
import { alertRoutes } from './alert-routes.ts';
import { docsRoutes } from './docs.ts';
import { endpointList } from './endpoint-list.ts';
import { feedbackRoutes } from './feedback-routes.ts';
import { guards, limitRate } from './guards.ts';
import { checkStores, health } from './health.ts';
import { endpointsQuery } from './parameters.ts';
import { checked, sendRefusal } from './refusal.ts';

export interface ApiSettings {
  readonly host: string;
  readonly port: number; // 0 takes a free one
  readonly corsOrigins: readonly string[];
  readonly keysFile?: string;
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly alertThreshold?: number; // what the queue of windows to judge turns on; default 0.7
}

export interface ApiNeeds {
  readonly alerts: AlertStore;
  readonly documents: Documents;
  readonly graphs: GraphStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly settings: ApiSettings;
}

/** How long a stop waits for running requests before it cuts their connections. */
const CLOSE_PATIENCE_MS = 3000;

/** Serves alerts, verdicts and endpoints over HTTP (Logster reference, section 8). */
export async function api(needs: ApiNeeds): Promise<Stage & { readonly url: string }> {
  const { telemetry, settings } = needs;
  const server = createServer(apiApp(needs));
  await listen(server, settings);
  const { port } = server.address() as AddressInfo;
  const url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
  telemetry.log.info('started the API', { url });
  let end = (): void => undefined;
  const failed = new Promise<void>((resolve, reject) => {
    end = resolve;
    server.on('error', reject);
  });
  failed.catch(() => undefined); // whoever runs the stage listens; until then it is no unhandled rejection
  return {
    name: 'api',
    url,
    failed,
    async health() {
      const { ok, checks } = await checkStores(needs);
      return { ready: ok, detail: { url, ...checks } };
    },
    async close() {
      await stop(server);
      end();
    },
  };
}

/** The routes, in the order in which a request meets them. */
function apiApp(needs: ApiNeeds): Express {
  const { telemetry, clock, settings } = needs;
  const access = accessOf({ settings, telemetry, clock });
  const routes = { ...needs, access };
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false); // only alerts have a version, and it is theirs
  app.use(guards());
  app.use(access.sameSite);
  app.use(limitRate(telemetry));
  app.get('/health', health(routes, clock.now()));
  app.use(alertRoutes(routes));
  app.use(feedbackRoutes({ ...routes, alertThreshold: settings.alertThreshold ?? 0.7 }));
  app.get('/endpoints', access.needs('read'), async (request, response) => {
    const query = checked(endpointsQuery, request.query);
    response.json(await endpointList(needs, callerOf(response), { query, now: clock.now() }));
  });
  app.use(docsRoutes(access));
  app.use((request, response) => {
    sendProblem(response, 404, `There is no ${request.method} ${request.path}; /docs lists what there is`);
  });
  app.use(sendRefusal(telemetry));
  return app;
}

async function listen(server: Server, { host, port }: ApiSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `The API cannot listen on ${host}:${port}: ${reasonOf(cause)}. Set api.port to a free one`;
      reject(new LogsterError('unavailable', message, { cause }));
    });
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners('error');
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE_MS);
  await closed;
  clearTimeout(cut);
}
