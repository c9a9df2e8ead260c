import { readFileSync } from 'node:fs';
import { Client, type ClientOptions, errors, type estypes } from '@elastic/elasticsearch';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Clock } from '../telemetry/telemetry.ts';

/** Where the cluster is and who we are to it. An API key goes before a name and password. */
export interface Address {
  readonly node: string | readonly string[];
  readonly apiKey?: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM file of the authority that signed the cluster's certificate; without it the system's authorities count. */
  readonly caFile?: string;
}

/** One client, whose failures are all `LogsterError`s that name the cluster and never a password. */
export interface Connection {
  /** The nodes' addresses, without credentials. */
  readonly where: string;
  ask<T>(run: (client: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** An answer may take so long; a bulk of 5 MB that waits for its refresh takes about 2 s on a busy machine. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Makes the client; nothing is sent yet. Throws `config-invalid` for an address or file that cannot be used. */
export function connect(address: Address): Connection {
  const { nodes, auth } = nodesOf(address);
  const where = nodes.map((node) => node.host).join(', ');
  const options: ClientOptions = {
    nodes: nodes.map(String),
    ...(auth && { auth }),
    ...(address.caFile !== undefined && { tls: { ca: certificatesIn(address.caFile) } }),
    maxRetries: 3, // each on the next node; safe, since every write of ours may be repeated
    requestTimeout: REQUEST_TIMEOUT_MS,
  };
  const client = new Client(options);
  let open = true;
  return {
    where,
    async ask(run) {
      if (!open)
        throw new LogsterError('closed', `The documents at ${where} were closed; connect to them again`);
      for (let tries = 1; ; tries += 1) {
        try {
          return await run(client);
        } catch (thrown) {
          if (!open) throw new LogsterError('closed', `${where} was closed meanwhile`);
          // a shard that is just being made or moved answers a moment later; every call of ours may be repeated
          if (statusOf(thrown) !== NO_SHARD_YET || tries === BUSY_TRIES) throw translated(thrown, where);
          await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS * tries));
        }
      }
    },
    async close() {
      if (!open) return;
      open = false;
      await client.close();
    },
  };
}

function nodesOf(address: Address): { nodes: URL[]; auth: ClientOptions['auth'] } {
  const nodes = [address.node].flat().map((node) => {
    if (!URL.canParse(node) || !/^https?:$/.test(new URL(node).protocol)) {
      throw new LogsterError(
        'config-invalid',
        'An address of Elasticsearch cannot be read; it looks like http://host:9200',
      );
    }
    return new URL(node);
  });
  const [first] = nodes;
  if (!first) throw new LogsterError('config-invalid', 'Elasticsearch needs at least one address');
  const username = address.username ?? decodeURIComponent(first.username);
  const password = address.password ?? decodeURIComponent(first.password);
  // taken out of the addresses, which appear in messages
  for (const node of nodes) Object.assign(node, { username: '', password: '' });
  if (address.apiKey !== undefined) return { nodes, auth: { apiKey: address.apiKey } };
  return { nodes, auth: username === '' ? undefined : { username, password } };
}

function certificatesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LogsterError(
      'config-invalid',
      `The certificates in ${file} cannot be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

const NO_SHARD_YET = 503;
const BUSY_TRIES = 5;
const BUSY_PAUSE_MS = 200;

/** The HTTP status that a failed call was answered with, if it was answered. */
export function statusOf(thrown: unknown): number | undefined {
  const cause = thrown instanceof LogsterError ? thrown.cause : thrown;
  return cause instanceof errors.ResponseError ? cause.statusCode : undefined;
}

/** Whether the cluster was only too busy, so that the same call may succeed later. */
export function isBusy(status: number | undefined): boolean {
  return status === 429 || (status !== undefined && status >= 500);
}

function translated(thrown: unknown, where: string): LogsterError {
  if (thrown instanceof LogsterError) return thrown;
  const cause = thrown;
  const fail = (code: LogsterError['code'], text: string) =>
    new LogsterError(code, `Elasticsearch at ${where} ${text}`, { cause });
  if (thrown instanceof errors.ProductNotSupportedError) {
    return fail('config-invalid', 'did not say that it is Elasticsearch; Logster needs version 8 or 9 of it');
  }
  const status = statusOf(thrown);
  if (status === undefined) return fail('unavailable', `does not answer: ${why(thrown)}`);
  if (isBusy(status)) return fail('unavailable', `cannot answer now (${status}): ${why(thrown)}`);
  if (status === 401) {
    return fail(
      'config-invalid',
      `refused the credentials; check the API key or the user name and password: ${why(thrown)}`,
    );
  }
  if (status === 403)
    return fail('config-invalid', `does not let this user do what is needed: ${why(thrown)}`);
  if (status === 404) return fail('not-found', `has no such thing: ${why(thrown)}`);
  if (status === 406 || why(thrown).includes('media_type')) {
    return fail('config-invalid', `is too old or too new; Logster needs version 8 or 9: ${why(thrown)}`);
  }
  return fail('input-invalid', `refused (${status}): ${why(thrown)}`);
}

function why(thrown: unknown): string {
  if (!(thrown instanceof errors.ResponseError)) return reasonOf(thrown);
  const error = (thrown.body as { error?: estypes.ErrorCause | string } | undefined)?.error;
  if (typeof error === 'string') return error;
  return error ? causeText(error) : reasonOf(thrown);
}

/** A server's error in one line, down to its root. */
export function causeText(error: estypes.ErrorCause): string {
  const deeper = error.root_cause?.[0] ?? error.caused_by;
  const own = `${error.type}: ${error.reason || 'no reason given'}`;
  const root = deeper && deeper.reason !== error.reason ? causeText({ ...deeper, root_cause: [] }) : '';
  return root === '' ? own : `${own} (${root})`;
}

/** Waits on a clock. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resume) => {
    clock.after(ms, resume);
  });
}
