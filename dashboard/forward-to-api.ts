import type { RequestHandler } from 'express';
import { reasonOf } from '../contracts/errors.ts';
import { sendProblem } from '../ports/access/problem.ts';
import type { Telemetry } from '../ports/telemetry/telemetry.ts';

/** A verdict takes milliseconds; an analyst waits no longer than this. */
const TIMEOUT_MS = 10_000;

/**
 * Hands a request on to the API, which owns its rules, as the caller himself: with his own key or token, and what
 * he asks for. The API's answer comes back as it is; 502 where it gave none.
 */
export function forwardToApi(
  apiUrl: string,
  telemetry: Telemetry,
  target: (id: string) => { readonly method: 'GET' | 'POST' | 'PATCH'; readonly path: string },
): RequestHandler<{ id?: string }> {
  return async (request, response) => {
    const { method, path } = target(request.params.id ?? '');
    const { authorization, 'if-match': ifMatch } = request.headers;
    const url = new URL(path, apiUrl);
    url.search = new URL(request.originalUrl, apiUrl).search;
    try {
      const answer = await fetch(url, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        },
        ...(method !== 'GET' && { body: JSON.stringify(request.body ?? {}) }),
      });
      const text = await answer.text();
      telemetry.metrics.count('dashboard_forwarded_total', { method, status: String(answer.status) });
      response
        .status(answer.status)
        .type(answer.headers.get('content-type') ?? 'application/json')
        .send(text);
    } catch (thrown) {
      telemetry.metrics.count('dashboard_forwarded_total', { method, status: 'none' });
      telemetry.log.warn('The API did not answer', { apiUrl, reason: reasonOf(thrown) });
      sendProblem(response, 502, `The API at ${apiUrl} did not answer; nothing was changed. Is it running?`);
    }
  };
}
