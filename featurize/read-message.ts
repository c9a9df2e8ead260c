import { reasonOf } from '../contracts/errors.ts';
import {
  EVENT_TYPES,
  type EventData,
  eventDataSchema,
  IDENTIFIER,
  type NormalizedEvent,
  PLATFORMS,
  type Platform,
  SOURCES,
} from '../contracts/event.ts';
import { withoutRaw } from '../contracts/event-text.ts';
import { HEADERS } from '../contracts/topics.ts';
import type { Received } from '../ports/bus/bus.ts';

/** What a message of the events topic says. `ok: false` goes to dead letters with its reason. */
export type MessageReading =
  | { readonly ok: true; readonly kind: 'event'; readonly event: NormalizedEvent }
  | {
      readonly ok: true;
      readonly kind: 'watermark';
      readonly tenantId: string;
      readonly endpointId: string;
      readonly platform: Platform;
      readonly at: number; // event time, epoch seconds
    }
  | { readonly ok: false; readonly reason: string };

const no = (reason: string): MessageReading => ({ ok: false, reason });

/**
 * Reads one message. Every event comes from our own normaliser, so it is checked by hand: the full schema costs
 * more than all the rest of the stage.
 */
export function readMessage(message: Received): MessageReading {
  if (message.headers[HEADERS.watermark] !== undefined && message.value.length === 0) {
    return readWatermark(message);
  }
  const short = withoutRaw(message.value);
  if (short !== undefined && faultOf(short) === undefined) {
    return { ok: true, kind: 'event', event: short as NormalizedEvent };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(message.value.toString('utf8'));
  } catch (thrown) {
    return no(`not JSON: ${reasonOf(thrown)}`);
  }
  const wrong = faultOf(parsed);
  if (wrong !== undefined) return no(wrong);
  const event = parsed as NormalizedEvent;
  delete event.raw_event;
  return { ok: true, kind: 'event', event };
}

function readWatermark({ key, headers }: Received): MessageReading {
  const [tenantId = '', endpointId = '', ...more] = key.split(':');
  const platform = PLATFORMS.find((name) => name === headers[HEADERS.platform]);
  const at = Number(headers[HEADERS.watermark]);
  if (more.length > 0 || !IDENTIFIER.test(tenantId) || !IDENTIFIER.test(endpointId)) {
    return no('a watermark whose key names no endpoint');
  }
  if (platform === undefined) return no('a watermark without a platform');
  if (!isTime(at)) return no('a watermark without a time');
  return { ok: true, kind: 'watermark', tenantId, endpointId, platform, at };
}

/** What is wrong with a value that should be a NormalizedEvent; undefined when nothing is. */
function faultOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'not an event';
  if (value.schema_version !== 1) return 'an event of another schema version';
  for (const name of ['event_id', 'hostname'] as const) {
    if (typeof value[name] !== 'string' || value[name] === '') return `an event without ${name}`;
  }
  for (const name of ['tenant_id', 'endpoint_id'] as const) {
    const text = value[name];
    if (typeof text !== 'string' || !IDENTIFIER.test(text)) return `an event without a usable ${name}`;
  }
  if (!isOneOf(PLATFORMS, value.platform)) return 'an event of an unknown platform';
  if (!isOneOf(SOURCES, value.source)) return 'an event of an unknown source';
  if (!isOneOf(EVENT_TYPES, value.event_type)) return 'an event of an unknown type';
  if (!isTime(value.timestamp)) return 'an event without a usable timestamp';
  return isObject(value.data) ? faultOfData(value.data) : 'an event without data';
}

function faultOfData(data: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of Object.keys(data)) {
    const kind = DATA_KINDS.get(name as keyof EventData);
    if (kind !== undefined && !isOfKind(data[name], kind)) return `an event whose data.${name} is no ${kind}`;
  }
  return undefined;
}

function isOfKind(value: unknown, kind: string): boolean {
  return kind === 'object' ? isObject(value) : typeof value === kind;
}

/** The JavaScript type that each field of an event's data has, from the contract. */
const DATA_KINDS: ReadonlyMap<keyof EventData, string> = new Map(
  Object.entries(eventDataSchema.shape).map(([name, schema]) => {
    const { type } = schema.unwrap();
    const kind = type === 'record' ? 'object' : type === 'enum' ? 'string' : type;
    return [name as keyof EventData, kind];
  }),
);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The year 3000: beyond it a time is damage, and arithmetic on it would be too. */
const LAST_TIME = 32_503_680_000;

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < LAST_TIME;
}

function isOneOf(names: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && names.includes(value);
}
