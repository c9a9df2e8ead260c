import { type ScoreJob, scoreJobSchema } from '../contracts/batch.ts';
import type { DeadLetter } from '../contracts/dead-letter.ts';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { endpointKey, type Platform } from '../contracts/event.ts';
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
import { type CanarySettings, hasCanaries } from './canary.ts';
import { champions, modelNameOf, type Plan } from './champions.ts';
import type { FeatureNames } from './explain-attack.ts';
import { graphKeeper, type KeepSettings } from './keep-graphs.ts';
import { BATCHES_AT_ONCE, type ScoredWindow } from './messages.ts';
import { forgetPlan, planBefore, rememberPlan } from './plan-memory.ts';
import { type Pool, scorerPool } from './pool.ts';
import { errorResultOf } from './score.ts';
import { type ScoreBy, type ScoredByPlan, scoreByPlan } from './score-by-plan.ts';
import { scoreOrFind } from './score-or-find.ts';
import { shadowScoring } from './shadow-scoring.ts';

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
    /** How long a new champion is watched and the one before it stays loaded. */
    readonly provingMs?: number;
    /** Share of batches that the challenger scores beside the champion. */
    readonly shadowShare?: number;
    /** Whose windows the challenger answers for; nobody's unless told. */
    readonly canary?: CanarySettings;
    /** Hash of the feature table that windows are made with: a model of another one never serves. */
    readonly featureSchema?: (platform: Platform) => string;
  };
}

const ATTEMPTS = 3;
/** A promotion is to be seen within five seconds; the alias is one small read. */
const REGISTRY_POLL_MS = 1500;
/** An analyst notices within minutes what a new version does to a fleet of any size. */
const PROVING_MS = 10 * 60_000;
/** The worker renews its hold while the pool scores, so this is how soon the batches of a killed process go on. */
const STALLED_AFTER_MS = 10_000;

/** Takes batches from the queue, has the pool score them, keeps some graphs, publishes one result per window. */
export async function serve(needs: ServeNeeds): Promise<Stage> {
  const { queue, state, telemetry, clock, options } = needs;
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
    provingMs: options.provingMs ?? PROVING_MS,
    challenged: (options.shadowShare ?? 0) > 0 || hasCanaries(canaryOf(needs)),
    featureSchema: options.featureSchema,
  }).catch(async (thrown: unknown) => {
    await pool.close();
    throw thrown;
  });

  const keeper = graphKeeper({ graphs: needs.graphs, telemetry, clock, settings: options.keep });
  const shadow = shadowScoring({ ...needs, pool, models, share: options.shadowShare ?? 0 });

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
        const { platform, batch_id } = job.data;
        const earlier = job.attempt > 1 ? await planBefore(state, batch_id) : undefined;
        await models.use(platform, earlier, async (plan) => {
          const { bytes, windows, rescued } = await scored(needs, pool, plan, job);
          await keeper.keep(bytes, windows); // before its results tell of it: a verdict finds the graph
          await before; // results leave in the order in which their batches were taken
          await publish(needs, job, windows, begun);
          models.saw(platform, windows, rescued);
          shadow.offer({ platform, batchId: batch_id, bytes, windows });
        });
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
      const beside = { challengers: models.challengers(), previous: models.previous() };
      const faults = { refused: models.refused(), tripped: models.tripped() };
      return {
        ready: true,
        detail: { models: models.all(), ...beside, ...faults, queue: stats, scorers: pool.processIds() },
      };
    },
    async close() {
      await worker.close();
      keeper.close();
      await shadow.close();
      await models.close();
      await pool.close();
      close();
    },
  };
}

/** A batch with its results, on their way out. */
interface Scored extends ScoredByPlan {
  readonly bytes: Buffer;
}

async function scored(
  needs: ServeNeeds,
  pool: Pool,
  plan: Plan,
  { data }: ActiveJob<ScoreJob>,
): Promise<Scored> {
  const { state, clock, telemetry } = needs;
  const job = scoreJobSchema.parse(data);
  const bytes = await state.get(job.key);
  if (!bytes) {
    throw new LogsterError(
      'reference-expired',
      `The bytes of batch ${job.batch_id} are gone from the state store; its windows were not scored. Raise the time to live of batches or add scorers`,
    );
  }
  const scoreBy: ScoreBy = ({ version, backend }, only) => {
    const request = { platform: job.platform, version, bytes, from: 0, to: only?.length ?? job.graphs, only };
    return scoreOrFind(pool, request, (index, reason) => {
      const batch = decodeBatch(bytes);
      const graph = batch.graphs[only?.[index] ?? index];
      if (!graph)
        throw new LogsterError(
          'input-invalid',
          `Batch ${job.batch_id} holds no graph ${only?.[index] ?? index}, though its job says so`,
        );
      const by = { modelName: modelNameOf(job.platform), modelVersion: version, backend };
      return errorResultOf(batch, graph, reason, { ...by, scoredAt: clock.now(), inferenceMs: 0 });
    });
  };
  const found = await scoreByPlan(plan, bytes, { canary: canaryOf(needs), telemetry, scoreBy });
  await rememberPlan(state, job.batch_id, plan, found.windows);
  return { bytes, ...found };
}

function canaryOf({ options }: ServeNeeds): CanarySettings {
  return options.canary ?? { share: 0, tenants: [] };
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
  await Promise.all([state.delete(data.key), forgetPlan(state, data.batch_id)]);
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
