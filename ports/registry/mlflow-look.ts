import { z } from 'zod';
import { askFor, tell } from './mlflow-calls.ts';
import type { Call, MlflowClient } from './mlflow-client.ts';

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const entrySchema = z.object({ key: z.string(), value: z.string().default('') });
const runsSchema = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({ run_id: z.string(), artifact_uri: z.string(), status: z.string() }),
        data: z.object({
          metrics: z.array(z.object({ key: z.string(), value: z.number(), step: z.number() })).default([]),
          params: z.array(entrySchema).default([]),
          tags: z.array(entrySchema).default([]),
        }),
      }),
    )
    .default([]),
});
const versionSchema = z.object({ model_version: z.object({ source: z.string() }) });

/** A run as MLflow tells it, for tests. */
export interface LookedRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly artifactUri: string;
  readonly status: string;
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
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, value])),
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
  }));
}

/** Changes what MLflow has stored of a version, past the registry. */
export async function stored(client: MlflowClient, name: string, version: string) {
  const call: Call = { method: 'GET', path: 'mlflow/model-versions/get', query: { name, version } };
  const { source } = (await askFor(client, call, versionSchema)).model_version;
  const root = `mlflow-artifacts/artifacts/${source.replace('mlflow-artifacts:/', '')}`;
  return {
    put: (file: string, text: string) =>
      tell(client, { method: 'PUT', path: `${root}/${file}`, body: Buffer.from(text) }),
    remove: (file: string) => tell(client, { method: 'DELETE', path: `${root}/${file}` }),
  };
}
