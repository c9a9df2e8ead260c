import type { DeadLetter } from '../contracts/dead-letter.ts';
import type { Message, Position } from './bus/bus.ts';

/** Dead letters carry at most so much of what arrived (contract of `logster-dead-letter`). */
const PAYLOAD_BYTES = 256 * 1024;

/** The dead letter for a message that a stage cannot use; `at` is wall clock, epoch seconds. */
export function deadLetterOf(
  stage: string,
  message: Message & Omit<Position, 'topic'> & { readonly topic: string },
  reason: string,
  at: number,
): Message {
  const { key, value, topic, partition, offset, headers } = message;
  const letter: DeadLetter = {
    ...{ stage, reason, source_topic: topic, partition, key, at },
    offset: String(offset),
    headers: { ...headers },
    payload: value.subarray(0, PAYLOAD_BYTES).toString('base64'),
    payload_bytes: value.length,
  };
  return { key, value: Buffer.from(JSON.stringify(letter)) };
}
