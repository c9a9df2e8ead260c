import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { alerting } from '../alerting/alerting.ts';
import { api } from '../alerting/api/api.ts';
import { techniqueAnalyzer } from '../alerting/sigma/techniques.ts';
import { SCORE_QUEUE, type ScoreJob } from '../contracts/batch.ts';
import type { Stage } from '../contracts/stage.ts';
import { dashboard } from '../dashboard/dashboard.ts';
import { indexDocuments } from '../dashboard/index-documents.ts';
import { featureNames } from '../featurize/features.ts';
import { featurize } from '../featurize/featurize.ts';
import { ingest } from '../ingest/ingest.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Bus } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { embeddedQueue } from '../ports/queue/embedded.ts';
import type { Queue } from '../ports/queue/queue.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import type { Registry } from '../ports/registry/registry.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import type { State } from '../ports/state/state.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { serve } from '../serve/serve.ts';
import type { Config } from './config.ts';
import { planScorers } from './plan-scorers.ts';

/** What the stages share; the only place where implementations are chosen. */
export interface Ports {
  readonly bus: Bus;
  readonly queue: Queue<ScoreJob>;
  readonly state: State;
  readonly documents: Documents;
  readonly alerts: AlertStore;
  readonly registry: Registry;
  close(): Promise<void>;
}

/** Opens the embedded ports below the data directory. */
export async function openPorts(
  config: Config,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): Promise<Ports> {
  const below = (folder: string): string => {
    const directory = join(config.data.directory, folder);
    mkdirSync(directory, { recursive: true });
    return directory;
  };
  // what people rely on outlives a power cut, not only a killed process
  const survives = 'power-cut';
  const bus = embeddedBus({
    directory: below('bus'),
    clock,
    telemetry,
    topicBytes: config.retention.log_bytes,
    survives,
  });
  const queue = embeddedQueue<ScoreJob>({
    directory: below('queue'),
    name: SCORE_QUEUE,
    limits: { jobs: config.queue.max_jobs, bytes: config.queue.max_bytes },
    clock,
    telemetry,
    survives,
  });
  const state = embeddedState({ directory: below('state'), clock, telemetry, survives });
  const documents = embeddedDocuments({ file: join(below('documents'), 'documents.db') });
  const alerts = await embeddedAlerts({ file: join(below('alerts'), 'alerts.db') });
  const registry = folderRegistry({ directory: below('registry') });
  return {
    bus,
    queue,
    state,
    documents,
    alerts,
    registry,
    async close() {
      await bus.close();
      await queue.close();
      await state.close();
      await documents.close();
      await alerts.close();
      await registry.close();
    },
  };
}

/** Only the registry, for tools that need no more. */
export function openRegistry(config: Config): Registry {
  const directory = join(config.data.directory, 'registry');
  mkdirSync(directory, { recursive: true });
  return folderRegistry({ directory });
}

export const STAGES = ['ingest', 'featurize', 'serve', 'alerting', 'index', 'api', 'dashboard'] as const;
export type StageName = (typeof STAGES)[number];

export interface StageNeeds {
  readonly ports: Ports;
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Where the API answers, once it does; without one the address of the settings holds. */
  readonly apiUrl?: string | undefined;
  /** The compiled scorer and the built page. */
  readonly files: { readonly scorer: string; readonly page: string };
}

/** Starts one stage on the given ports. */
export function startStage(name: StageName, needs: StageNeeds): Promise<Stage> {
  const { ports, config, telemetry, clock, files } = needs;
  const shared = { ...ports, telemetry, clock };
  switch (name) {
    case 'ingest':
      return ingest(shared);
    case 'featurize':
      return featurize({
        ...shared,
        options: {
          windowSeconds: config.inference.window * 60,
          intervalSeconds: config.inference.interval,
          latenessSeconds: config.inference.lateness,
        },
      });
    case 'serve':
      return serve({
        ...shared,
        options: {
          ...planScorers(config.model),
          backend: config.model.backend,
          scorerScript: files.scorer,
          featureNames: featureNames(),
        },
      });
    case 'alerting':
      return alerting({
        ...shared,
        analyzer: techniqueAnalyzer({ telemetry }),
        settings: {
          minThreshold: config.alerts.min_threshold,
          dedupWindowSeconds: config.alerts.dedup_window_seconds,
          correlationWindowSeconds: config.alerts.correlation_window_seconds,
        },
      });
    case 'index':
      return indexDocuments({
        ...shared,
        retentionDays: {
          events: config.retention.events_days,
          inferences: config.retention.inferences_days,
          alerts: config.retention.alerts_days,
        },
      });
    case 'api':
      return api({
        ...shared,
        settings: { ...config.api, corsOrigins: config.api.cors_origins, ...accessOf(config) },
      });
    case 'dashboard':
      return dashboard({
        ...shared,
        pageDirectory: files.page,
        settings: {
          ...config.dashboard,
          apiUrl: needs.apiUrl ?? addressOf(config.api),
          alertThreshold: config.alerts.min_threshold,
          ...accessOf(config),
        },
      });
  }
}

function addressOf({ host, port }: Config['api']): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function accessOf({ auth }: Config) {
  return {
    ...(auth.keys_file !== undefined && { keysFile: auth.keys_file }),
    ...(auth.oidc_issuer !== undefined && { oidcIssuer: auth.oidc_issuer }),
    ...(auth.oidc_audience !== undefined && { oidcAudience: auth.oidc_audience }),
  };
}
