import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { isUnavailable, reasonOf } from '../../contracts/errors.ts';
import { sendProblem } from '../../ports/access/problem.ts';
import type { Telemetry } from '../../ports/telemetry/telemetry.ts';

/** What a request is answered with when it cannot be done. Expected: it is thrown by routes and sent by `sendRefusal`. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** A request's query or body as its schema has it; throws the 400 that names what is wrong. */
export function checked<T extends z.ZodType>(schema: T, given: unknown): z.infer<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const told = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new Refusal(400, told.join('; '));
}

/** Notes and names are short; nothing that belongs into a body comes near it. */
const BODY_LIMIT = '64kb';

/** Reads JSON bodies. Comes behind the access check, so that a stranger's body is not read. */
export function readJson(limit = BODY_LIMIT): RequestHandler {
  return express.json({ limit, strict: true, type: 'application/json' });
}

/** What `readJson` has read; throws 415 for another type (a page elsewhere may not send JSON unasked). */
export function jsonBody(request: Request): unknown {
  if (request.is('application/json') === false) throw new Refusal(415, 'Send the body as application/json');
  return request.body;
}

/** Answers with what a route threw. What was not expected is logged, and told to nobody. */
export function sendRefusal({ log, metrics }: Telemetry): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    if (thrown instanceof Refusal) return sendProblem(response, thrown.status, thrown.message);
    const status = statusOf(thrown);
    if (status !== undefined) return sendProblem(response, status, BODY_PROBLEMS[status] ?? 'Bad request');
    metrics.count('api_errors_total');
    log.error('A request failed', { method: request.method, path: request.path, reason: reasonOf(thrown) });
    if (isUnavailable(thrown)) sendProblem(response, 503, 'A store does not answer just now; try again');
    else sendProblem(response, 500, 'Something failed here that was logged; try again');
  };
}

const BODY_PROBLEMS: Record<number, string> = {
  400: 'The request is not well formed; a body must be JSON, a path percent-encoded UTF-8',
  413: 'The body is larger than this route takes: 64 KiB, for /feedback/bulk 4 MiB',
  415: 'The body must be JSON in UTF-8 without an unknown encoding',
};

/** Statuses that Express and its body parser give to what they cannot read. */
function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  const status = Number(thrown.status);
  return status >= 400 && status < 500 ? status : undefined;
}
