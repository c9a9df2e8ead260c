import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { type Connection, pause, statusOf } from './elasticsearch-connection.ts';

/** A cluster that starts is looked at so often. */
const LOOK_EVERY_MS = 500;

/**
 * Waits until the cluster is an Elasticsearch 8 or 9 and at least yellow, so that every shard can be read and written.
 * Throws `unavailable` when it is not within `withinMs`, and `config-invalid` at once for another version or for
 * wrong credentials. Answers the version, if the cluster lets this user know it.
 */
export async function untilReady(
  connection: Connection,
  clock: Clock,
  withinMs: number,
): Promise<string | undefined> {
  const deadline = clock.now() + withinMs / 1000;
  for (;;) {
    const state = await lookAt(connection);
    if (state.ready) return state.version;
    if (clock.now() >= deadline) {
      throw new LogsterError(
        'unavailable',
        `Elasticsearch at ${connection.where} was not ready within ${withinMs / 1000} s: ${state.reason}`,
        { cause: state.cause },
      );
    }
    await pause(clock, LOOK_EVERY_MS);
  }
}

type State =
  | { readonly ready: true; readonly version: string | undefined }
  | { readonly ready: false; readonly reason: string; readonly cause?: unknown };

async function lookAt(connection: Connection): Promise<State> {
  try {
    const version = await versionOf(connection);
    if (version !== undefined) checkVersion(version, connection.where);
    // `GET /` would say less: a node answers it while its cluster cannot be written
    const health = await connection.ask((client) =>
      client.cluster.health({}, { maxRetries: 0, requestTimeout: 10_000 }),
    );
    if (String(health.status).toLowerCase() !== 'red') return { ready: true, version };
    return { ready: false, reason: 'the cluster is red, so some of its data cannot be read' };
  } catch (thrown) {
    if (thrown instanceof LogsterError && thrown.code !== 'unavailable') throw thrown;
    return { ready: false, reason: reasonOf(thrown), cause: thrown };
  }
}

/** From `GET /`, or from the node itself where a reduced or restricted server has no such answer. */
async function versionOf(connection: Connection): Promise<string | undefined> {
  const root = await allowed<{ version?: { number?: string } }>(connection, '/');
  if (root?.version?.number !== undefined) return root.version.number;
  const path = '/_nodes/_local?filter_path=nodes.*.version';
  const local = await allowed<{ nodes?: Record<string, { version?: string }> }>(connection, path);
  return Object.values(local?.nodes ?? {})[0]?.version;
}

async function allowed<T>(connection: Connection, path: string): Promise<T | undefined> {
  try {
    return await connection.ask((client) =>
      client.transport.request<T>(
        { method: 'GET', path },
        // plain JSON: an older server would refuse our version's media type before it told its own
        { headers: { accept: 'application/json' }, maxRetries: 0, requestTimeout: 10_000 },
      ),
    );
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status === 403 || status === 404 || status === 405) return undefined;
    throw thrown;
  }
}

function checkVersion(version: string, where: string): void {
  const major = Number.parseInt(version, 10);
  if (major === 8 || major === 9) return;
  throw new LogsterError(
    'config-invalid',
    `Elasticsearch at ${where} is version ${version}; Logster needs 8 or 9`,
  );
}
