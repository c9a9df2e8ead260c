import { ordinaryDesktop } from '../datasets/worked-example/worked-example.ts';
import type { Message } from '../ports/bus/bus.ts';

/** Many endpoints whose raw Sysmon lines can be drawn for any stretch of time. */
export interface Fleet {
  /** Raw messages of the next `seconds` before `until` (epoch seconds), keyed by endpoint. */
  between(from: number, until: number): Message[];
}

const TEMPLATES = 8;
const TEMPLATE_SECONDS = 600;
const HOST = 'HOSTPLACEHOLDER';
/** Stand-ins for the two forms of a time; no line holds such names. */
const ISO_PLACE = 'ISOPLACEHOLDER';
const BLANK_PLACE = 'BLANKPLACEHOLDER';
const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const BLANK = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/g;

/**
 * A fleet of desktops in ordinary use, each with `eventsPerSecond`. Every endpoint lives one of a few recorded lives
 * over and over, at an offset of its own, with its own name and the present time put in.
 */
export function syntheticFleet(endpoints: number, eventsPerSecond: number): Fleet {
  const templates = Array.from({ length: TEMPLATES }, (_, seed) =>
    ordinaryDesktop(HOST, 1_772_442_000, 1_772_442_000 + TEMPLATE_SECONDS, seed).map((line) =>
      line
        .replace(ISO, ISO_PLACE)
        .replace(BLANK, BLANK_PLACE)
        .split(/(ISOPLACEHOLDER|BLANKPLACEHOLDER|HOSTPLACEHOLDER|"record_id":\d+)/),
    ),
  );
  const sent = new Float64Array(endpoints); // events so far, per endpoint
  return {
    between(from, until) {
      const messages: Message[] = [];
      for (let endpoint = 0; endpoint < endpoints; endpoint++) {
        const host = `desktop-${endpoint}`;
        const lines = templates[endpoint % TEMPLATES] ?? [];
        // the endpoint's own phase spreads the fleet's events over the second
        const phase = (endpoint * 0.618) % 1;
        let count = Math.ceil(from * eventsPerSecond - phase);
        for (; (count + phase) / eventsPerSecond < until; count++) {
          const parts = lines[(count + endpoint * 37) % lines.length] ?? [];
          const record = sent[endpoint] ?? 0;
          sent[endpoint] = record + 1;
          messages.push({
            key: `default:${host}`,
            value: Buffer.from(filled(parts, host, (count + phase) / eventsPerSecond, record)),
          });
        }
      }
      return messages;
    },
  };
}

function filled(parts: readonly string[], host: string, at: number, record: number): string {
  const iso = new Date(at * 1000).toISOString();
  let line = '';
  for (const part of parts) {
    if (part === ISO_PLACE) line += iso;
    else if (part === BLANK_PLACE) line += iso.replace('T', ' ').slice(0, -1);
    else if (part === HOST) line += host;
    else if (part.startsWith('"record_id":')) line += `"record_id":${record}`;
    else line += part;
  }
  return line;
}
