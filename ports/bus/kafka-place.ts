import { readFileSync } from 'node:fs';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Compression, SASL_MECHANISMS } from './kafka-settings.ts';

/** How to authenticate: by name and password, or by a token that is read anew for every connection. */
export type Sasl =
  | {
      readonly mechanism: Exclude<(typeof SASL_MECHANISMS)[number], 'oauthbearer'>;
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly tokenFile: string };

/** Where Kafka is, how to get in, and how Logster behaves there. */
export interface KafkaPlace {
  readonly brokers: readonly string[]; // host:port
  readonly clientId?: string;
  readonly tls?: boolean;
  readonly caFile?: string; // PEM of the authority that signed the brokers' certificates; turns TLS on
  readonly sasl?: Sasl;
  readonly replication?: number; // of topics that are created
  readonly compression?: Compression;
  /** Before every topic and group, so that several installations of Logster share a cluster. */
  readonly prefix?: string;
  /** A consumer that gave no sign for so long loses its partitions; longer than any pause of a busy process. */
  readonly sessionTimeoutMs?: number;
  readonly heartbeatMs?: number;
  /** How long a broker may hold a fetch back that has nothing to give. */
  readonly maxWaitMs?: number;
  /** Topics to create and check; all, unless a tool needs few. */
  readonly topics?: readonly Topic[];
  readonly telemetry?: Telemetry;
}

/** A batch of one request to one partition; well below the 1 MB that brokers take unless told otherwise. */
export const REQUEST_BYTES = 900_000;
/** A single message may be so large: topics that Logster creates take it. */
export const MESSAGE_BYTES = 8 * 2 ** 20;

export const kafkaTimes = ({ sessionTimeoutMs, heartbeatMs, maxWaitMs }: KafkaPlace) => ({
  sessionTimeoutMs: sessionTimeoutMs ?? 30_000,
  heartbeatMs: heartbeatMs ?? 3_000,
  maxWaitMs: maxWaitMs ?? 500,
});

/** TLS as the settings say; undefined for none. */
export function tlsOf({ tls, caFile }: KafkaPlace): TlsOptions | undefined {
  if (!tls && caFile === undefined) return undefined;
  return caFile === undefined ? {} : { ca: readFileSync(caFile) };
}

/** The token of a file, as an orchestrator renews it. */
export async function tokenOf(file: string): Promise<string> {
  return readFileSync(file, 'utf8').trim();
}

/** Refuses what could never work, naming the setting. */
export function checkPlace({ brokers }: KafkaPlace): void {
  const wrong = brokers.find((one) => !/^[^\s:/]+:\d+$|^\[[^\]]+\]:\d+$/.test(one));
  if (brokers.length > 0 && wrong === undefined) return;
  throw new LogsterError(
    'config-invalid',
    `kafka.brokers needs addresses like broker-1:9092${wrong === undefined ? '' : `, not "${wrong}"`}`,
  );
}

/** What a caller sees when no broker answers, or none lets it in. `reason` says more than the error's own words. */
export function kafkaAway(place: KafkaPlace, cause: unknown, reason = reasonOf(cause)): LogsterError {
  const where = `Kafka at ${place.brokers.join(', ')}`;
  const settings = settingsAtFault(cause);
  if (settings !== undefined)
    return new LogsterError('config-invalid', `${where} lets nobody in: ${reason}. Correct ${settings}`, {
      cause,
    });
  return new LogsterError(
    'unavailable',
    `${where} cannot be used: ${reason}. Start it or correct kafka.brokers`,
    { cause },
  );
}

/** The settings to correct, when the broker answered and one side did not trust the other. */
function settingsAtFault(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const {
    name,
    message,
    code,
    cause,
    errors = [],
  } = thrown as Error & { code?: unknown; errors?: unknown[] };
  if (/SASL|authentication/i.test(`${name} ${message}`))
    return 'kafka.sasl_mechanism, kafka.username, kafka.password_file or kafka.token_file';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(String(code)) || /certificate/.test(message))
    return 'kafka.ca_file';
  return [cause, ...errors].map(settingsAtFault).find((settings) => settings !== undefined);
}
