import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { isUnavailable, LogsterError, reasonOf } from '../contracts/errors.ts';
import type { Stage } from '../contracts/stage.ts';
import { type AccessSettings, access } from '../ports/access/access.ts';
import { sendProblem } from '../ports/access/problem.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { forwardToApi } from './forward-to-api.ts';
import { blessPage, type ModelSources } from './queries/models.ts';
import { readingRoutes } from './routes.ts';

export interface DashboardSettings extends AccessSettings {
  readonly port: number; // 0: any free one
  readonly apiUrl: string; // where verdicts and changes of state go
  readonly alertThreshold?: number; // what the page says of it; default 0.7
}

export interface DashboardNeeds {
  readonly documents: Documents;
  readonly alerts: AlertStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly settings: DashboardSettings;
  /** What the view of models shows; without them there is no such view. */
  readonly models?: ModelSources;
  /** The built page. */
  readonly pageDirectory: string;
}

/** Serves the page and, under `/api`, what it shows. Changes of alerts go on to the API. */
export async function dashboard(needs: DashboardNeeds): Promise<Stage & { readonly url: string }> {
  const { settings, telemetry } = needs;
  const app = dashboardApp(needs);
  let fail: (reason: unknown) => void = () => undefined;
  let end: () => void = () => undefined;
  const failed = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  failed.catch(() => undefined); // who waits for it hears of it; nobody need
  const server = await new Promise<ReturnType<Express['listen']>>((resolve, reject) => {
    const listening = app.listen(settings.port, settings.host, (cause) => {
      if (cause === undefined) resolve(listening);
      else reject(taken(settings, cause));
    });
  });
  server.on('error', fail);
  const { port } = server.address() as AddressInfo;
  const page = existsSync(join(needs.pageDirectory, 'index.html')) ? 'built' : 'missing';
  if (page === 'missing')
    telemetry.log.warn('The dashboard page was not built', { folder: needs.pageDirectory });
  return {
    name: 'dashboard',
    url: `http://${settings.host.includes(':') && !settings.host.startsWith('[') ? `[${settings.host}]` : settings.host}:${port}`,
    failed,
    health: async () => ({ ready: server.listening, detail: { page } }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          end();
          resolve();
        });
        server.closeAllConnections(); // pages keep theirs open
      }),
  };
}

/** Requests a minute and address: a page asks for about five every 15 s, and people open several. */
const REQUESTS_PER_MINUTE = 1200;

/** The server without its port. */
export function dashboardApp(needs: DashboardNeeds): Express {
  const { documents, alerts, telemetry, clock, settings, pageDirectory } = needs;
  const { alertThreshold = 0.7, apiUrl } = settings;
  const guard = access({ settings, telemetry, clock });
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(securityHeaders());
  app.use(guard.sameSite);
  const api = express.Router();
  api.use(
    rateLimit({
      windowMs: 60_000,
      limit: REQUESTS_PER_MINUTE,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      handler: (_request, response) => sendProblem(response, 429, 'Too many requests; wait a minute'),
    }),
  );
  api.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  api.use(express.json({ limit: '64kb' }));
  const write = guard.needs('write');
  api.post(
    '/feedback',
    write,
    forwardToApi(apiUrl, telemetry, () => ({ method: 'POST', path: '/feedback' })),
  );
  api.get(
    '/feedback/queue',
    guard.needs('read'),
    forwardToApi(apiUrl, telemetry, () => ({ method: 'GET', path: '/feedback/queue' })),
  );
  api.patch(
    '/alerts/:id',
    write,
    forwardToApi(apiUrl, telemetry, (id) => ({ method: 'PATCH', path: `/alerts/${encodeURIComponent(id)}` })),
  );
  api.use(
    guard.needs('read'),
    readingRoutes({ documents, alerts, clock, access: guard, alertThreshold, models: needs.models }),
    (request, response) => sendProblem(response, 404, `There is no ${request.method} ${request.path} here`),
  );
  app.use('/api', api);
  if (needs.models)
    app.get('/models/:name/:version/bless.html', guard.needs('read'), reportPage(needs.models));
  app.use(
    express.static(pageDirectory, {
      setHeaders(response, file) {
        // names under assets/ change with what is in them
        const lasting = /[\\/]assets[\\/]/.test(file);
        response.setHeader('Cache-Control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    }),
  );
  app.use((_request, response) => {
    const built = existsSync(join(pageDirectory, 'index.html'));
    sendProblem(
      response,
      built ? 404 : 503,
      built ? 'There is no such page' : 'The page was not built; `npm run build` builds it',
    );
  });
  app.use(answerErrors(telemetry));
  return app;
}

/** Scripts and styles of our own files only: nothing inline, nothing evaluated, nothing from elsewhere. */
function securityHeaders() {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false, // the proxy that speaks TLS sets it
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/**
 * A report's page brings its styles and pictures along. It runs nothing, loads nothing and has no origin, whatever
 * text of captures and people stands in it.
 */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

function reportPage(models: ModelSources): RequestHandler<{ name: string; version: string }> {
  return async ({ params }, response) => {
    const page = await blessPage(models, params.name, params.version);
    response.set({ 'Content-Security-Policy': REPORT_POLICY, 'Cache-Control': 'no-store' });
    response.type('html').send(page);
  };
}

function answerErrors(telemetry: Telemetry): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    if (thrown instanceof LogsterError && thrown.code === 'input-invalid') {
      return sendProblem(response, 400, thrown.message);
    }
    if (thrown instanceof LogsterError && thrown.code === 'not-found') {
      return sendProblem(response, 404, thrown.message);
    }
    const status = statusOf(thrown);
    if (status !== undefined) return sendProblem(response, status, reasonOf(thrown));
    telemetry.metrics.count('dashboard_errors_total');
    telemetry.log.error('A request failed', { path: request.path, reason: reasonOf(thrown) });
    if (isUnavailable(thrown)) sendProblem(response, 503, 'A store does not answer just now; try again');
    else sendProblem(response, 500, 'This could not be answered; the log says why');
  };
}

/** What Express and its body parser say of a request that they cannot read. */
function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  const { status } = thrown;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function taken({ host, port }: DashboardSettings, cause: unknown): LogsterError {
  return new LogsterError(
    'config-invalid',
    `The dashboard cannot listen on ${host}:${port} (${reasonOf(cause)}); set dashboard.port to a free one`,
    { cause },
  );
}
