import { z } from 'zod';
import { askFor, tell } from './mlflow-calls.ts';
import type { Call, MlflowClient } from './mlflow-client.ts';

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const entrySchema = z.object({ key: z.string(), value: z.string().default('') });
const runsSchema = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({
          run_id: z.string(),
          artifact_uri: z.string(),
          status: z.string(),
          start_time: z.number(),
        }),
        data: z.object({
          metrics: z.array(z.object({ key: z.string(), value: z.number(), step: z.number() })).default([]),
          params: z.array(entrySchema).default([]),
          tags: z.array(entrySchema).default([]),
        }),
      }),
    )
    .default([]),
});
const historySchema = z.object({
  metrics: z.array(
    z.object({ key: z.string(), value: z.number(), step: z.coerce.number(), timestamp: z.coerce.number() }),
  ),
});
const versionSchema = z.object({ model_version: z.object({ source: z.string() }) });

/** A run as MLflow tells it, for tests. */
export interface LookedRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly artifactUri: string;
  readonly status: string;
  readonly startedAt: number; // epoch seconds
  readonly metrics: Readonly<Record<string, number>>; // the last value of each
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** The runs of an experiment, newest first; none when there is no such experiment. */
export async function runsOf(client: MlflowClient, experiment: string): Promise<readonly LookedRun[]> {
  const call: Call = {
    method: 'GET',
    path: 'mlflow/experiments/get-by-name',
    query: { experiment_name: experiment },
  };
  if (!(await client.ask(call)).ok) return [];
  const { experiment_id: experimentId } = (await askFor(client, call, experimentSchema)).experiment;
  const body = { experiment_ids: [experimentId] };
  const { runs } = await askFor(client, { method: 'POST', path: 'mlflow/runs/search', body }, runsSchema);
  return runs.map(({ info, data }) => ({
    runId: info.run_id,
    experimentId,
    artifactUri: info.artifact_uri,
    status: info.status,
    startedAt: info.start_time / 1000,
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, value])),
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
  }));
}

/** Every value that a run has of a metric, by step. */
export async function historyOf(client: MlflowClient, runId: string, key: string) {
  const query = { run_id: runId, metric_key: key, max_results: 25_000 };
  const call: Call = { method: 'GET', path: 'mlflow/metrics/get-history', query };
  const { metrics } = await askFor(client, call, historySchema);
  return metrics
    .map(({ timestamp, ...one }) => ({ ...one, at: timestamp / 1000 }))
    .sort((a, b) => a.step - b.step);
}

/** Where the artifacts of a version are. */
export async function sourceOf(client: MlflowClient, name: string, version: string): Promise<string> {
  const call: Call = { method: 'GET', path: 'mlflow/model-versions/get', query: { name, version } };
  return (await askFor(client, call, versionSchema)).model_version.source;
}

/** Reads and changes artifacts past the registry. */
export function stored(client: MlflowClient, uri: string) {
  const root = `mlflow-artifacts/artifacts/${uri.replace('mlflow-artifacts:/', '')}`;
  return {
    async get(file: string): Promise<string | undefined> {
      const answer = await client.ask({ method: 'GET', path: `${root}/${file}` });
      return answer.ok ? answer.bytes.toString() : undefined;
    },
    put: (file: string, text: string) =>
      tell(client, { method: 'PUT', path: `${root}/${file}`, body: Buffer.from(text) }),
    remove: (file: string) => tell(client, { method: 'DELETE', path: `${root}/${file}` }),
  };
}
