import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import axios, { type AxiosRequestConfig } from 'axios';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';

/** Where an MLflow tracking server is and how to get in: by a token, or by name and password, or freely. */
export interface MlflowServer {
  readonly url: string;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** The certificate of who signed the server's, in PEM. */
  readonly caFile?: string | undefined;
  /** For one try of one call; files get a second more for each MiB. */
  readonly timeoutMs?: number | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** Between 0 and 1, for the pauses between tries. */
  readonly random?: (() => number) | undefined;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /api/2.0, such as mlflow/runs/create. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>> | undefined;
  /** Bytes go as they are, everything else as JSON. */
  readonly body?: Buffer | Readonly<Record<string, unknown>> | undefined;
  /** Of a file that goes or comes, so that it gets the time it needs. */
  readonly sizeBytes?: number | undefined;
  /** Set where a second arrival would make a second thing: such a call is sent once. */
  readonly once?: boolean | undefined;
}

/** What came back. A refusal has MLflow's own code, or HTTP's where the answer was none of MLflow's. */
export type Answer = { readonly ok: true; readonly bytes: Buffer } | Refusal;
export interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly errorCode: string;
  readonly message: string;
}

/** Four tries within two seconds outlast a dropped connection; a restart takes longer and is for the caller. */
const TRIES = 4;
const FIRST_PAUSE_MS = 200;
const TIMEOUT_MS = 30_000;
/** In the 503 of an artifact proxy that is turned off, which stays until someone restarts the server. */
const SERVES_NO_ARTIFACTS = '--serve-artifacts';
/** How the 403 of a server begins that is asked by a name which it does not know as its own. */
const FOREIGN_HOST = 'Invalid Host header';
const MESSAGE_LENGTH = 500; // MLflow adds whole SQL statements

const PASSING_STATUSES: readonly number[] = [429, 502, 503, 504];
/** Connections that may work a moment later; a wrong certificate or host name will not. */
const PASSING_FAILURES: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

type Outcome = Answer | { readonly lost: string; readonly reason: string };

/**
 * Calls MLflow's REST API. Throws unavailable when no answer comes, and closed after close(); a refusal is an
 * answer. Credentials are in no message and no cause: axios' own errors carry them, so none leaves this file.
 */
export class MlflowClient {
  readonly address: string;
  private readonly server: MlflowServer;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly kept: AxiosRequestConfig;
  private readonly fresh: AxiosRequestConfig;
  private readonly agents: readonly http.Agent[];
  private readonly flying = new Set<AbortController>();
  private closed = false;

  constructor(server: MlflowServer) {
    this.server = server;
    this.address = addressOf(server.url);
    this.headers = authorization(server);
    const ca = server.caFile === undefined ? {} : { ca: certificateIn(server.caFile) };
    const keepAlive = true;
    const httpAgent = new http.Agent({ keepAlive });
    const httpsAgent = new https.Agent({ keepAlive, ...ca });
    this.agents = [httpAgent, httpsAgent];
    this.kept = { httpAgent, httpsAgent };
    // A kept connection may have been closed by the server meanwhile, and a call that is sent once would be lost
    this.fresh = { httpAgent: new http.Agent(), httpsAgent: new https.Agent(ca) };
  }

  /** Sends a call, again after what passes by itself, unless a repeat would do harm. */
  async ask(call: Call): Promise<Answer> {
    const { timeoutMs = TIMEOUT_MS, telemetry = unheard, random = Math.random } = this.server;
    const giveUpAt = performance.now() + timeoutMs;
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.send(call);
      if (call.once || !passes(outcome) || tries === TRIES || performance.now() > giveUpAt) {
        if ('lost' in outcome) throw this.unreachable(outcome);
        return outcome;
      }
      telemetry.metrics.count('mlflow_retries_total');
      await pause(FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + random() / 2));
    }
  }

  /** What a refusal means to a caller who did not expect it. */
  refused(call: Call, { status, errorCode, message }: Refusal): LogsterError {
    const what = `MLflow at ${this.address} refused ${call.method} ${call.path}: ${errorCode}: ${message}`;
    if (message.startsWith(FOREIGN_HOST)) {
      const host = new URL(this.address).host;
      return new LogsterError('config-invalid', `${what}; start it with --allowed-hosts ${host}`);
    }
    if (status === 401 || status === 403)
      return new LogsterError('config-invalid', `${what}; check the token, or the name and password`);
    if (errorCode === 'RESOURCE_ALREADY_EXISTS') return new LogsterError('conflict', what);
    if (errorCode === 'RESOURCE_DOES_NOT_EXIST') return new LogsterError('not-found', what);
    if (errorCode === 'INVALID_PARAMETER_VALUE') return new LogsterError('input-invalid', what);
    if (message.includes(SERVES_NO_ARTIFACTS)) return new LogsterError('unavailable', what);
    if (errorCode.startsWith('HTTP'))
      return new LogsterError(
        'unavailable',
        `${what}; is this an MLflow 3 tracking server, ready for calls?`,
      );
    return new LogsterError('unavailable', `${what}; look into the log of that server`);
  }

  /** Ends what is under way. */
  close(): void {
    this.closed = true;
    for (const flight of this.flying) flight.abort();
    for (const agent of this.agents) agent.destroy();
  }

  private async send(call: Call): Promise<Outcome> {
    if (this.closed) throw this.wasClosed();
    const { timeoutMs = TIMEOUT_MS } = this.server;
    const flight = new AbortController();
    this.flying.add(flight);
    const limitMs = timeoutMs + ((call.sizeBytes ?? 0) / 2 ** 20) * 1000;
    // axios' own timeout is one of silence; this one also ends an answer that trickles
    const timer = setTimeout(() => flight.abort(), limitMs);
    try {
      const { status, data } = await axios.request<Buffer>({
        ...this.requestOf(call),
        signal: flight.signal,
      });
      return status >= 200 && status < 300 ? { ok: true, bytes: Buffer.from(data) } : refusalIn(status, data);
    } catch (thrown) {
      if (this.closed) throw this.wasClosed();
      if (flight.signal.aborted)
        return { lost: 'ETIMEDOUT', reason: `no answer within ${Math.round(limitMs)} ms` };
      const lost = axios.isAxiosError(thrown) ? (thrown.code ?? 'unknown') : 'unknown';
      return { lost, reason: reasonOf(thrown) || lost }; // an AggregateError has no message of its own
    } finally {
      clearTimeout(timer);
      this.flying.delete(flight);
    }
  }

  private requestOf({ method, path, query, body, once }: Call): AxiosRequestConfig {
    const contentType = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
    return {
      ...(once ? this.fresh : this.kept),
      method,
      url: `${this.address}/api/2.0/${path}`,
      params: query,
      headers: { ...this.headers, 'accept-encoding': 'identity', 'content-type': contentType },
      data: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      responseType: 'arraybuffer',
      decompress: false, // a file whose name ends in .gz is to come as it is
      validateStatus: () => true,
      maxRedirects: 0, // credentials are for this address alone
      maxBodyLength: Number.POSITIVE_INFINITY,
      proxy: false, // from the environment, which only the settings may read
    };
  }

  private unreachable({ lost, reason }: { readonly lost: string; readonly reason: string }): LogsterError {
    const message = `MLflow at ${this.address} does not answer (${reason}); check that it runs and that the address is right`;
    return new LogsterError('unavailable', message, { cause: new Error(lost) });
  }

  private wasClosed(): LogsterError {
    return new LogsterError(
      'closed',
      `The connection to MLflow at ${this.address} was closed; open it again`,
    );
  }
}

function passes(outcome: Outcome): boolean {
  if ('lost' in outcome) return PASSING_FAILURES.includes(outcome.lost);
  return (
    !outcome.ok && PASSING_STATUSES.includes(outcome.status) && !outcome.message.includes(SERVES_NO_ARTIFACTS)
  );
}

function refusalIn(status: number, bytes: Buffer): Refusal {
  const text = Buffer.from(bytes).toString();
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'error_code' in answer) {
      const message = 'message' in answer ? String(answer.message) : '';
      return { ok: false, status, errorCode: String(answer.error_code), message: shortened(message) };
    }
  } catch {
    // no JSON: the words of a proxy or of another server
  }
  const message = shortened(text.replace(/<[^>]*>|\s+/g, ' ').trim());
  return { ok: false, status, errorCode: `HTTP ${status}`, message };
}

function shortened(message: string): string {
  return message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message;
}

function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new LogsterError(
      'config-invalid',
      'The address of MLflow is no URL; give one like http://host:5000',
    );
  if (parsed.username || parsed.password) {
    const message = `The address of MLflow at ${parsed.host} has credentials in it; give them as token, or as name and password`;
    throw new LogsterError('config-invalid', message);
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
}

function authorization({ token, username, password }: MlflowServer): Record<string, string> {
  if (token && username)
    throw new LogsterError(
      'config-invalid',
      'MLflow takes a token or a name with password; give one of the two',
    );
  if (token) return { authorization: `Bearer ${token}` };
  if (!username) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
}

function certificateIn(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const message = `Cannot read ${path}, the certificate for MLflow: ${reasonOf(cause)}; correct its path`;
    throw new LogsterError('config-invalid', message, { cause });
  }
}
