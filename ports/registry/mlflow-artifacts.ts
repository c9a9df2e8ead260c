import { LogsterError } from '../../contracts/errors.ts';
import { tell } from './mlflow-calls.ts';
import type { Call, MlflowClient } from './mlflow-client.ts';

const PROXY = 'mlflow-artifacts/artifacts';

/**
 * Where the artifact proxy has what an `mlflow-artifacts:` address names. Throws unavailable for every other
 * scheme: those artifacts lie in a store that only the server's machine, or only its cloud account, can reach.
 */
export function proxied(client: MlflowClient, what: string, uri: string): string {
  const path = /^mlflow-artifacts:(?:\/\/\/|\/)?(?!\/)(.+)$/.exec(uri)?.[1];
  if (path !== undefined) return path;
  throw new LogsterError(
    'unavailable',
    `${what} of MLflow at ${client.address} keeps its artifacts at ${uri}, which its artifact proxy does not serve; ` +
      'start the server with --serve-artifacts and take a new experiment: one that exists keeps its place',
  );
}

/** Stores one file; a repeat stores the same. */
export function upload(client: MlflowClient, path: string, bytes: Buffer): Promise<void> {
  return tell(client, { method: 'PUT', path: urlOf(path), body: bytes, sizeBytes: bytes.length });
}

/** A file's bytes, or nothing where there is none; a larger file is waited for longer. */
export async function download(
  client: MlflowClient,
  path: string,
  sizeBytes: number,
): Promise<Buffer | undefined> {
  const call: Call = { method: 'GET', path: urlOf(path), sizeBytes };
  const answer = await client.ask(call);
  if (answer.ok) return answer.bytes;
  if (answer.errorCode === 'RESOURCE_DOES_NOT_EXIST') return undefined;
  throw client.refused(call, answer);
}

function urlOf(path: string): string {
  return `${PROXY}/${path.split('/').map(encodeURIComponent).join('/')}`;
}
