import { readFileSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { unheard } from './unheard.ts';

/** Where Redis (or Valkey, which answers as Redis does) is and how to get in. */
export interface RedisPlace {
  /** redis://[user[:password]@]host[:port][/database], or rediss:// for TLS; several, comma-separated, of a cluster. */
  readonly url: string;
  readonly password?: string; // instead of one in the address
  readonly cluster?: boolean;
  readonly caFile?: string; // PEM of the authority that signed the server's certificate
  readonly telemetry?: Telemetry;
}

export type RedisConnection = Redis | Cluster;

/** How soon a lost connection is tried again, at most; long outages then end within two seconds. */
const RETRY_MS = 2_000;
const CONNECT_MS = 10_000;
/** The first version with SET … GET and reliable streams; all since 2021. */
const OLDEST = [6, 2];

/**
 * Connects and checks what Logster needs: a version from 6.2 on and `noeviction`, since an evicted batch or job is a
 * lost one. While a server restarts or fails over, commands wait and are sent again: every command that Logster sends
 * may be repeated. Throws `unavailable` when nothing answers within ten seconds, `config-invalid` when the server will
 * not do.
 */
export async function connectRedis(place: RedisPlace): Promise<RedisConnection> {
  const connection = place.cluster ? clusterOf(place) : singleOf(place);
  try {
    await readiness(connection, place);
    await checkServers(connection, place);
  } catch (cause) {
    connection.disconnect();
    throw cause;
  }
  return connection;
}

/** Ends with the first answer; a server that starts just now is waited for, one that refuses us is not. */
function readiness(connection: RedisConnection, place: RedisPlace): Promise<void> {
  const { telemetry = unheard } = place;
  return new Promise((resolve, reject) => {
    let reason = 'it gave no answer';
    const refuse = (): void =>
      reject(
        new LogsterError(
          'unavailable',
          `Redis at ${nameOf(place)} cannot be used: ${reason}. Start it or correct redis.url`,
        ),
      );
    const late = setTimeout(refuse, CONNECT_MS);
    let isAway = false;
    connection.on('ready', () => {
      if (isAway) recheck(connection, place);
      isAway = false;
      clearTimeout(late);
      resolve();
    });
    connection.on('error', (error: unknown) => {
      reason = reasonOf(error);
      telemetry.metrics.count('redis_connection_errors_total');
      if (!isAway)
        telemetry.log.warn('Redis does not answer; its users wait', { redis: nameOf(place), reason });
      isAway = true;
      if (!/WRONGPASS|NOAUTH|NOPERM|certificate/i.test(reason)) return;
      clearTimeout(late);
      refuse();
    });
    connection.connect().catch(() => undefined); // the first failure of many; `error` tells of each
  });
}

/** After a failover another server may answer, with other settings. */
function recheck(connection: RedisConnection, place: RedisPlace): void {
  const { telemetry = unheard } = place;
  checkServers(connection, place).then(
    () => telemetry.log.info('Redis answered again', { redis: nameOf(place) }),
    (thrown: unknown) => telemetry.log.error('Redis is back, but will not do', { reason: reasonOf(thrown) }),
  );
}

/** Whether an error only says that the server is away, which the connection itself has told once already. */
export function isConnectionLoss(error: unknown): boolean {
  return /ECONN|EPIPE|ETIMEDOUT|Connection is closed|Socket closed/.test(reasonOf(error));
}

/** Closes after pending commands, or without them when the server does not answer. */
export async function closeRedis(connection: RedisConnection): Promise<void> {
  if (connection.status === 'ready') await connection.quit().catch(() => undefined); // it hung up first
  connection.disconnect();
}

/** The address without what is secret. */
export function nameOf({ url }: RedisPlace): string {
  return url
    .split(',')
    .map((one) => {
      const { protocol, host, pathname } = parsed(one);
      return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
    })
    .join(',');
}

function singleOf(place: RedisPlace): Redis {
  return new Redis({ ...optionsOf(place, parsed(place.url)), lazyConnect: true });
}

function clusterOf(place: RedisPlace): Cluster {
  const addresses = place.url.split(',').map(parsed);
  const [first] = addresses;
  if (!first) throw new LogsterError('config-invalid', 'redis.url names no server');
  const {
    host: _host,
    port: _port,
    db: _db,
    retryStrategy: _retry,
    ...redisOptions
  } = optionsOf(place, first);
  return new Cluster(
    addresses.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    { redisOptions, lazyConnect: true, clusterRetryStrategy: pauseBefore },
  );
}

function optionsOf(place: RedisPlace, url: URL) {
  const password = place.password ?? (decodeURIComponent(url.password) || undefined);
  const tls = url.protocol === 'rediss:' || place.caFile !== undefined;
  const database = Number(url.pathname.slice(1) || 0);
  return {
    host: url.hostname,
    port: Number(url.port || 6379),
    db: database,
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: place.caFile ? { ca: readFileSync(place.caFile) } : {} }),
    maxRetriesPerRequest: null, // wait for the server rather than fail; BullMQ's workers demand it too
    retryStrategy: pauseBefore,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'), // a replica now: find the new primary
    connectTimeout: CONNECT_MS,
  };
}

const pauseBefore = (times: number): number => Math.min(times * 100, RETRY_MS);

function parsed(url: string): URL {
  try {
    return new URL(url.trim());
  } catch (cause) {
    throw new LogsterError(
      'config-invalid',
      'redis.url must look like redis://host:6379 or rediss://user@host:6379/0',
      { cause },
    );
  }
}

async function checkServers(connection: RedisConnection, place: RedisPlace): Promise<void> {
  const servers = connection instanceof Cluster ? connection.nodes('master') : [connection];
  for (const server of servers) {
    const facts = factsOf(await server.info());
    const version = facts.get('redis_version') ?? '0';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [oldMajor = 0, oldMinor = 0] = OLDEST;
    if (major < oldMajor || (major === oldMajor && minor < oldMinor))
      throw new LogsterError(
        'config-invalid',
        `Redis at ${nameOf(place)} is ${version}; Logster needs ${OLDEST.join('.')} or newer`,
      );
    const policy = facts.get('maxmemory_policy');
    place.telemetry?.metrics.gauge('redis_evicts', policy === 'noeviction' ? 0 : 1);
    if (policy !== undefined && policy !== 'noeviction')
      throw new LogsterError(
        'config-invalid',
        `Redis at ${nameOf(place)} evicts keys when memory is short (maxmemory-policy ${policy}), and with them batches and jobs; set it to noeviction or give Logster a Redis of its own`,
      );
  }
}

function factsOf(info: string): ReadonlyMap<string, string> {
  const lines = info.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

const SCAN_COUNT = 1_000;

/** Keys that begin with a prefix, on every server; SCAN may name one twice while a table grows. */
export async function keysOf(connection: RedisConnection, prefix: string): Promise<string[]> {
  const servers = connection instanceof Cluster ? connection.nodes('master') : [connection];
  const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
  const found = new Set<string>();
  for (const server of servers) {
    for (let cursor = '0', begun = false; !begun || cursor !== '0'; begun = true) {
      const [next, keys] = await server.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      for (const key of keys) found.add(key);
      cursor = next;
    }
  }
  return [...found];
}
