import { endpointKey, type NormalizedEvent, type Reading } from '../contracts/event.ts';
import { idOf } from '../contracts/ids.ts';
import { HEADERS, type RawTopic } from '../contracts/topics.ts';
import type { Message } from '../ports/bus/bus.ts';
import { readAuditdBatch } from './auditd.ts';
import { readEbpf } from './ebpf.ts';
import { encodeEvent, type RawRecord } from './record.ts';
import { splitArray } from './split-array.ts';
import { readSysmon } from './sysmon.ts';

/** What a parser made of a record, with the record. */
export type RecordReading = Reading & { readonly record: RawRecord };

/**
 * Reads the records of one raw topic, in order: one reading for each, or for each element of a record that is a
 * JSON array. Pure: the same records give the same readings. A time shift in a record's headers is applied.
 */
export function readRecords(
  topic: RawTopic,
  records: readonly RawRecord[],
  arrivedAt: number,
): readonly RecordReading[] {
  const single = records.flatMap(elements);
  const readings = readAll(topic, single, arrivedAt);
  return single.map((record, at) => {
    const reading = readings[at];
    if (reading === undefined)
      throw new RangeError(`${topic}: ${readings.length} readings for ${single.length}`);
    return reading.ok
      ? { ok: true, events: shifted(reading.events, record), record }
      : { ...reading, record };
  });
}

/** A reading's events as messages of the events topic, with what arrived under `raw_event`. */
export function encodeReading(reading: RecordReading): readonly Message[] {
  if (!reading.ok || reading.events.length === 0) return [];
  const { record, events } = reading;
  const trace = record.headers[HEADERS.trace];
  const headers = trace === undefined ? {} : { headers: { [HEADERS.trace]: trace } };
  const text = record.value.toString('utf8');
  const raw = { text, isJson: text.startsWith('{') };
  return events.map((event) => ({
    key: endpointKey(event.tenant_id, event.endpoint_id),
    value: Buffer.from(event.raw_event === undefined ? encodeEvent(event, raw) : JSON.stringify(event)),
    ...headers,
  }));
}

function readAll(topic: RawTopic, records: readonly RawRecord[], arrivedAt: number): readonly Reading[] {
  if (topic === 'linux-auditd-logs') return readAuditdBatch(records, arrivedAt);
  const read = topic === 'sysmon-logs' ? readSysmon : readEbpf;
  return records.map((record) => read(record, arrivedAt));
}

function elements(record: RawRecord): readonly RawRecord[] {
  const split = splitArray(record.value);
  return split === undefined || split.length === 0 ? [record] : split.map((value) => ({ ...record, value }));
}

/** Moves the events by the header's seconds. A shifted event is another event, so its id is another too. */
function shifted(events: readonly NormalizedEvent[], { headers }: RawRecord): readonly NormalizedEvent[] {
  const header = headers[HEADERS.timeShift];
  const seconds = Number(header ?? 0);
  if (header === undefined || seconds === 0 || !Number.isFinite(seconds)) return events;
  return events.map((event) => moved(event, seconds));
}

function moved(event: NormalizedEvent, seconds: number): NormalizedEvent {
  const { process_start } = event.data;
  return {
    ...event,
    event_id: idOf('event', event.event_id, String(seconds)),
    timestamp: event.timestamp + seconds,
    data:
      process_start === undefined ? event.data : { ...event.data, process_start: process_start + seconds },
  };
}
