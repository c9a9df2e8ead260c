import type { NormalizedEvent, Reading } from '../contracts/event.ts';
import { readAuditEvent } from './auditd-event.ts';
import type { AuditLine } from './auditd-line.ts';
import { type NoSource, readSource } from './auditd-source.ts';
import { eventOf, type RawRecord } from './record.ts';
import { senderOf } from './syscalls-values.ts';

/** Kernel and daemon mix the records of events that happen at once, but not over more lines than this. */
const LINES_APART = 64;

/** An event's records stop being collected here: no event is longer, and a message must stay one a bus takes. */
const MESSAGE_BYTES = 512 * 1024;

/**
 * Reads records of `linux-auditd-logs`, one reading each, in order. A record is one line, several lines, JSON around
 * such lines, or an event that was joined on its machine (LAUREL, AUOMS). Lines that share host, time and serial are
 * one event, which comes with the last record that has a part of it; the records before give no event. What is
 * missing then is missing: the event carries the warning `partial_audit_event`. Keeps nothing between two calls.
 */
export function readAuditdBatch(records: readonly RawRecord[], arrivedAt: number): readonly Reading[] {
  const groups = new Map<string, Group>();
  const taken = records.map((record, place) => take(record, place, groups));
  const ending = taken.map((): Group[] => []);
  for (const group of groups.values()) ending[group.last]?.push(group);
  return records.map((record, place) => {
    const failure = taken[place];
    if (failure !== undefined) return failure;
    return readingOf(ending[place] ?? [], record, arrivedAt);
  });
}

/**
 * Makes one message of all lines that are parts of one audit event, so that no batch can part them; every other line
 * is a message of its own. The order is that of the first lines.
 */
export async function* auditMessages(
  lines: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer> {
  const waiting = new Map<string, Waiting>();
  let place = 0;
  for await (const line of lines) {
    place++;
    const id = stampOf(line);
    // a line of another kind is an event of its own: what is open before it stays before it
    const known = waiting.get(id ?? '');
    if (id !== undefined && known !== undefined && known.bytes + line.length < MESSAGE_BYTES) {
      known.lines.push(line);
      known.bytes += line.length + 1;
      known.last = place;
    } else {
      const key = id === undefined || known !== undefined ? `${id ?? ''} ${place}` : id;
      waiting.set(key, { lines: [line], bytes: line.length, last: place });
    }
    for (const [key, event] of waiting) {
      if (isOpen(key, event, place)) break;
      waiting.delete(key);
      yield messageOf(event);
    }
  }
  for (const event of waiting.values()) yield messageOf(event);
}

/** The lines of one audit event, from one or several records. */
interface Group {
  readonly id: string;
  readonly host: string;
  readonly tenantId: string | undefined;
  readonly lines: AuditLine[];
  last: number; // the record that has its last line
}

/** Puts the lines of a record to their events; the reason when it has none. */
function take(record: RawRecord, place: number, groups: Map<string, Group>): NoSource | undefined {
  const source = readSource(record.value);
  if ('ok' in source) return source;
  const fallback = source.host ?? senderOf(record);
  for (const line of source.lines) {
    const host = line.node ?? fallback;
    const key = `${source.tenantId ?? ''}\u001f${host}\u001f${line.id}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { id: line.id, host, tenantId: source.tenantId, lines: [], last: place };
      groups.set(key, group);
    }
    group.lines.push(line);
    group.last = place;
  }
  return undefined;
}

function readingOf(groups: readonly Group[], record: RawRecord, arrivedAt: number): Reading {
  const events: NormalizedEvent[] = [];
  let dropped: string | undefined;
  for (const { id, host, tenantId, lines } of groups) {
    const [first] = lines;
    const read = readAuditEvent(lines);
    if (first === undefined) continue;
    if ('reason' in read) {
      dropped ??= read.reason;
      continue;
    }
    const warnings = [...read.warnings, ...(first.warnings ?? [])];
    const { seconds } = first;
    const platform = { platform: 'linux', source: 'auditd', nativeId: `${id}/0` } as const;
    const { type: eventType, data } = read;
    events.push(
      eventOf(
        { ...platform, tenantId, host, eventType, timestamp: seconds, data, warnings },
        record,
        arrivedAt,
      ),
    );
  }
  if (events.length === 0 && dropped !== undefined) return { ok: false, kind: 'dropped', reason: dropped };
  return { ok: true, events };
}

interface Waiting {
  readonly lines: Buffer[];
  bytes: number;
  last: number; // place of its latest line
}

/** A line that belongs to no audit event can go as soon as those before it are gone. */
function isOpen(key: string, { bytes, last }: Waiting, place: number): boolean {
  return !key.includes(' ') && bytes < MESSAGE_BYTES && place - last < LINES_APART;
}

function messageOf({ lines }: Waiting): Buffer {
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return only;
  const parting = Buffer.from('\n');
  return Buffer.concat(lines.flatMap((line, place) => (place === 0 ? [line] : [parting, line])));
}

/** Node and stamp of a line of audit text; undefined for any other. */
function stampOf(line: Buffer): string | undefined {
  const head = line.toString('latin1', 0, 512);
  const match = /^(?:node=(\S+) )?type=\S+ (?:msg=)?audit\(([^)]{1,64})\)/.exec(head);
  return match === null ? undefined : `${match[1] ?? ''}/${(match[2] ?? '').replaceAll(' ', '_')}`;
}
