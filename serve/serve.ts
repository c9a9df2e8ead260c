import { type ScoreJob, scoreJobSchema } from '../contracts/batch.ts';
import type { DeadLetter } from '../contracts/dead-letter.ts';
import { isUnavailable, LogsterError, reasonOf } from '../contracts/errors.ts';
import { endpointKey } from '../contracts/event.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { Stage } from '../contracts/stage.ts';
import { DEAD_LETTER_TOPIC, RESULTS_TOPIC } from '../contracts/topics.ts';
import type { Bus } from '../ports/bus/bus.ts';
import type { GraphStore } from '../ports/graphs/graphs.ts';
import type { ActiveJob, Queue } from '../ports/queue/queue.ts';
import type { Registry } from '../ports/registry/registry.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import type { BackendSetting } from './backend.ts';
import { champions, modelNameOf, type Serving } from './champions.ts';
import type { FeatureNames } from './explain-attack.ts';
import { graphKeeper, type KeepSettings } from './keep-graphs.ts';
import { BATCHES_AT_ONCE, type ScoredWindow } from './messages.ts';
import { type Pool, type ScoreRequest, scorerPool } from './pool.ts';
import { errorResultOf } from './score.ts';

export interface ServeNeeds {
  readonly queue: Queue<ScoreJob>;
  readonly state: State;
  readonly bus: Bus;
  readonly registry: Registry;
  readonly graphs: GraphStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly options: {
    readonly scorers: number;
    /** GPUs that the scorers are spread over; none unless told. */
    readonly gpus?: number;
    readonly backend: BackendSetting;
    readonly scorerScript: string;
    /** Which graphs are kept for verdicts, and how long. */
    readonly keep: KeepSettings;
    /** Names for the features of explained nodes; without them nodes are explained as wholes. */
    readonly featureNames?: FeatureNames;
    readonly registryPollMs?: number;
  };
}

const ATTEMPTS = 3;
/** A promotion is to be seen within five seconds; the alias is one small read. */
const REGISTRY_POLL_MS = 1500;
/** The worker renews its hold while the pool scores, so this is how soon the batches of a killed process go on. */
const STALLED_AFTER_MS = 10_000;

/** Takes batches from the queue, has the pool score them, keeps some graphs, publishes one result per window. */
export async function serve(needs: ServeNeeds): Promise<Stage> {
  const { queue, telemetry, clock, options } = needs;
  const pool = await scorerPool({
    scorers: options.scorers,
    gpus: options.gpus ?? 0,
    settings: { backend: options.backend, featureNames: options.featureNames ?? {} },
    script: options.scorerScript,
    telemetry,
  });
  const models = await champions({
    registry: needs.registry,
    pool,
    telemetry,
    clock,
    pollMs: options.registryPollMs ?? REGISTRY_POLL_MS,
  }).catch(async (thrown: unknown) => {
    await pool.close();
    throw thrown;
  });

  const keeper = graphKeeper({ graphs: needs.graphs, telemetry, clock, settings: options.keep });

  let turn: Promise<void> = Promise.resolve();
  const worker = queue.work(
    async (job) => {
      const begun = clock.now();
      const before = turn;
      let done: () => void = () => undefined;
      turn = new Promise((resolve) => {
        done = resolve;
      });
      try {
        const { bytes, windows } = await scored(needs, pool, models.of(job.data.platform), job);
        await keeper.keep(bytes, windows); // before its results tell of it: a verdict finds the graph
        await before; // results leave in the order in which their batches were taken
        await publish(needs, job, windows, begun);
      } catch (thrown) {
        await lastWords(needs, job, thrown);
        throw thrown;
      } finally {
        done();
      }
    },
    {
      concurrency: options.scorers * BATCHES_AT_ONCE + 1,
      stalledAfterMs: STALLED_AFTER_MS,
      attempts: ATTEMPTS,
    },
  );

  let close: () => void = () => undefined;
  const failed = new Promise<void>((resolve) => {
    close = resolve;
  });
  return {
    name: 'serve',
    failed,
    async health() {
      const stats = await queue.stats();
      const refused = models.refused();
      return {
        ready: true,
        detail: { models: models.all(), refused, queue: stats, scorers: pool.processIds() },
      };
    },
    async close() {
      await worker.close();
      keeper.close();
      await models.close();
      await pool.close();
      close();
    },
  };
}

async function scored(
  { state, clock }: ServeNeeds,
  pool: Pool,
  model: Serving,
  { data }: ActiveJob<ScoreJob>,
): Promise<{ readonly bytes: Buffer; readonly windows: readonly ScoredWindow[] }> {
  const job = scoreJobSchema.parse(data);
  const bytes = await state.get(job.key);
  if (!bytes) {
    throw new LogsterError(
      'reference-expired',
      `The bytes of batch ${job.batch_id} are gone from the state store; its windows were not scored. Raise the time to live of batches or add scorers`,
    );
  }
  const request = { platform: job.platform, version: model.version, bytes, from: 0, to: job.graphs };
  const windows = await scoreOrFind(pool, request, (place, reason) => {
    const batch = decodeBatch(bytes);
    const graph = batch.graphs[place];
    if (!graph)
      throw new LogsterError(
        'input-invalid',
        `Batch ${job.batch_id} holds no graph ${place}, though its job says so`,
      );
    return errorResultOf(batch, graph, reason, {
      modelName: modelNameOf(job.platform),
      modelVersion: model.version,
      backend: model.backend,
      scoredAt: clock.now(),
      inferenceMs: 0,
    });
  });
  return { bytes, windows };
}

/**
 * A scorer finds a bad graph by itself as long as it lives. When the process dies, any batch it had may be to blame:
 * each is scored again with nothing beside it.
 */
async function scoreOrFind(
  pool: Pool,
  request: ScoreRequest,
  failAlone: (place: number, reason: string) => ScoredWindow,
): Promise<readonly ScoredWindow[]> {
  try {
    return await pool.score(request);
  } catch (thrown) {
    if (!isUnavailable(thrown)) throw thrown;
    return scoreInHalves(pool, { ...request, alone: true }, failAlone);
  }
}

/**
 * Halves what kills the scorer until the graph that does it is alone; each part is tried twice, since a process may
 * also die by accident.
 */
async function scoreInHalves(
  pool: Pool,
  request: ScoreRequest & { readonly alone: true },
  failAlone: (place: number, reason: string) => ScoredWindow,
  attempt = 1,
): Promise<readonly ScoredWindow[]> {
  try {
    return await pool.score(request);
  } catch (thrown) {
    if (!isUnavailable(thrown)) throw thrown;
    const { from, to } = request;
    if (attempt === 1) return scoreInHalves(pool, request, failAlone, 2);
    if (to - from === 1) return [failAlone(from, thrown.message)];
    const middle = (from + to) >> 1;
    const first = await scoreInHalves(pool, { ...request, to: middle }, failAlone);
    return [...first, ...(await scoreInHalves(pool, { ...request, from: middle }, failAlone))];
  }
}

async function publish(
  { bus, state, telemetry }: ServeNeeds,
  { data }: ActiveJob<ScoreJob>,
  windows: readonly ScoredWindow[],
  begun: number,
): Promise<void> {
  const queueTimeMs = Math.max(0, Math.round((begun - data.created_at) * 1000));
  const headers = data.traceparent ? { traceparent: data.traceparent } : {};
  await bus.publish(
    RESULTS_TOPIC,
    windows.map((window) => {
      const result: InferenceResult = { ...window, queue_time_ms: queueTimeMs };
      return {
        key: endpointKey(result.tenant_id, result.endpoint_id),
        value: Buffer.from(JSON.stringify(result)),
        headers,
      };
    }),
  );
  await state.delete(data.key);
  for (const { platform, prediction, model_version, backend, inference_time_ms } of windows) {
    telemetry.metrics.count('inferences_total', { platform, prediction, model_version });
    telemetry.metrics.observe('inference_ms', inference_time_ms, { platform, device: backend });
  }
}

/** After the last try the job is told of in the dead letters too, where an operator looks. */
async function lastWords(
  { bus, telemetry, clock }: ServeNeeds,
  job: ActiveJob<ScoreJob>,
  thrown: unknown,
): Promise<void> {
  telemetry.metrics.count('score_failures_total', { platform: job.data.platform });
  telemetry.log.error('A batch could not be scored', {
    job: job.id,
    attempt: job.attempt,
    reason: reasonOf(thrown),
  });
  if (job.attempt < ATTEMPTS) return;
  const payload = Buffer.from(JSON.stringify(job.data));
  const letter: DeadLetter = {
    stage: 'serve',
    reason: thrown instanceof LogsterError ? thrown.code : 'score-failed',
    source_topic: 'score-windows',
    partition: 0,
    offset: job.id,
    key: job.tenant,
    headers: { reason: reasonOf(thrown) },
    payload: payload.toString('base64'),
    payload_bytes: payload.length,
    at: clock.now(),
  };
  await bus.publish(DEAD_LETTER_TOPIC, [{ key: job.tenant, value: Buffer.from(JSON.stringify(letter)) }]);
  telemetry.metrics.count('dead_letter_total', { stage: 'serve', reason: letter.reason });
}
