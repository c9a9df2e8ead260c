import type { DeadLetter } from '../contracts/dead-letter.ts';
import type { Message, Received } from '../ports/bus/bus.ts';
import { encodeReading, type RecordReading } from './read.ts';
import type { RawRecord } from './record.ts';
import { forwardWatermark } from './watermark.ts';

/** Dead letters keep so much of a payload; the whole is in the raw topic as long as that keeps it. */
const DEAD_LETTER_BYTES = 256 * 1024;

/** What one batch sends on. */
export interface Outgoing {
  readonly events: readonly Message[];
  readonly deadLetters: readonly Message[];
  readonly lost: number; // watermarks that name no endpoint
}

/** The messages of a batch's readings and watermarks, in the order in which the batch had them. */
export function outgoing(
  watermarks: readonly Received[],
  readings: readonly RecordReading[],
  at: number,
): Outgoing {
  const events: Message[] = [];
  const deadLetters: Message[] = [];
  let next = 0;
  let lost = 0;
  const forwardUpTo = (offset: number): void => {
    for (let mark = watermarks[next]; mark !== undefined && mark.offset < offset; mark = watermarks[++next]) {
      const forwarded = forwardWatermark(mark);
      if (forwarded === undefined) lost++;
      else events.push(forwarded);
    }
  };
  for (const reading of readings) {
    forwardUpTo(reading.record.offset);
    if (reading.ok) events.push(...encodeReading(reading));
    else if (reading.kind === 'dead') deadLetters.push(deadLetterOf(reading.record, reading.reason, at));
  }
  forwardUpTo(Number.POSITIVE_INFINITY);
  return { events, deadLetters, lost };
}

function deadLetterOf(record: RawRecord, reason: string, at: number): Message {
  const letter: DeadLetter = {
    stage: 'ingest',
    reason,
    source_topic: record.topic,
    partition: record.partition,
    offset: String(record.offset),
    key: record.key,
    headers: { ...record.headers },
    payload: record.value.subarray(0, DEAD_LETTER_BYTES).toString('base64'),
    payload_bytes: record.value.length,
    at,
  };
  return { key: record.key, value: Buffer.from(JSON.stringify(letter)) };
}
