import type { RequestHandler } from 'express';
import { type AugmentedRequest, ipKeyGenerator, rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { sendProblem } from '../../ports/access/problem.ts';
import { isLoopback } from '../../ports/access/same-site.ts';
import type { Telemetry } from '../../ports/telemetry/telemetry.ts';

const WINDOW_MS = 60_000;

export interface RateLimits {
  /** A minute, from one address elsewhere. */
  readonly elsewhere: number;
  /** A minute, from this machine itself, where tools and the dashboard's server call. */
  readonly loopback: number;
}

/** A page that asks ten times a second has room, a scraper has not; 1,000 a second from here. */
const LIMITS: RateLimits = { elsewhere: 600, loopback: 60_000 };

/** Headers under which no text of an endpoint can become a script, and no page elsewhere can embed this one. */
export function guards(): RequestHandler {
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false, // the proxy that speaks TLS sets it
    crossOriginResourcePolicy: { policy: 'cross-origin' }, // CORS says who may read
  });
  return (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    headers(request, response, next);
  };
}

/** Answers 429 to an address that asks too often. */
export function limitRate({ metrics }: Telemetry, limits: RateLimits = LIMITS): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: (request) => (isLoopbackAddress(request.ip) ? limits.loopback : limits.elsewhere),
    keyGenerator: (request) =>
      ipKeyGenerator((request as AugmentedRequest & { ip?: string }).ip ?? 'unknown'),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: { xForwardedForHeader: false }, // a proxy's header is not believed, whoever sends it
    handler: (_request, response) => {
      metrics.count('access_refused_total', { reason: 'rate' });
      sendProblem(response, 429, 'Too many requests from this address; wait a minute');
    },
  });
}

function isLoopbackAddress(address = ''): boolean {
  return isLoopback(address.replace(/^::ffff:/, ''));
}
