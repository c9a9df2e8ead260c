import type { DeadLetter } from '../contracts/dead-letter.ts';
import { reasonOf } from '../contracts/errors.ts';
import { type InferenceResult, inferenceResultSchema } from '../contracts/inference.ts';
import type { Message, Received } from '../ports/bus/bus.ts';

export type ResultReading =
  | { readonly ok: true; readonly result: InferenceResult }
  | { readonly ok: false; readonly reason: 'not-json' | 'not-a-result'; readonly detail: string };

/** Dead letters carry at most so much of what arrived (contract of `logster-dead-letter`). */
const PAYLOAD_BYTES = 256 * 1024;

/** Reads one message of the results topic. */
export function readResult(message: Received): ResultReading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message.value.toString('utf8'));
  } catch (thrown) {
    return { ok: false, reason: 'not-json', detail: reasonOf(thrown) };
  }
  const result = inferenceResultSchema.safeParse(parsed);
  if (result.success) return { ok: true, result: result.data };
  const [issue] = result.error.issues;
  return { ok: false, reason: 'not-a-result', detail: `${issue?.path.join('.')}: ${issue?.message}` };
}

/** The dead letter for a message that is no result; `at` is wall clock, epoch seconds. */
export function deadLetterOf(message: Received, reason: string, at: number): Message {
  const letter: DeadLetter = {
    stage: 'alerting',
    reason,
    source_topic: message.topic,
    partition: message.partition,
    offset: String(message.offset),
    key: message.key,
    headers: { ...message.headers },
    payload: message.value.subarray(0, PAYLOAD_BYTES).toString('base64'),
    payload_bytes: message.value.length,
    at,
  };
  return { key: message.key, value: Buffer.from(JSON.stringify(letter)) };
}
