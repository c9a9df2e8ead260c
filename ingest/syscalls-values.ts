import { posix } from 'node:path';
import type { EventData } from '../contracts/event.ts';
import { HEADERS } from '../contracts/topics.ts';
import type { RawRecord } from './record.ts';

/** Longest text that is kept in a field, as for Windows; the rest stays in `raw_event`. */
const TEXT_CHARACTERS = 32_767;

/** How auditd, ausearch and Falco write "none". */
const NONE: ReadonlySet<string> = new Set(['', '?', '(null)', '(none)', '<NA>', '<unset>']);

/** An unset login or user id: -1, as the kernel's unsigned number, and as tools spell it. */
const UNSET_ID: ReadonlySet<string> = new Set(['-1', '4294967295', 'unset']);

/** A JSON object, as far as it is known. */
export type Json = Readonly<Record<string, unknown>>;

/** A JSON object or nothing: arrays and null are none. */
export function jsonObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The object that a text holds; undefined when it is not JSON or not an object. */
export function parseObject(text: string): Json | undefined {
  try {
    return jsonObject(JSON.parse(text));
  } catch {
    return undefined; // the reader answers with a named reason
  }
}

/** A message's text without byte order mark and surrounding blanks. */
export function messageText(value: Buffer): string {
  return value.toString('utf8').trim();
}

/** Text with something in it, at most 32,767 characters; numbers become text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || NONE.has(value)) return undefined;
  return value.length > TEXT_CHARACTERS ? value.slice(0, TEXT_CHARACTERS) : value;
}

/** A whole number, as number or in decimal; nothing beyond what a double holds exactly. */
export function wholeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 17 || !/^-?\d+$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A user's number as text; none for an unset one. */
export function userIdOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || UNSET_ID.has(text) || !/^\d{1,10}$/.test(text) ? undefined : text;
}

/** A user's name; none for a number or an unset one. */
export function userNameOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || UNSET_ID.has(text) || /^-?\d+$/.test(text) ? undefined : text;
}

/** The arguments as one line, as `/proc/<pid>/cmdline` shows them: with blanks between, without quotes. */
export function commandLineOf(argv: readonly string[]): string | undefined {
  return textOf(argv.join(' '));
}

/** Sets a key that has a value; an absent key is absent rather than undefined. */
export function put<K extends keyof EventData>(data: EventData, key: K, value: EventData[K]): void {
  if (value !== undefined) data[key] = value;
}

/** The path from the root, without `.`, `..` and doubled slashes; a relative one only where its folder is known. */
export function absolutePath(path: string, folder: string | undefined): string {
  if (path.startsWith('/')) return isPlain(path) ? path : posix.normalize(path);
  // abstract sockets, memory files and `pipe:[1]` are no paths
  if (folder?.startsWith('/') !== true || /^@|^[a-z_]+:/.test(path)) return path;
  return posix.normalize(`${folder}/${path}`);
}

function isPlain(path: string): boolean {
  return !path.includes('/.') && !path.includes('//');
}

/** Who sent a record that does not say it itself: the endpoint of its header, else of its message key. */
export function senderOf({ headers, key }: RawRecord): string {
  const named = headers['logster-host'] ?? headers[HEADERS.endpoint] ?? (key.includes(':') ? key : '');
  return named.slice(named.indexOf(':') + 1) || 'unknown';
}
