import type { Request, RequestHandler, Response } from 'express';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import { KEY_PREFIX, keyRing } from './api-keys.ts';
import { oidc } from './oidc.ts';
import { sendProblem } from './problem.ts';
import { type Caller, may, type Permission } from './roles.ts';
import { foreignness, isLoopback, isLoopbackOrigin } from './same-site.ts';

export interface AccessSettings {
  readonly host: string; // the address the server listens on
  readonly keysFile?: string;
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  /** Origins of pages on other sites that may call; `*` is any, and counts only once access is configured. */
  readonly corsOrigins?: readonly string[];
}

export interface AccessNeeds {
  readonly settings: AccessSettings;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Who may call a server, as Express middleware. */
export interface Access {
  /** `open`: everybody on this machine, without a name. `configured`: who has a key or a token. */
  readonly mode: 'open' | 'configured';
  /** Answers CORS, and refuses other sites' calls where access is open. Comes before everything else. */
  readonly sameSite: RequestHandler;
  /** Lets in who may do it and keeps who it is for `callerOf`; else answers 401, 403 or 503. */
  needs(permission: Permission): RequestHandler;
  /** Who asks; undefined where it cannot be told. Throws `unavailable` where nobody can tell just now. */
  identify(request: Request): Promise<Caller | undefined>;
}

/** Everybody, where access is open. */
const ANYBODY: Caller = { name: 'anybody', role: 'admin', tenants: '*', authenticated: false };

/**
 * Access by API keys, by OpenID Connect tokens, or by both. With neither and a loopback address it is open to
 * this machine alone. Throws `config-invalid` for a public address with neither.
 */
export function access({ settings, telemetry, clock }: AccessNeeds): Access {
  const { host, keysFile, corsOrigins = [] } = settings;
  const tokens = oidcOf(settings, clock);
  const keys = keysFile === undefined ? undefined : keyRing(keysFile);
  const open = keys === undefined && tokens === undefined;
  if (open && !isLoopback(host)) {
    throw new LogsterError(
      'config-invalid',
      `Refused to listen on ${host} for everybody: set auth.keys_file or auth.oidc_issuer, or listen on 127.0.0.1`,
    );
  }
  if (open) {
    telemetry.log.warn(
      'Access is open to every user of this machine, since no keys or issuer are configured',
      {
        host,
      },
    );
  }

  async function identify(request: Request): Promise<Caller | undefined> {
    if (open) return ANYBODY;
    const token = bearerOf(request);
    if (token === undefined) return undefined;
    return token.startsWith(KEY_PREFIX) ? keys?.callerOf(token) : tokens?.callerOf(token);
  }

  return {
    mode: open ? 'open' : 'configured',
    identify,
    sameSite(request, response, next) {
      const reason = open ? foreignness(request, corsOrigins) : undefined;
      if (reason !== undefined) {
        telemetry.metrics.count('access_refused_total', { reason: 'foreign' });
        return sendProblem(response, 403, reason);
      }
      allowOrigin(request, response, (origin) =>
        open && !isLoopbackOrigin(origin) ? corsOrigins.includes(origin) : mentions(corsOrigins, origin),
      );
      if (request.method === 'OPTIONS') response.status(204).end();
      else next();
    },
    needs: (permission) => letIn(permission, identify, telemetry),
  };
}

function letIn(
  permission: Permission,
  identify: Access['identify'],
  { log, metrics }: Telemetry,
): RequestHandler {
  return async (request, response, next) => {
    const refuse = (status: number, reason: string, detail: string): void => {
      metrics.count('access_refused_total', { reason });
      if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="logster"');
      sendProblem(response, status, detail);
    };
    let caller: Caller | undefined;
    try {
      caller = await identify(request);
    } catch (thrown) {
      log.error('Access could not be checked', { reason: reasonOf(thrown) });
      return refuse(503, 'unavailable', 'Keys or tokens cannot be checked just now; try again');
    }
    if (caller === undefined) {
      return refuse(401, 'unknown', 'Send a valid API key or token as "Authorization: Bearer ..."');
    }
    if (!may(caller, permission)) {
      return refuse(403, 'role', `The role ${caller.role} may not ${permission} here`);
    }
    response.locals.caller = caller;
    next();
  };
}

/** Who asks, behind `needs()`. */
export function callerOf(response: Response): Caller {
  const { caller } = response.locals as { readonly caller?: Caller };
  if (caller) return caller;
  throw new LogsterError('conflict', 'This route asks for its caller without access.needs() before it');
}

function oidcOf({ oidcIssuer, oidcAudience }: AccessSettings, clock: Clock) {
  if (oidcIssuer === undefined) return undefined;
  if (oidcAudience !== undefined) return oidc({ issuer: oidcIssuer, audience: oidcAudience }, clock);
  throw new LogsterError(
    'config-invalid',
    'auth.oidc_issuer needs auth.oidc_audience, else tokens made for other services would open this one',
  );
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +([\w.~+/-]{1,8192}=*)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function mentions(origins: readonly string[], origin: string): boolean {
  return origins.includes('*') || origins.includes(origin);
}

function allowOrigin(request: Request, response: Response, allowed: (origin: string) => boolean): void {
  const { origin } = request.headers;
  response.vary('Origin');
  if (origin === undefined || !allowed(origin)) return;
  response.set('Access-Control-Allow-Origin', origin);
  response.set('Access-Control-Allow-Methods', 'GET, POST, PATCH');
  response.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, If-Match');
  response.set('Access-Control-Expose-Headers', 'ETag, Retry-After');
  response.set('Access-Control-Max-Age', '600');
}
