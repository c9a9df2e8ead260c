import type { Document } from './documents.ts';
import type { Place } from './elasticsearch-mappings.ts';
import { columnsOf, type Index, manyOf } from './fields.ts';

/** The time of a document, by index: it names the day an index is for, and Kibana's `@timestamp`. */
const TIME_OF: Readonly<Record<string, string>> = {
  'logster-events': 'timestamp',
  'logster-inferences': 'timestamp',
  'logster-alerts': 'last_seen',
};

/** Indices of which there is one per day. Alerts change after they were written, so they are one index. */
export const DATED: ReadonlySet<string> = new Set(['logster-events', 'logster-inferences']);

/**
 * Days around now that have an index of their own. All other documents, those without a time among them, share one:
 * an endpoint's clock is not ours to trust, and each index is a shard of the 1,000 that a node allows. 92 days are
 * more than results are kept by default, and far more than a message takes to be delivered once more.
 */
const OWN_DAYS = { before: 92, after: 2 };
const DAY_SECONDS = 86_400;
const LATEST_MS = 8.64e15; // the end of JavaScript's calendar

/**
 * A document as it is sent. What can be asked for lies at its normal name, as the embedded store would compare it, so
 * that no value of a wrong type or length makes the server refuse it. The whole is a text in `body`: it comes back
 * exactly, and neither the server (names that are empty, doubled or too many) nor the client (which does not parse
 * an answer with a key `__proto__`) takes offence at what an endpoint sent.
 */
export function storedText(index: Index, id: string, body: Document, json: string): string {
  const values = columnsOf(index, body);
  const stored: Record<string, unknown> = { id: exactText(id), ...timestampOf(timeOf(index, body)) };
  index.single.forEach(({ name }, place) => {
    const value = values[place] ?? null;
    if (value !== null) stored[name] = exact(value);
  });
  for (const { field, value } of manyOf(index, body)) {
    const held = (stored[field] ?? []) as unknown[];
    stored[field] = [...held, exact(value ?? '')];
  }
  return JSON.stringify({ ...stored, body: json });
}

/** The document that was sent, from the source of a hit. */
export function bodyOf(source: unknown): Document {
  return JSON.parse((source as { body: string }).body) as Document;
}

/**
 * The index that a document belongs to. By its own time, so that the same document sent again meets itself;
 * `nowSeconds` only tells whether its day has an index of its own.
 */
export function indexNameOf({ index, alias, dated }: Place, body: Document, nowSeconds: number): string {
  if (!dated) return alias;
  const time = timeOf(index, body);
  const today = Math.floor(nowSeconds / DAY_SECONDS);
  const day = time === undefined ? Number.NaN : Math.floor(time / DAY_SECONDS);
  if (!(day >= today - OWN_DAYS.before && day <= today + OWN_DAYS.after)) return `${alias}-other`;
  return `${alias}-${new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10).replaceAll('-', '.')}`;
}

/** A text as Lucene keeps it: half a surrogate pair has no UTF-8, and would be told apart here but not there. */
export function exactText(text: string): string {
  return Buffer.from(text).toString();
}

/** A value as the server compares it. */
export function exact(value: string | number): string | number {
  return typeof value === 'string' ? exactText(value) : value;
}

function timeOf(index: Index, body: Document): number | undefined {
  const place = index.single.findIndex(({ name }) => name === TIME_OF[index.name]);
  const time = place < 0 ? null : columnsOf(index, body)[place];
  return typeof time === 'number' ? time : undefined;
}

function timestampOf(seconds: number | undefined): { '@timestamp'?: number } {
  const ms = seconds === undefined ? Number.NaN : Math.round(seconds * 1000);
  return ms >= 0 && ms <= LATEST_MS ? { '@timestamp': ms } : {};
}
