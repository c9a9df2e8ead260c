import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { askFor, readAnswer, tell } from './mlflow-calls.ts';
import type { Answer, Call, MlflowClient } from './mlflow-client.ts';
import { pairs, type Run } from './mlflow-runs.ts';
import type { Alias } from './registry.ts';

/** The tag of a version with its manifest's sha256. */
export const MANIFEST_TAG = 'logster.manifest';

/** A version as MLflow has it. */
export interface MlflowVersion {
  readonly version: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly source: string;
  /** Missing from versions that Logster did not register. */
  readonly manifestSha256: string | undefined;
}

const PAGE = 1000;
const TRIES = 5; // MLflow itself gives up after three numbers that others took meanwhile
const PAUSE_MS = 50;

const versionSchema = z.object({
  name: z.string(),
  version: z.coerce.string(),
  creation_timestamp: z.number(),
  source: z.string().default(''),
  status: z.string().default('READY'),
  tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
});
const oneSchema = z.object({ model_version: versionSchema });
const pageSchema = z.object({
  model_versions: z.array(versionSchema).default([]),
  next_page_token: z.string().optional(),
});

/** The version, unless there is none, or none yet. */
export async function findVersion(
  client: MlflowClient,
  name: string,
  version: string,
): Promise<MlflowVersion | undefined> {
  const call: Call = { method: 'GET', path: 'mlflow/model-versions/get', query: { name, version } };
  return found(client, call, await client.ask(call), 'RESOURCE_DOES_NOT_EXIST');
}

/** Every version of a model, in the order of their numbers. */
export function listVersions(client: MlflowClient, name: string): Promise<readonly MlflowVersion[]> {
  return search(client, name, `name='${name}'`); // a checked name has no quotes
}

/**
 * Makes the version of a run, which is complete by now. The call itself is sent once, for a second arrival would
 * make a second version; whether the first one arrived is asked by the run's id, and only when MLflow itself
 * said that it made none it is sent again.
 */
export async function createVersion(
  client: MlflowClient,
  name: string,
  run: Run,
  tags: Readonly<Record<string, string>>,
): Promise<MlflowVersion> {
  await openModel(client, name);
  const body = { name, source: run.artifactUri, run_id: run.id, tags: pairs(tags) };
  const call: Call = { method: 'POST', path: 'mlflow/model-versions/create', body, once: true };
  for (let tries = 1; ; tries += 1) {
    const outcome = await client.ask(call).catch((error: unknown) => ({ error }));
    if ('ok' in outcome && outcome.ok)
      return readVersion(readAnswer(client, call, outcome.bytes, oneSchema).model_version);
    const [made] = await search(client, name, `run_id='${run.id}'`);
    if (made) return made;
    if ('error' in outcome) throw outcome.error;
    const undone = outcome.status >= 500 && !outcome.errorCode.startsWith('HTTP');
    if (!undone || tries === TRIES) throw client.refused(call, outcome);
    await pause(PAUSE_MS * tries);
  }
}

/** Aliases of registered models: MLflow moves each in one step. */
export function mlflowAliases(client: MlflowClient) {
  const path = 'mlflow/registered-models/alias';
  return {
    async get(name: string, alias: Alias): Promise<MlflowVersion | undefined> {
      const call: Call = { method: 'GET', path, query: { name, alias } };
      const answer = await client.ask(call);
      // a missing alias of a model is an invalid parameter to MLflow, a missing model is a missing resource
      const missing = !answer.ok && /alias .* not found/i.test(answer.message);
      return found(client, call, answer, missing ? 'INVALID_PARAMETER_VALUE' : 'RESOURCE_DOES_NOT_EXIST');
    },
    /** A repeat sets the same. */
    set: (name: string, alias: Alias, version: string) =>
      tell(client, { method: 'POST', path, body: { name, alias, version } }),
    /** Takes an alias away, if it is there. */
    async remove(name: string, alias: Alias): Promise<void> {
      const call: Call = { method: 'DELETE', path, body: { name, alias } };
      const answer = await client.ask(call);
      if (!answer.ok && answer.errorCode !== 'RESOURCE_DOES_NOT_EXIST') throw client.refused(call, answer);
    },
  };
}

/** Makes the registered model unless it is there, which a second arrival of the call finds too. */
async function openModel(client: MlflowClient, name: string): Promise<void> {
  const call: Call = { method: 'POST', path: 'mlflow/registered-models/create', body: { name } };
  const answer = await client.ask(call);
  if (!answer.ok && answer.errorCode !== 'RESOURCE_ALREADY_EXISTS') throw client.refused(call, answer);
}

async function search(client: MlflowClient, name: string, filter: string): Promise<readonly MlflowVersion[]> {
  const byNumber = new Map<number, MlflowVersion>();
  for (let token: string | undefined = ''; token !== undefined; ) {
    // by number, for in MLflow's own order, the last change first, a change moves versions between two pages
    const query = {
      filter,
      max_results: PAGE,
      order_by: 'version_number ASC',
      ...(token && { page_token: token }),
    };
    const call: Call = { method: 'GET', path: 'mlflow/model-versions/search', query };
    const page: z.infer<typeof pageSchema> = await askFor(client, call, pageSchema);
    // some databases compare names without regard to case
    for (const one of page.model_versions.filter((each) => each.name === name && each.status === 'READY'))
      byNumber.set(Number(one.version), readVersion(one));
    token = page.next_page_token || undefined;
  }
  return [...byNumber].sort(([a], [b]) => a - b).map(([, version]) => version);
}

function found(client: MlflowClient, call: Call, answer: Answer, missing: string): MlflowVersion | undefined {
  if (!answer.ok && answer.errorCode === missing) return undefined;
  if (!answer.ok) throw client.refused(call, answer);
  const one = readAnswer(client, call, answer.bytes, oneSchema).model_version;
  return one.status === 'READY' ? readVersion(one) : undefined;
}

function readVersion(one: z.infer<typeof versionSchema>): MlflowVersion {
  return {
    version: one.version,
    createdAt: one.creation_timestamp / 1000,
    source: one.source,
    manifestSha256: one.tags.find(({ key }) => key === MANIFEST_TAG)?.value,
  };
}
