import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { decodeBatch, encodeGraphBatch } from '../contracts/graph-batch.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import type { GraphStore, KeptGraph } from '../ports/graphs/graphs.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import type { ScoredWindow } from './messages.ts';
import { patternOf } from './pattern.ts';

export interface KeepSettings {
  /** Every window of at least this probability is kept. */
  readonly from: number;
  /** Share of all other windows that is kept, 0 to 1. */
  readonly sampleShare: number;
  /** Days after which a kept graph is removed. */
  readonly retentionDays: number;
}

export interface KeepNeeds {
  readonly graphs: GraphStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly settings: KeepSettings;
}

/** Keeps graphs of scored windows, so that a verdict on them can become an example. */
export interface GraphKeeper {
  /**
   * Keeps what is to be kept of a batch; `windows` are the scores of its graphs, in their order. Never throws: a
   * result is worth more than its graph. What could not be kept is counted.
   */
  keep(bytes: Buffer, windows: readonly ScoredWindow[]): Promise<void>;
  close(): void;
}

/** A batch's results wait so long for its graphs; a call that takes longer goes on beside them. */
const PATIENCE_MS = 2_000;
/** After a failure the store is left alone for so long: otherwise every batch would wait for the next one. */
const REST_SECONDS = 10;
const EXPIRE_EVERY_MS = 3_600_000;
const DAY_SECONDS = 86_400;
/** Sampled graphs remembered, some 200 bytes each: a quiet endpoint has the same graph for hours. */
const REMEMBERED = 20_000;

/** Keeps graphs, and once an hour removes those that are too old. */
export function graphKeeper(needs: KeepNeeds): GraphKeeper {
  const { graphs, telemetry, clock, settings } = needs;
  const { log, metrics } = telemetry;
  const sampled = new Set<string>(); // oldest first
  let restUntil = 0;
  let latecomers = 0;
  let isAway = false;

  const miss = (count: number, reason: string, why: string): void => {
    metrics.count('graphs_unkept_total', { reason }, count);
    if (!isAway) log.warn('Graphs could not be kept; scoring goes on without', { reason, why });
    isAway = true;
  };
  const store = async (chosen: readonly KeptGraph[]): Promise<void> => {
    try {
      await graphs.keep(chosen);
    } catch (thrown) {
      restUntil = clock.now() + REST_SECONDS;
      return miss(chosen.length, codeOf(thrown), reasonOf(thrown));
    }
    if (isAway) log.info('Graphs are kept again');
    isAway = false;
    for (const graph of chosen) {
      metrics.count('graphs_kept_total', { platform: graph.platform, because: graph.because });
      if (graph.because === 'sample') remember(sampled, contentOf(graph));
    }
  };
  const storeInTime = async (chosen: readonly KeptGraph[]): Promise<void> => {
    if (latecomers > 0)
      return miss(chosen.length, 'late', `an earlier call takes more than ${PATIENCE_MS / 1000} s`);
    if (clock.now() < restUntil)
      return miss(chosen.length, 'unavailable', 'the store failed just now and is left alone');
    const storing = store(chosen);
    if (await endsWithin(PATIENCE_MS, storing, clock)) return;
    latecomers += 1;
    void storing.then(() => {
      latecomers -= 1;
    });
  };
  const stopExpiring = expireHourly(needs);
  return {
    async keep(bytes, windows) {
      const places = windows.flatMap((window, place) => (reasonToKeep(window, settings) ? place : []));
      if (places.length === 0) return;
      try {
        const chosen = keptGraphs(bytes, windows, places, needs).filter(
          (graph) => graph.because === 'attack' || !sampled.has(contentOf(graph)),
        );
        if (chosen.length > 0) await storeInTime(chosen);
      } catch (thrown) {
        miss(places.length, codeOf(thrown), reasonOf(thrown));
      }
    },
    close: stopExpiring,
  };
}

/** Whether and why a window's graph is kept; the same for a window that is scored again by the same version. */
export function reasonToKeep(
  {
    prediction,
    attack_prob,
    inference_id,
  }: Pick<ScoredWindow, 'prediction' | 'attack_prob' | 'inference_id'>,
  { from, sampleShare }: Pick<KeepSettings, 'from' | 'sampleShare'>,
): KeptGraph['because'] | undefined {
  if (prediction === 'error') return undefined;
  if (attack_prob >= from) return 'attack';
  const lot = Number.parseInt(inference_id.slice(0, 8), 16) / 2 ** 32; // the id is a hash: its digits are even
  return lot < sampleShare ? 'sample' : undefined;
}

function keptGraphs(
  bytes: Buffer,
  windows: readonly ScoredWindow[],
  places: readonly number[],
  { clock, settings }: KeepNeeds,
): readonly KeptGraph[] {
  const batch = decodeBatch(bytes);
  return places.flatMap((place): readonly KeptGraph[] => {
    const window = windows[place];
    const graph = batch.graphs[place];
    const because = window && reasonToKeep(window, settings);
    if (!graph || !because) return [];
    return [
      {
        ...scoredFacts(window),
        because,
        featureSchema: batch.featureSchema,
        contentHash: graph.contentHash,
        keptAt: clock.now(),
        bytes: encodeGraphBatch(selectGraphs(batch, [place])),
      },
    ];
  });
}

/** The same for the same graph of the same endpoint. */
function contentOf({ tenantId, endpointId, platform, contentHash }: KeptGraph): string {
  return [tenantId, endpointId, platform, contentHash].join('\u001f');
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key);
  const [oldest] = keys;
  if (keys.size > REMEMBERED && oldest !== undefined) keys.delete(oldest);
}

/** Whether it ended in time; `running` must not fail. */
function endsWithin(ms: number, running: Promise<void>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const callOff = clock.after(ms, () => resolve(false));
    void running.then(() => {
      callOff();
      resolve(true);
    });
  });
}

/** Removes old graphs by the wall clock, since a replayed old capture is new here; returns how to stop. */
function expireHourly({ graphs, telemetry, clock, settings }: KeepNeeds): () => void {
  const { log } = telemetry;
  let isStopped = false;
  let callOff: () => void = () => undefined;
  const expire = async (): Promise<void> => {
    const removed = await graphs.expire(clock.now() - settings.retentionDays * DAY_SECONDS);
    if (removed > 0) log.info('Old graphs were removed', { removed });
  };
  const retain = (): void => {
    if (isStopped) return;
    callOff = clock.after(EXPIRE_EVERY_MS, () => {
      expire()
        .catch((thrown: unknown) => log.warn('Old graphs could not be removed', { reason: reasonOf(thrown) }))
        .finally(retain);
    });
  };
  retain();
  return () => {
    isStopped = true;
    callOff();
  };
}

function codeOf(thrown: unknown): string {
  return thrown instanceof LogsterError ? thrown.code : 'failed';
}

/** What a result says of its window that is kept beside the graph. */
export function scoredFacts(window: ScoredWindow) {
  return {
    inferenceId: window.inference_id,
    tenantId: window.tenant_id,
    endpointId: window.endpoint_id,
    platform: window.platform,
    windowStart: window.window_start,
    windowEnd: window.window_end,
    modelVersion: window.model_version,
    attackProb: window.attack_prob,
    pattern: patternOf(window),
  };
}
