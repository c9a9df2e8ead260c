import { reasonOf } from '../contracts/errors.ts';
import { endpointKey, type NormalizedEvent, type Platform } from '../contracts/event.ts';
import type { RawTopic } from '../contracts/topics.ts';
import { captureLines } from '../datasets/captures.ts';
import type { Capture } from '../datasets/manifest.ts';
import { readRecords } from '../ingest/read.ts';
import type { RawRecord } from '../ingest/record.ts';
import { topicOf } from '../ingest/sniff.ts';

/** Lines that go to a parser at once; auditd joins the records of one event within such a batch only. */
const BATCH_LINES = 2000;

/** What became of a capture's lines. */
export interface Parsing {
  readonly lines: number;
  readonly events: number;
  readonly dropped: Readonly<Record<string, number>>; // by reason
  readonly dead: number; // lines that no parser knows
  readonly error: string | null; // why the reading ended early
}

/** What reading needs to know of a capture; without a platform the events of both are kept. */
export type Readable = Pick<Capture, 'id' | 'file' | 'hosts' | 'useFrom' | 'to'> & {
  readonly platform: Platform | null;
};

/** A capture's events of its own platform, in the order of their time, by machine. */
export interface CaptureEvents {
  readonly byEndpoint: ReadonlyMap<string, readonly NormalizedEvent[]>;
  readonly parsing: Parsing;
}

/**
 * Reads a capture's lines through the product's own parsers. A finished file has no late events, so each
 * machine's events are put in order first. A recording's prelude is dropped and counted. Never throws: a file
 * that cannot be read to its end gives what it gave so far and the reason.
 */
export async function readCapture(capture: Readable): Promise<CaptureEvents> {
  const sorter = eventSorter(capture);
  const batches = batchesByTopic(capture, sorter.read);
  const counts = { lines: 0, unknown: 0 };
  let error: string | null = null;
  try {
    for await (const line of captureLines(capture.file)) {
      counts.lines++;
      const topic = topicOf(line);
      if (topic === undefined) counts.unknown++;
      else batches.add(topic, line);
    }
  } catch (cause) {
    error = reasonOf(cause);
  }
  batches.flush();
  const { byEndpoint, events, dead, dropped } = sorter.sorted();
  return {
    byEndpoint,
    parsing: { lines: counts.lines, events, dropped, dead: dead + counts.unknown, error },
  };
}

/** Reads batches and puts their events by machine, counting what is not used. */
function eventSorter({ platform, useFrom, to }: Readable) {
  const byEndpoint = new Map<string, NormalizedEvent[]>();
  const dropped: Record<string, number> = {};
  const counts = { events: 0, dead: 0 };
  const drop = (reason: string): void => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
  };
  const take = (event: NormalizedEvent): void => {
    counts.events++;
    const { tenant_id, endpoint_id, timestamp } = event;
    if (platform !== null && event.platform !== platform) drop('other-platform');
    else if (useFrom !== null && timestamp < useFrom) drop('recording-prelude');
    else {
      const key = `${endpointKey(tenant_id, endpoint_id)}:${event.platform}`;
      const events = byEndpoint.get(key);
      if (events) events.push(event);
      else byEndpoint.set(key, [event]);
    }
  };
  return {
    read({ topic, records }: Batch): void {
      for (const reading of readRecords(topic, records, to ?? 0)) {
        if (reading.ok) for (const event of reading.events) take(event);
        else if (reading.kind === 'dropped') drop(reading.reason);
        else counts.dead++;
      }
    },
    sorted() {
      for (const events of byEndpoint.values()) events.sort((a, b) => a.timestamp - b.timestamp);
      return { byEndpoint, dropped, ...counts };
    },
  };
}

interface Batch {
  readonly topic: RawTopic;
  readonly records: readonly RawRecord[];
}

/** Collects neighbouring lines of one topic, so that the order of the file is kept. */
function batchesByTopic(capture: Readable, read: (batch: Batch) => void) {
  let topic: RawTopic | undefined;
  let records: RawRecord[] = [];
  let offset = 0;
  const host = capture.hosts[0]?.name ?? capture.id; // for sensors whose lines do not name their machine
  const flush = (): void => {
    if (topic !== undefined && records.length > 0) read({ topic, records });
    records = [];
  };
  return {
    flush,
    add(next: RawTopic, value: Buffer): void {
      if (next !== topic || records.length >= BATCH_LINES) flush();
      topic = next;
      records.push({
        topic,
        partition: 0,
        offset: offset++,
        key: `default:${host}`,
        value,
        headers: { 'logster-host': host },
      });
    },
  };
}
