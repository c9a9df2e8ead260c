import { isIP } from 'node:net';
import {
  type API,
  Base,
  type BaseOptions,
  type Broker,
  type ClusterMetadata,
  type Connection,
  compressionsAlgorithms,
  type fetchV17,
  type findCoordinatorV6,
  type heartbeatV4,
  type joinGroupV9,
  kGetApi,
  kGetBootstrapConnection,
  kGetConnection,
  type leaveGroupV5,
  type offsetCommitV9,
  type offsetFetchV9,
  type SASLOptions,
  type syncGroupV5,
} from '@platformatic/kafka';
import { type Codec, lz4Codec, snappyCodec, zstdCodec } from './kafka-codecs.ts';
import { type KafkaPlace, type Sasl, tlsOf, tokenOf } from './kafka-place.ts';
import { isPassing } from './platformatic-errors.ts';

/** Kafka's requests that this adapter makes itself, because the library's own steps leave no room between them. */
interface Apis {
  readonly Fetch: typeof fetchV17.api;
  readonly FindCoordinator: typeof findCoordinatorV6.api;
  readonly Heartbeat: typeof heartbeatV4.api;
  readonly JoinGroup: typeof joinGroupV9.api;
  readonly LeaveGroup: typeof leaveGroupV5.api;
  readonly OffsetCommit: typeof offsetCommitV9.api;
  readonly OffsetFetch: typeof offsetFetchV9.api;
  readonly SyncGroup: typeof syncGroupV5.api;
}
type ArgumentsOf<A> = A extends API<infer Arguments, unknown> ? Arguments : never;
type AnswerOf<A> = A extends API<infer _, infer Answer> ? Answer : never;

const REQUEST_MS = 30_000;
/** How long what is known of topics and leaders is believed, unless a broker says that it is wrong. */
const METADATA_MS = 60_000;

/** Connections of its own to the brokers, one to each: what waits at a broker holds back what comes after it. */
export class PlatformaticClient {
  readonly base: Base;

  constructor(place: KafkaPlace, requestMs = REQUEST_MS) {
    this.base = new Base(clientOptions(place, requestMs));
  }

  /** Asks one broker, or any; throws the library's errors. */
  async ask<Name extends keyof Apis>(
    name: Name,
    broker: Broker | undefined,
    ...given: ArgumentsOf<Apis[Name]>
  ): Promise<AnswerOf<Apis[Name]>> {
    const connection = await new Promise<Connection>((resolve, reject) => {
      const got = settle(resolve, reject);
      if (broker) this.base[kGetConnection](broker, got);
      else this.base[kGetBootstrapConnection](got);
    });
    const api = await new Promise<API<ArgumentsOf<Apis[Name]>, AnswerOf<Apis[Name]>>>((resolve, reject) => {
      this.base[kGetApi](name, settle(resolve, reject));
    });
    try {
      return await api.async(connection, ...given);
    } catch (error) {
      if (isLate(error)) await connection.close(); // the library loses its place when a late answer comes
      throw error;
    }
  }

  /** Leaders and ids of topics; asked of a broker when unknown, old, or `anew`. */
  metadata(names: readonly string[], anew = false): Promise<ClusterMetadata> {
    return this.base.metadata({ topics: [...names], forceUpdate: anew });
  }

  /** Ends every connection, and with it what waits for an answer. The next question connects anew. */
  drop(): void {
    dropConnections(this.base);
  }

  close(): Promise<void> {
    return this.base.close();
  }
}

/** What every client of the library is made with. */
export function clientOptions(place: KafkaPlace, requestMs = REQUEST_MS): BaseOptions {
  prepareCodecs();
  const tls = tlsOf(place);
  return {
    clientId: place.clientId ?? 'logster',
    bootstrapBrokers: [...place.brokers],
    ...(tls && { tls, tlsServerName: place.brokers.every(isNamed) }),
    ...(place.sasl && { sasl: saslOf(place.sasl) }),
    connectTimeout: 5_000,
    requestTimeout: requestMs,
    timeout: REQUEST_MS,
    retries: 5,
    retryDelay: (_client, _operation, attempt) => Math.min(100 * 2 ** attempt, 2_000),
    metadataMaxAge: METADATA_MS,
    autocreateTopics: false,
  };
}

/** Whether a broker is addressed by name; TLS knows no server names that are IP addresses. */
function isNamed(broker: string): boolean {
  return isIP(broker.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) === 0;
}

/** Ends the connections of a client that goes on. */
export function dropConnections({ connections }: Base): void {
  for (const [, connection] of connections) connection.close(() => undefined);
}

/** Whether a request got no answer in time. */
export function isLate(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'TimeoutError';
}

/** Waits for an answer, asking again while that may help and nobody has given up. */
export async function persist<T>(ask: () => Promise<T>, isOver: () => boolean, pauseMs = 200): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (isOver() || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function settle<T>(resolve: (value: T) => void, reject: (error: unknown) => void) {
  return (error: Error | null, value?: T): void => {
    if (error || value === undefined) reject(error ?? new Error('Kafka gave nothing'));
    else resolve(value);
  };
}

function saslOf(sasl: Sasl): SASLOptions {
  if (sasl.mechanism === 'oauthbearer') {
    const { tokenFile } = sasl;
    return { mechanism: 'OAUTHBEARER', token: () => tokenOf(tokenFile) };
  }
  const { username, password } = sasl;
  const mechanism = {
    plain: 'PLAIN',
    'scram-sha-256': 'SCRAM-SHA-256',
    'scram-sha-512': 'SCRAM-SHA-512',
  } as const;
  return { mechanism: mechanism[sasl.mechanism], username, password };
}

let isReady = false;

/**
 * Puts Logster's codecs in the library's places, once: its own read zstd on new Nodes alone and snappy without the
 * wrapping that Kafka's clients give it.
 */
function prepareCodecs(): void {
  if (isReady) return;
  isReady = true;
  for (const [name, codec] of [
    ['snappy', snappyCodec],
    ['lz4', lz4Codec],
    ['zstd', zstdCodec],
  ] as const)
    Object.assign(compressionsAlgorithms[name], libraryCodec(codec));
}

/** The library gives buffers of its own, or views of them. */
type Bytes = Buffer | { readonly buffer: Buffer };

function libraryCodec(codec: Codec) {
  const plain = (data: Bytes): Buffer => (Buffer.isBuffer(data) ? data : data.buffer);
  return {
    available: true,
    compressSync: (data: Bytes) => codec.compress(plain(data)),
    decompressSync: (data: Bytes) => codec.decompress(plain(data)),
  };
}
