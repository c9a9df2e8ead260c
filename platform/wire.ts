import { alerting } from '../alerting/alerting.ts';
import { api } from '../alerting/api/api.ts';
import { techniqueAnalyzer } from '../alerting/sigma/techniques.ts';
import type { Stage } from '../contracts/stage.ts';
import { indexDocuments } from '../dashboard/index-documents.ts';
import { featureNames, featureSchema } from '../featurize/features.ts';
import { featurize } from '../featurize/featurize.ts';
import { ingest } from '../ingest/ingest.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import type { KeepSettings } from '../serve/keep-graphs.ts';
import { serve } from '../serve/serve.ts';
import type { Config } from './config.ts';
import { dashboardWithDrift } from './drift/dashboard-with-drift.ts';
import { PORT_NAMES, type PortName, type Ports } from './open-ports.ts';
import { planScorers } from './plan-scorers.ts';

export const STAGES = ['ingest', 'featurize', 'serve', 'alerting', 'index', 'api', 'dashboard'] as const;
export type StageName = (typeof STAGES)[number];

/** What each stage opens: a replica of one connects to nothing else. */
const USED: Readonly<Record<StageName, readonly PortName[]>> = {
  ingest: ['bus'],
  featurize: ['bus', 'queue', 'state'],
  serve: ['bus', 'queue', 'state', 'graphs', 'registry'],
  alerting: ['bus', 'alerts', 'documents'],
  index: ['bus', 'documents'],
  api: ['alerts', 'documents', 'graphs'],
  dashboard: ['state', 'alerts', 'documents', 'graphs', 'registry'],
};

/** The ports that these stages use between them. */
export function portsOf(stages: readonly StageName[]): readonly PortName[] {
  return PORT_NAMES.filter((port) => stages.some((stage) => USED[stage].includes(port)));
}

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
          featureNames: { windows: featureNames('windows'), linux: featureNames('linux') },
          keep: keepSettings(config),
          featureSchema,
          provingMs: config.model.proving_minutes * 60_000,
          shadowShare: config.model.shadow_share,
          canary: { share: config.model.canary_share, tenants: config.model.canary_tenants },
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
        settings: {
          ...config.api,
          corsOrigins: config.api.cors_origins,
          alertThreshold: config.alerts.min_threshold,
          ...accessOf(config),
        },
      });
    case 'dashboard':
      return dashboardWithDrift({
        ...shared,
        sampleShare: config.feedback.sample_share,
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

/** Which graphs serve keeps, and how long. */
export function keepSettings({ feedback, retention }: Config): KeepSettings {
  return {
    from: feedback.keep_from,
    sampleShare: feedback.sample_share,
    retentionDays: retention.graphs_days,
  };
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
