import type { Stage } from '../contracts/stage.ts';
import type { Metrics } from '../ports/telemetry/telemetry.ts';

export interface StageHealth {
  readonly stage: string;
  readonly ready: boolean;
  readonly detail: Awaited<ReturnType<Stage['health']>>['detail'];
}

/** Readiness, lag and queue as gauges, on which clusters scale: what `/readyz` tells, at each scrape. */
export function gaugeStages(metrics: Metrics, parts: readonly StageHealth[]): void {
  for (const { stage, ready, detail } of parts) {
    metrics.gauge('stage_ready', ready ? 1 : 0, { stage });
    const { lag } = detail;
    if (typeof lag === 'number') gaugeLag(metrics, stage, lag);
    if (typeof detail.queueFull === 'boolean')
      metrics.gauge('featurize_queue_full', detail.queueFull ? 1 : 0);
    if (typeof detail.partitions === 'number') metrics.gauge('featurize_partitions', detail.partitions);
    if (typeof detail.enriching === 'number') metrics.gauge('alerting_enriching', detail.enriching);
    if (typeof detail.queue === 'object' && detail.queue !== null) gaugeQueue(metrics, detail.queue);
  }
}

function gaugeLag(metrics: Metrics, stage: string, lag: number): void {
  if (stage === 'ingest') metrics.gauge('ingest_lag', lag);
  if (stage === 'featurize') metrics.gauge('featurize_lag', lag);
  if (stage === 'alerting') metrics.gauge('alerting_lag', lag);
  if (stage === 'index') metrics.gauge('index_lag', lag);
}

function gaugeQueue(metrics: Metrics, queue: object): void {
  const { waiting, active, failed, sizeBytes, oldestSeconds } = queue as Readonly<
    Record<string, number | undefined>
  >;
  metrics.gauge('queue_waiting', waiting ?? 0);
  metrics.gauge('queue_active', active ?? 0);
  metrics.gauge('queue_failed', failed ?? 0);
  metrics.gauge('queue_size_bytes', sizeBytes ?? 0);
  metrics.gauge('queue_oldest_seconds', oldestSeconds ?? 0);
}
