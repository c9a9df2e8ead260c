import { reasonOf } from '../contracts/errors.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Documents } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { enrichAlert, type TechniqueAnalyzer } from './enrich.ts';
import { backoffMs } from './outbox.ts';
import { rest } from './rest.ts';
import { notIndexed, windowEvents } from './window-events.ts';

export interface EnrichNeeds {
  readonly alerts: AlertStore;
  readonly documents: Documents;
  readonly analyzer: TechniqueAnalyzer;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Called after an alert was enriched. */
  readonly onSaved: () => void;
}

/** A window to look through for an alert. */
export interface Enrichment {
  readonly alertId: string;
  readonly hit: InferenceResult;
  /** Called when it has been done, or given up for a counted reason; not when the stage closes first. */
  readonly done: () => void;
}

export interface Enricher {
  add(enrichment: Enrichment): void;
  /** Enrichments that wait or run. */
  size(): number;
  /** Ends after the running steps; what was not done is not reported as done. */
  close(): Promise<void>;
}

/** Windows looked through at a time: each may hold 20,000 events, and alerts must not wait for it. */
const CONCURRENCY = 2;
/** Windows that may wait. Beyond it techniques are left out: an analyst first needs the alerts themselves. */
const WAITING = 1000;
/** How long the index may be behind the alert before what is there must do. */
const INDEX_PATIENCE_SECONDS = 30;
const INDEX_LOOK_MS = 500;
/** Tries while the index or the store is away: half a minute in all. */
const TRIES = 6;
const RETRY_MS = { first: 1000, most: 15_000 };

/** Looks through the windows of alerts for techniques, one after another beside the stage's work. */
export function enrichLater(needs: EnrichNeeds): Enricher {
  const { telemetry, clock } = needs;
  const waiting: Enrichment[] = [];
  const running = new Set<Promise<void>>();
  const pauses = new Set<() => void>();
  let closed = false;

  async function pause(ms: number): Promise<void> {
    if (closed) return;
    const { over, end } = rest(clock, ms);
    pauses.add(end);
    await over;
    pauses.delete(end);
  }

  /** Whether it was done; false where the stage closed first. */
  async function tryOften(enrichment: Enrichment): Promise<boolean> {
    for (let failures = 0; !closed; ) {
      try {
        await indexed(needs, enrichment.hit, pause, () => closed);
        if (closed) return false;
        await enrich(needs, enrichment);
        return true;
      } catch (thrown) {
        failures += 1;
        const fields = { alert_id: enrichment.alertId, reason: reasonOf(thrown), failures };
        if (failures === TRIES) {
          telemetry.metrics.count('enrichments_skipped_total', { reason: 'failed' });
          telemetry.log.error('An alert was left without techniques', fields);
          return true;
        }
        telemetry.log.warn('An alert could not be enriched, tried again later', fields);
        await pause(backoffMs(failures, RETRY_MS));
      }
    }
    return false;
  }

  function startNext(): void {
    if (closed || running.size >= CONCURRENCY) return;
    const enrichment = waiting.shift();
    if (enrichment === undefined) return;
    const run = tryOften(enrichment).then((ended) => {
      running.delete(run);
      if (ended) enrichment.done();
      startNext();
    });
    running.add(run);
  }

  return {
    add(enrichment) {
      if (waiting.length >= WAITING) {
        telemetry.metrics.count('enrichments_skipped_total', { reason: 'backlog' });
        enrichment.done();
        return;
      }
      waiting.push(enrichment);
      startNext();
    },
    size: () => waiting.length + running.size,
    async close() {
      closed = true;
      for (const end of pauses) end();
      await Promise.all(running);
    },
  };
}

/** Waits until the events that the score rests on are in the index, or patience has run out. */
async function indexed(
  { documents, telemetry, clock }: EnrichNeeds,
  hit: InferenceResult,
  pause: (ms: number) => Promise<void>,
  isClosed: () => boolean,
): Promise<void> {
  const until = clock.now() + INDEX_PATIENCE_SECONDS;
  let missing = await notIndexed(documents, hit.event_ids);
  while (missing.length > 0 && !isClosed()) {
    if (clock.now() >= until) {
      telemetry.metrics.count('enrichments_incomplete_total', { reason: 'not-indexed' });
      telemetry.log.warn('Events of an alert were not in the index in time; techniques may be missing', {
        inference_id: hit.inference_id,
        missing: missing.length,
      });
      return;
    }
    await pause(INDEX_LOOK_MS);
    missing = await notIndexed(documents, missing);
  }
}

async function enrich(
  { alerts, documents, analyzer, telemetry, clock, onSaved }: EnrichNeeds,
  { alertId, hit }: Enrichment,
): Promise<void> {
  const { events, total } = await windowEvents(documents, hit);
  if (total > events.length) {
    telemetry.metrics.count('enrichments_incomplete_total', { reason: 'too-many-events' });
  }
  const found = analyzer.techniquesOf(events);
  const saved = await alerts.transaction(async (transaction) => {
    const alert = await transaction.get(alertId);
    const message = alert && enrichAlert(alert, found, clock.now());
    if (message !== undefined) await transaction.save(message);
    return message?.alert;
  });
  if (saved === undefined) return;
  telemetry.metrics.count('alerts_total', { severity: saved.severity, change: 'enriched' });
  onSaved();
}
