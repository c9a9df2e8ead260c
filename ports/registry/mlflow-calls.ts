import type { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Call, MlflowClient } from './mlflow-client.ts';

/** Sends the call and reads its answer; throws for a refusal, and for an answer of another shape. */
export async function askFor<T>(client: MlflowClient, call: Call, schema: z.ZodType<T>): Promise<T> {
  const answer = await client.ask(call);
  if (!answer.ok) throw client.refused(call, answer);
  return readAnswer(client, call, answer.bytes, schema);
}

/** Sends a call whose answer says nothing more than that it was done. */
export async function tell(client: MlflowClient, call: Call): Promise<void> {
  const answer = await client.ask(call);
  if (!answer.ok) throw client.refused(call, answer);
}

/** Reads an answer's JSON. */
export function readAnswer<T>(client: MlflowClient, call: Call, bytes: Buffer, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    const message = `What ${client.address} answers to ${call.path} is none of MLflow 3: ${reasonOf(cause)}; check the address`;
    throw new LogsterError('unavailable', message, { cause });
  }
}

/** Does the work for every item, so many at a time; the first failure stops what has not begun. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, place: number) => Promise<void>,
): Promise<void> {
  const left = items.entries(); // shared by the lines below: each item is taken once
  let failed = false;
  const line = async (): Promise<void> => {
    for (const [place, item] of left) {
      if (failed) return;
      await work(item, place).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.max(1, atOnce) }, line));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
