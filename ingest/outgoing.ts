import type { Message, Received } from '../ports/bus/bus.ts';
import { deadLetterOf } from '../ports/dead-letter.ts';
import { encodeReading, type RecordReading } from './read.ts';
import { forwardWatermark } from './watermark.ts';

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
    else if (reading.kind === 'dead')
      deadLetters.push(deadLetterOf('ingest', reading.record, reading.reason, at));
  }
  forwardUpTo(Number.POSITIVE_INFINITY);
  return { events, deadLetters, lost };
}
