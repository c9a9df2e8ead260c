import { STATUS_CODES } from 'node:http';
import type { Response } from 'express';

/** Answers with an error as RFC 9457 has it; `detail` says what to do about it. */
export function sendProblem(response: Response, status: number, detail: string): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }));
}
