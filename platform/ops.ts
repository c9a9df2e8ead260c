import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import type { Stage } from '../contracts/stage.ts';
import type { Metrics } from '../ports/telemetry/telemetry.ts';
import { gaugeStages, type StageHealth } from './stage-gauges.ts';

export interface OpsNeeds {
  readonly host: string;
  readonly port: number;
  readonly stages: () => readonly Stage[];
  /** Stages that will run here: until all do, the process is not ready. */
  readonly expected: number;
  /** The engine behind each port, and the ports that this process uses. */
  readonly engines: Readonly<Record<string, string>>;
  readonly opened: readonly string[];
  readonly metrics: Metrics;
  /** Prometheus text. */
  readonly metricsText: () => Promise<string>;
}

export interface Ops {
  readonly url: string;
  close(): Promise<void>;
}

/** `/healthz` (the process lives), `/readyz` (every stage can work) and `/metrics` for operators. */
export async function ops(needs: OpsNeeds): Promise<Ops> {
  const { host, port, stages, expected, engines, opened, metrics, metricsText } = needs;
  const used = Object.fromEntries(opened.map((name) => [name, engines[name]]));
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    if (path === '/healthz') return { status: 200, type: 'text/plain', body: 'alive\n' };
    if (path === '/metrics') {
      gaugeStages(metrics, await healthOf(stages()));
      return { status: 200, type: 'text/plain; version=0.0.4', body: await metricsText() };
    }
    if (path !== '/readyz')
      return { status: 404, type: 'text/plain', body: 'Try /healthz, /readyz or /metrics\n' };
    const parts = await healthOf(stages());
    const ready = parts.length >= expected && parts.every((part) => part.ready);
    return {
      status: ready ? 200 : 503,
      type: 'application/json',
      body: `${JSON.stringify({ ready, engines: used, parts })}\n`,
    };
  };
  const server = createServer((request, response) => {
    answer((request.url ?? '/').split('?')[0] ?? '/').then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (thrown: unknown) =>
        response.writeHead(500, { 'content-type': 'text/plain' }).end(`${reasonOf(thrown)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new LogsterError(
          'config-invalid',
          `The operators' port ${host}:${port} cannot be opened; set ops.port to a free one`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function healthOf(stages: readonly Stage[]): Promise<readonly StageHealth[]> {
  return Promise.all(
    stages.map(async (stage) => ({ stage: stage.name, ...(await stage.health().catch(unready)) })),
  );
}

function unready(thrown: unknown) {
  return { ready: false, detail: { reason: reasonOf(thrown) } };
}
