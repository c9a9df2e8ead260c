import type { NormalizedEvent, Reading } from '../contracts/event.ts';
import type { RawTopic } from '../contracts/topics.ts';
import type { RawRecord } from './record.ts';
import { readSysmon } from './sysmon.ts';

/** A raw record for tests: text as it is, objects as JSON. */
export function rawRecord(value: unknown, more: Partial<RawRecord> = {}): RawRecord {
  const topic: RawTopic = 'sysmon-logs';
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { topic, partition: 0, offset: 0, key: '', value: bytes, headers: {}, ...more };
}

/** A Winlogbeat 7 document for tests. */
export function winlogbeat(
  eventId: number,
  data: object,
  more: Readonly<Record<string, unknown>> = {},
): object {
  return {
    '@timestamp': '2024-10-20T16:58:51.036Z',
    host: { name: 'collector' },
    winlog: {
      channel: 'Microsoft-Windows-Sysmon/Operational',
      computer_name: 'WS-042.Corp.Test',
      event_id: eventId,
      record_id: 17990,
      event_data: data,
      ...more,
    },
  };
}

/** The one event that a reading gave, or an error that says what it gave instead. */
export function eventOfReading(reading: Reading): NormalizedEvent {
  const event = reading.ok ? reading.events[0] : undefined;
  if (event === undefined) throw new Error(`no event but ${JSON.stringify(reading)}`);
  return event;
}

/** Reads one document as it would come from `sysmon-logs`. */
export function readOne(value: unknown): NormalizedEvent {
  return eventOfReading(readSysmon(rawRecord(value), 1_700_000_000));
}
