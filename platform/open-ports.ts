import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SCORE_QUEUE, type ScoreJob } from '../contracts/batch.ts';
import { LogsterError } from '../contracts/errors.ts';
import type { Topic } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import { postgresAlerts } from '../ports/alerts/postgres.ts';
import type { Bus } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { kafkaAdmin, kafkaBus } from '../ports/bus/kafka.ts';
import type { KafkaPlace, Sasl } from '../ports/bus/kafka-place.ts';
import { prepareTopics } from '../ports/bus/kafka-topics.ts';
import { kafkajsTopics } from '../ports/bus/kafkajs-topics.ts';
import { platformaticBus } from '../ports/bus/platformatic.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { elasticsearchDocuments } from '../ports/documents/elasticsearch.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { embeddedGraphs } from '../ports/graphs/embedded.ts';
import type { GraphStore } from '../ports/graphs/graphs.ts';
import { postgresGraphs } from '../ports/graphs/postgres.ts';
import { bullmqQueue } from '../ports/queue/bullmq.ts';
import { embeddedQueue } from '../ports/queue/embedded.ts';
import type { Queue } from '../ports/queue/queue.ts';
import type { RedisPlace } from '../ports/redis.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import { mlflowRegistry } from '../ports/registry/mlflow.ts';
import { mlflowTracking } from '../ports/registry/mlflow-tracking.ts';
import type { Registry } from '../ports/registry/registry.ts';
import type { Tracking } from '../ports/registry/tracking.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import { redisState } from '../ports/state/redis.ts';
import type { State } from '../ports/state/state.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { untilAvailable } from '../ports/until-available.ts';
import type { Config } from './config.ts';
import { secretOf, withPassword } from './secrets.ts';

/** The buses, for their benchmark. */
export const BUS_ENGINES = {
  kafkajs: kafkaBus,
  platformatic: platformaticBus,
  embedded: embeddedBus,
  async removeTopics(place: KafkaPlace): Promise<void> {
    const { prefix = '', topics = [] } = place;
    const admin = await kafkaAdmin(place);
    await admin.deleteTopics({ topics: topics.map((topic) => prefix + topic) });
    await admin.disconnect();
  },
};

interface Opened {
  readonly bus: Bus;
  readonly queue: Queue<ScoreJob>;
  readonly state: State;
  readonly documents: Documents;
  readonly alerts: AlertStore;
  readonly graphs: GraphStore;
  readonly registry: Registry;
}

export type PortName = keyof Opened;
export const PORT_NAMES = [
  'bus',
  'queue',
  'state',
  'documents',
  'alerts',
  'graphs',
  'registry',
] as const satisfies PortName[];

/** What the stages share. */
export interface Ports extends Opened {
  close(): Promise<void>;
}

interface OpenNeeds {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** A folder of the data directory, made if need be. */
  readonly below: (folder: string) => string;
}

/** What people rely on outlives a power cut, not only a killed process. */
const SURVIVES = 'power-cut';

const OPENERS: { readonly [Name in PortName]: (needs: OpenNeeds) => Promise<Opened[Name]> } = {
  bus: async ({ config, telemetry, clock, below }) =>
    config.kafka.brokers.length > 0
      ? BUS_ENGINES[config.kafka.client](kafkaPlaceOf(config, telemetry))
      : embeddedBus({
          directory: below('bus'),
          ...{ clock, telemetry, survives: SURVIVES, topicBytes: config.retention.log_bytes },
        }),
  queue: async ({ config, telemetry, clock, below }) => {
    const limits = { jobs: config.queue.max_jobs, bytes: config.queue.max_bytes };
    const redis = redisPlaceOf(config, telemetry);
    if (redis)
      return bullmqQueue<ScoreJob>({
        ...redis,
        name: SCORE_QUEUE,
        limits,
        prefix: `{${config.redis.prefix}}`,
      });
    const directory = below('queue');
    return embeddedQueue<ScoreJob>({
      directory,
      name: SCORE_QUEUE,
      limits,
      clock,
      telemetry,
      survives: SURVIVES,
    });
  },
  state: async ({ config, telemetry, clock, below }) => {
    const redis = redisPlaceOf(config, telemetry);
    if (redis) return redisState({ ...redis, prefix: config.redis.prefix });
    return embeddedState({ directory: below('state'), clock, telemetry, survives: SURVIVES });
  },
  documents: async ({ config, telemetry, clock, below }) => {
    const { url, prefix, shards, replicas, username, password_file, api_key_file, ca_file } =
      config.elasticsearch;
    if (url === undefined) return embeddedDocuments({ file: join(below('documents'), 'documents.db') });
    return elasticsearchDocuments({
      ...{ node: url, prefix, shards, replicas, telemetry, clock },
      ...given({ username, caFile: ca_file }),
      ...given({ password: secretOf(password_file), apiKey: secretOf(api_key_file) }),
    });
  },
  alerts: async ({ config, telemetry, below }) => {
    const postgres = postgresPlaceOf(config);
    if (postgres) return postgresAlerts({ ...postgres, telemetry });
    return embeddedAlerts({ file: join(below('alerts'), 'alerts.db') });
  },
  graphs: async ({ config, telemetry, below }) => {
    const postgres = postgresPlaceOf(config);
    if (postgres) return postgresGraphs({ ...postgres, telemetry });
    return embeddedGraphs({ file: join(below('graphs'), 'graphs.db') });
  },
  registry: async ({ config, telemetry, clock, below }) => {
    const { url, experiment, prefix, username, password_file, token_file, ca_file } = config.mlflow;
    if (url === undefined) return folderRegistry({ directory: below('registry') });
    return mlflowRegistry({
      ...{ url, experiment, prefix, username, caFile: ca_file, telemetry, clock },
      ...{ password: secretOf(password_file), token: secretOf(token_file) },
    });
  },
};

export interface OpenOptions {
  readonly clock?: Clock;
  readonly only?: readonly PortName[];
  /** Waits for a server that does not answer yet, as a stage should; a tool rather says so. */
  readonly patient?: boolean;
}

/** Opens ports, all or some: embedded below the data directory, or the distributed engine whose address is set. */
export async function openPorts(
  config: Config,
  telemetry: Telemetry,
  { clock = systemClock, only = PORT_NAMES, patient = false }: OpenOptions = {},
): Promise<Ports> {
  const below = (folder: string): string => {
    const directory = join(config.data.directory, folder);
    mkdirSync(directory, { recursive: true });
    return directory;
  };
  const needs = { config, telemetry, clock, below };
  const closers: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const port of closers) await port.close();
  };
  const open = async <Name extends PortName>(name: Name): Promise<Opened[Name]> => {
    if (!only.includes(name)) return unopened(name);
    const opening = () => OPENERS[name](needs);
    const port = patient ? await untilAvailable({ what: name, telemetry, clock }, opening) : await opening();
    closers.push(port);
    return port;
  };
  try {
    return {
      bus: await open('bus'),
      queue: await open('queue'),
      state: await open('state'),
      documents: await open('documents'),
      alerts: await open('alerts'),
      graphs: await open('graphs'),
      registry: await open('registry'),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Where trainings are tracked beside their own files: MLflow where one is set, else nowhere. */
export function openTracking(config: Config, telemetry: Telemetry): Tracking | undefined {
  const { url, prefix, username, password_file, token_file, ca_file } = config.mlflow;
  if (url === undefined) return undefined;
  return mlflowTracking({
    ...{ url, prefix, username, caFile: ca_file, telemetry },
    ...{ password: secretOf(password_file), token: secretOf(token_file) },
  });
}

/** Which engine stands behind each port, for people. */
export function enginesOf(config: Config): Readonly<Record<PortName, string>> {
  const { kafka, redis, elasticsearch, postgres, mlflow } = config;
  const inPostgres = postgres.url === undefined ? 'SQLite' : 'PostgreSQL';
  const inRedis = redis.url === undefined ? 'lmdb' : 'Redis';
  return {
    bus: kafka.brokers.length > 0 ? `Kafka (${kafka.client})` : 'lmdb',
    queue: redis.url === undefined ? 'lmdb' : 'BullMQ on Redis',
    state: inRedis,
    documents: elasticsearch.url === undefined ? 'SQLite' : 'Elasticsearch',
    alerts: inPostgres,
    graphs: inPostgres,
    registry: mlflow.url === undefined ? 'folder' : 'MLflow',
  };
}

/** Stands for a port that the stage did not say it uses. */
function unopened<Name extends PortName>(name: Name): Opened[Name] {
  return new Proxy({} as Opened[Name], {
    get(_, property) {
      if (property === 'then') return undefined; // asked of whatever an async function gives back
      throw new LogsterError('conflict', `The port ${name} was not opened for this process`);
    },
  });
}

/** Makes the topics that are missing and checks the others; answers those that were made. */
export async function kafkaTopics(config: Config, telemetry: Telemetry): Promise<readonly Topic[]> {
  const place = kafkaPlaceOf(config, telemetry);
  const admin = await kafkaAdmin(place);
  try {
    return await prepareTopics(kafkajsTopics(admin), place);
  } finally {
    await admin.disconnect();
  }
}

function kafkaPlaceOf({ kafka }: Config, telemetry: Telemetry): KafkaPlace {
  const { brokers, prefix, replication, compression, tls, ca_file } = kafka;
  const sasl = saslOf(kafka);
  return {
    ...{ brokers, prefix, replication, compression, tls, telemetry },
    sessionTimeoutMs: kafka.session_seconds * 1000,
    heartbeatMs: Math.min(3_000, (kafka.session_seconds * 1000) / 5),
    ...given({ caFile: ca_file, sasl }),
  };
}

function saslOf({ sasl_mechanism, username, password_file, token_file }: Config['kafka']): Sasl | undefined {
  if (sasl_mechanism === undefined) return undefined;
  if (sasl_mechanism === 'oauthbearer') {
    if (token_file !== undefined) return { mechanism: sasl_mechanism, tokenFile: token_file };
    throw new LogsterError('config-invalid', 'kafka.sasl_mechanism oauthbearer needs kafka.token_file');
  }
  const password = secretOf(password_file);
  if (username !== undefined && password !== undefined)
    return { mechanism: sasl_mechanism, username, password };
  throw new LogsterError(
    'config-invalid',
    `kafka.sasl_mechanism ${sasl_mechanism} needs kafka.username and kafka.password_file`,
  );
}

function redisPlaceOf({ redis }: Config, telemetry: Telemetry): RedisPlace | undefined {
  const { url, cluster, password_file, ca_file } = redis;
  if (url === undefined) return undefined;
  return { url, cluster, telemetry, ...given({ password: secretOf(password_file), caFile: ca_file }) };
}

function postgresPlaceOf({ postgres }: Config) {
  const { url, schema, pool, password_file, ca_file } = postgres;
  if (url === undefined) return undefined;
  return {
    ...{ url: withPassword(url, secretOf(password_file)), schema, poolSize: pool },
    ...(ca_file !== undefined && { tls: { caFile: ca_file } }),
  };
}

/** Only what is there: optional settings of the ports may be absent, not undefined. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
