import { reasonOf } from '../contracts/errors.ts';
import { type InferenceResult, inferenceResultSchema } from '../contracts/inference.ts';
import type { Received } from '../ports/bus/bus.ts';

export type ResultReading =
  | { readonly ok: true; readonly result: InferenceResult }
  | { readonly ok: false; readonly reason: 'not-json' | 'not-a-result'; readonly detail: string };

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
