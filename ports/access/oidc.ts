import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { IDENTIFIER } from '../../contracts/event.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { type Caller, ROLES } from './roles.ts';

export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
}

/** Signed with a private key only: a shared secret or `none` would let a client make its own token. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Clocks of two servers that are kept in step differ by less. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** An issuer that does not answer within it counts as down; it is asked again at the next request. */
const DISCOVERY_TIMEOUT_MS = 5000;

/** Claims beyond the standard ones: what the bearer may do, and for whom. */
const claimsSchema = z.object({
  sub: z.string().min(1),
  preferred_username: z.string().min(1).optional(),
  logster_role: z.enum(ROLES),
  logster_tenants: z.union([z.literal('*'), z.array(z.string().regex(IDENTIFIER)).min(1)]),
});

/** `undefined`: not a token of this issuer for us. */
export interface Oidc {
  callerOf(token: string): Promise<Caller | undefined>;
}

/**
 * Checks tokens of one OpenID Connect issuer (OpenID Connect Discovery 1.0, section 4; RFC 7519): its keys are
 * found through its discovery document on first use and fetched again when it changes them. Throws
 * `unavailable` where the issuer does not answer.
 */
export function oidc(settings: OidcSettings, clock: Clock): Oidc {
  const { issuer, audience } = settings;
  refuseReadable(issuer);
  let discovered: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  const keys = () => {
    discovered ??= discover(issuer).catch((cause: unknown) => {
      discovered = undefined; // asked again at the next token
      throw unavailable(issuer, cause);
    });
    return discovered;
  };
  return {
    async callerOf(token) {
      const payload = await verified(token, await keys(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock.now() * 1000),
      });
      const claims = claimsSchema.safeParse(payload);
      if (!claims.success) return undefined;
      const { sub, preferred_username, logster_role, logster_tenants } = claims.data;
      const name = preferred_username ?? sub;
      return { name, role: logster_role, tenants: logster_tenants, authenticated: true };
    },
  };
}

async function discover(issuer: string): Promise<ReturnType<typeof createRemoteJWKSet>> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const found = z.object({ issuer: z.string(), jwks_uri: z.url() }).parse(await response.json());
  if (found.issuer !== issuer) throw new Error(`${url} speaks for ${found.issuer}`);
  refuseReadable(found.jwks_uri);
  return createRemoteJWKSet(new URL(found.jwks_uri), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
}

async function verified(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  options: Parameters<typeof jwtVerify>[2] & { readonly issuer: string },
): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (cause) {
    const atIssuer = cause instanceof errors.JWKSTimeout || !(cause instanceof errors.JOSEError);
    if (atIssuer || cause.code === 'ERR_JOSE_GENERIC') throw unavailable(options.issuer, cause);
    return undefined;
  }
}

function unavailable(issuer: string, cause: unknown): LogsterError {
  const message = `The token issuer ${issuer} gave no keys to check tokens with: ${reasonOf(cause)}`;
  return new LogsterError('unavailable', message, { cause });
}

/** Keys that come in the clear could be anybody's. */
function refuseReadable(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:') return;
  if (url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return;
  throw new LogsterError('config-invalid', `The token issuer's address ${address} must begin with https://`);
}
