import { posix } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Clock, Log } from '../telemetry/telemetry.ts';
import { proxied } from './mlflow-artifacts.ts';
import { askFor, readAnswer, tell } from './mlflow-calls.ts';
import type { Call, MlflowClient } from './mlflow-client.ts';
import type { Measured } from './tracking.ts';

export interface Run {
  readonly id: string;
  readonly artifactUri: string;
  /** The same place, for the artifact proxy. */
  readonly artifactPath: string;
}

export interface RunNeeds {
  readonly client: MlflowClient;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export interface RunContent {
  readonly metrics?: readonly Measured[];
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What runs/log-batch takes at once; its own limit of 1 MB is one of characters, and the frame needs a few. */
const AT_ONCE = { metrics: 1000, params: 100, tags: 100 } as const;
const BATCH_CHARACTERS = 900_000;
/** Beyond these MLflow cuts a run's values off without a word. */
const LONGEST = { params: 6000, tags: 8000 } as const;
const LONGEST_KEY = 250;

const experimentSchema = z.object({
  experiment: z.object({
    experiment_id: z.string(),
    artifact_location: z.string(),
    lifecycle_stage: z.string(),
  }),
});
const runSchema = z.object({
  run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }),
});

/** The id of the experiment with this name, made when there is none; of two that make it at once both get it. */
export async function openExperiment(client: MlflowClient, name: string): Promise<string> {
  const found = await experimentNamed(client, name);
  if (found) return usable(client, name, found);
  const call: Call = { method: 'POST', path: 'mlflow/experiments/create', body: { name } };
  const made = await client.ask(call); // repeated: the second arrival finds that it exists, as after a race
  if (!made.ok && made.errorCode !== 'RESOURCE_ALREADY_EXISTS') throw client.refused(call, made);
  const now = await experimentNamed(client, name);
  if (now) return usable(client, name, now);
  throw new LogsterError('conflict', `Experiment ${name} was removed while it was being made; try again`);
}

type Experiment = z.infer<typeof experimentSchema>['experiment'];

async function experimentNamed(client: MlflowClient, name: string): Promise<Experiment | undefined> {
  const query = { experiment_name: name };
  const call: Call = { method: 'GET', path: 'mlflow/experiments/get-by-name', query };
  const answer = await client.ask(call);
  if (answer.ok) return readAnswer(client, call, answer.bytes, experimentSchema).experiment;
  if (answer.errorCode === 'RESOURCE_DOES_NOT_EXIST') return undefined;
  throw client.refused(call, answer);
}

function usable(client: MlflowClient, name: string, experiment: Experiment): string {
  proxied(client, `Experiment ${name}`, experiment.artifact_location);
  if (experiment.lifecycle_stage === 'active') return experiment.experiment_id;
  throw new LogsterError(
    'conflict',
    `Experiment ${name} of MLflow at ${client.address} was deleted; restore it or take another name`,
  );
}

/** Begins a run. Sent once: a second arrival would leave a run that nobody ends. */
export async function startRun(
  client: MlflowClient,
  experimentId: string,
  named: { readonly name: string; readonly at: number },
): Promise<Run> {
  const body = { experiment_id: experimentId, run_name: named.name, start_time: millis(named.at) };
  const call: Call = { method: 'POST', path: 'mlflow/runs/create', body, once: true };
  const { run_id: id, artifact_uri: artifactUri } = (await askFor(client, call, runSchema)).run.info;
  return { id, artifactUri, artifactPath: proxied(client, `Run ${id}`, artifactUri) };
}

/** Writes what a run used and reached, in as few calls as MLflow takes. A repeat writes the same again. */
export async function logToRun(client: MlflowClient, runId: string, content: RunContent): Promise<void> {
  const metrics = (content.metrics ?? []).map(({ at, ...one }) => ({ ...one, timestamp: millis(at) }));
  const batches = [
    ...batchesOf(metrics, AT_ONCE.metrics).map((batch) => ({ metrics: batch })),
    ...batchesOf(pairs(content.params), AT_ONCE.params).map((batch) => ({ params: batch })),
    ...batchesOf(pairs(content.tags), AT_ONCE.tags).map((batch) => ({ tags: batch })),
  ];
  for (const batch of batches) {
    await tell(client, { method: 'POST', path: 'mlflow/runs/log-batch', body: { run_id: runId, ...batch } });
  }
}

/** Does a part of a run's work. If it fails, the run ends as FAILED with the reason in a tag. */
export async function orFailRun<T>(
  { client, clock, log }: RunNeeds,
  run: Run,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = reasonOf(error).slice(0, LONGEST.tags);
    await logToRun(client, run.id, { tags: { 'logster.failure': reason } })
      .then(() => endRun({ client, clock }, run, 'FAILED'))
      .catch((failure) => log.warn('left an MLflow run open', { run: run.id, reason: reasonOf(failure) }));
    throw error;
  }
}

/** Ends a run. */
export function endRun(
  { client, clock }: Pick<RunNeeds, 'client' | 'clock'>,
  run: Run,
  status: 'FINISHED' | 'FAILED',
): Promise<void> {
  const body = { run_id: run.id, status, end_time: millis(clock.now()) };
  return tell(client, { method: 'POST', path: 'mlflow/runs/update', body });
}

/** Throws input-invalid for what MLflow would refuse half-way, cut off or change without a word. */
export function checkContent({ metrics = [], params = {}, tags = {} }: RunContent): void {
  for (const { key, value, step } of metrics) {
    checkKey('metric', key);
    // MLflow turns infinities into the largest doubles, and JSON has no word for any of the three
    if (!Number.isFinite(value)) throw unfit(`Metric ${key} is ${value}`, 'give a finite number');
    if (!Number.isSafeInteger(step)) throw unfit(`Metric ${key} is of step ${step}`, 'give a whole number');
  }
  for (const [what, values] of Object.entries({ params, tags })) {
    const longest = what === 'tags' ? LONGEST.tags : LONGEST.params;
    for (const [key, value] of Object.entries(values)) {
      checkKey(what === 'tags' ? 'tag' : 'parameter', key);
      if (value.length > longest)
        throw unfit(`The value of ${key} has ${value.length} characters`, `MLflow keeps ${longest}`);
    }
  }
}

function checkKey(what: string, key: string): void {
  if (key.length > LONGEST_KEY)
    throw unfit(`A ${what}'s name has ${key.length} characters`, `MLflow takes ${LONGEST_KEY}`);
  const asPath = posix.normalize(key);
  if (!/^[\w.\- :/]+$/.test(key) || asPath !== key || /^\/|^\.\.?(\/|$)/.test(key))
    throw unfit(`"${key}" cannot name a ${what}`, 'use letters, digits, "_", "-", ".", ":", "/" and spaces');
  if (/^(mlflow|logster)\./.test(key))
    throw unfit(
      `"${key}" cannot name a ${what}`,
      'what begins with mlflow. or logster. has a meaning of its own',
    );
}

function unfit(problem: string, wayOut: string): LogsterError {
  return new LogsterError('input-invalid', `${problem}; ${wayOut}`);
}

/** Tags and parameters as MLflow writes them. */
export function pairs(
  values: Readonly<Record<string, string>> = {},
): readonly { readonly key: string; readonly value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function batchesOf<T>(entries: readonly T[], most: number): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const length = JSON.stringify(entry).length + 1;
    const last = batches.at(-1);
    if (last && last.length < most && characters + length <= BATCH_CHARACTERS) {
      last.push(entry);
      characters += length;
    } else {
      batches.push([entry]);
      characters = length;
    }
  }
  return batches;
}

function millis(seconds: number): number {
  return Math.round(seconds * 1000);
}
