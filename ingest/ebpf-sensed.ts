import type { EventData } from '../contracts/event.ts';
import { readTime } from './event-time.ts';

/** One event as its sensor saw it, whichever sensor that is. */
export interface Sensed {
  /** The system call, or the kind in our flat form: `exec`, `fork`, `exit`, `open`, `connect`, `dns`, … */
  readonly call: string;
  readonly at: number | undefined; // epoch seconds
  readonly host: string | undefined;
  readonly tenantId: string | undefined;
  /** The acting process, and whatever else needs no interpretation. */
  readonly data: EventData;
  readonly path?: string | undefined;
  readonly newPath?: string | undefined; // of a rename or link
  readonly folder?: string | undefined; // of a relative path, where it is known
  readonly flags?: number | undefined; // of an open
  readonly writes?: boolean | undefined; // where the sensor says so itself
  readonly creates?: boolean | undefined;
  readonly result?: number | undefined; // of the call; below 0 an error number
  readonly local?: Peer | undefined;
  readonly remote?: Peer | undefined;
}

/** One end of a connection. */
export interface Peer {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** What a sensor's object became: an event, the reason why it is of no use, or nothing that this sensor writes. */
export type Sensing = Sensed | { readonly reason: string } | undefined;

/**
 * Epoch seconds of a time in any unit from seconds to nanoseconds, as number or text. A clock that counts from the
 * machine's start gives no time of day and counts as none.
 */
export function sensorTime(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{9,20}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return readTime(value);
  // as seconds, the limits are the year 5138; each unit further is a thousand times as much
  if (number >= 1e17) return readTime(number / 1e9);
  if (number >= 1e14) return readTime(number / 1e6);
  return readTime(number);
}

/** A port as number or text. */
export function portOf(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}

/** One end of a connection; undefined when neither address nor port is known. */
export function peerOf(address: string | undefined, port: number | undefined): Peer | undefined {
  return address === undefined && port === undefined ? undefined : { address, port };
}
