import { createHash } from 'node:crypto';
import type { EventData, EventType, NormalizedEvent, Platform, Source } from '../contracts/event.ts';
import { idOf } from '../contracts/ids.ts';
import type { RawTopic } from '../contracts/topics.ts';

/** One message of a raw topic, as the bus or a capture file gives it. */
export interface RawRecord {
  readonly topic: RawTopic;
  readonly partition: number;
  readonly offset: number;
  readonly key: string; // never trusted
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a parser knows of an event before it is given its ids. */
export interface EventSeed {
  readonly tenantId?: string | undefined;
  readonly host: string;
  readonly platform: Platform;
  readonly source: Source;
  readonly eventType: EventType;
  readonly timestamp: number; // event time, epoch seconds
  /** What the sensor calls the event; without one, its place in the log names it. */
  readonly nativeId?: string | undefined;
  readonly data: EventData;
  readonly warnings?: readonly string[];
}

/** No host name is longer (RFC 1035). */
const HOST_CHARACTERS = 253;

/** Raw events above this size are cut when they are kept. */
export const RAW_EVENT_BYTES = 64 * 1024;

/** Gives an event its ids and names: the same record always becomes the same event. */
export function eventOf(seed: EventSeed, record: RawRecord, arrivedAt: number): NormalizedEvent {
  const tenantId = identifier(seed.tenantId ?? '') || 'default';
  const hostname = seed.host.trim().toLowerCase().slice(0, HOST_CHARACTERS) || 'unknown';
  const endpointId = identifier(hostname);
  const nativeId = seed.nativeId ?? `${record.topic}/${record.partition}/${record.offset}`;
  return {
    schema_version: 1,
    event_id: idOf('event', tenantId, endpointId, seed.source, seed.eventType, nativeId),
    tenant_id: tenantId,
    endpoint_id: endpointId,
    hostname,
    platform: seed.platform,
    source: seed.source,
    event_type: seed.eventType,
    timestamp: seed.timestamp,
    ingested_at: arrivedAt,
    data: seed.data,
    warnings: seed.warnings ? [...seed.warnings] : [],
  };
}

/**
 * The event as JSON with what arrived under `raw_event`. Text that is JSON already is put in as it is, which
 * costs a copy instead of a second encoding.
 */
export function encodeEvent(
  event: NormalizedEvent,
  raw: { readonly text: string; readonly isJson: boolean },
): string {
  const head = JSON.stringify(event).slice(0, -1);
  const tooLong = raw.text.length > RAW_EVENT_BYTES;
  if (raw.isJson && !tooLong) return `${head},"raw_event":${raw.text}}`;
  const kept = JSON.stringify(tooLong ? raw.text.slice(0, RAW_EVENT_BYTES) : raw.text);
  return `${head},"raw_event":${kept}${tooLong ? ',"raw_truncated":true' : ''}}`;
}

/**
 * Names an event by the text it came as, for sensors that number nothing: a replay keeps its ids wherever it lands
 * in the log. Two lines that are equal to the last byte are then one event.
 */
export function contentId(value: Buffer): string {
  return createHash('sha1').update(value).digest('hex');
}

/** Lower case, and `-` for whatever an identifier must not hold; at most 128 characters. */
export function identifier(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, 128);
}
