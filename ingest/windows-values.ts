import type { EventData } from '../contracts/event.ts';

/** The named values of one Windows event, as its shipper gave them. */
export type Fields = Readonly<Record<string, unknown>>;

/** Longest text that is kept in a field: a Windows command line cannot be longer. The rest stays in `raw_event`. */
export const FIELD_CHARACTERS = 32_767;

/** `-`, the empty text, null and a missing value all mean "none". Numbers and booleans become text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value === '' || value === '-') return undefined;
    return value.length > FIELD_CHARACTERS ? value.slice(0, FIELD_CHARACTERS) : value;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return undefined;
}

/** A whole number, written in decimal or as `0x27cc`; nothing beyond what a double holds exactly. */
export function integer(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 20 || !/^\s*(-?\d+|0x[0-9a-f]+)\s*$/i.test(value)) {
    return undefined;
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Lower case without braces; absent when it is no GUID or all zeroes. */
export function guid(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length < 36 || value.length > 40) return undefined;
  const bare = value.charCodeAt(0) === 123 ? value.slice(1, -1) : value;
  if (bare.length !== 36 || bare.charCodeAt(8) !== 45 || bare.charCodeAt(23) !== 45) return undefined;
  const lower = bare.toLowerCase();
  return lower === '00000000-0000-0000-0000-000000000000' ? undefined : lower;
}

/** `true` and `false` as text, number or boolean. */
export function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'True' || value === '1' || value === 1) return true;
  if (value === 'false' || value === 'False' || value === '0' || value === 0) return false;
  return undefined;
}

/** Those that Sysmon knows, so that no name from outside becomes a key. */
const HASHES: ReadonlyMap<string, string> = new Map(
  ['md5', 'sha1', 'sha256', 'imphash'].flatMap((name) => [
    [name, name],
    [name.toUpperCase(), name],
  ]),
);

/** `SHA1=AB..,MD5=..` as algorithm to hex, both lower case. */
export function hashes(value: unknown): EventData['hashes'] {
  if (typeof value !== 'string' || value.length > 1024) return undefined;
  const found: Record<string, string> = {};
  let any = false;
  let start = 0;
  while (start < value.length) {
    const comma = value.indexOf(',', start);
    const end = comma < 0 ? value.length : comma;
    const equals = value.indexOf('=', start);
    const name = equals > start && equals < end ? HASHES.get(value.slice(start, equals).trim()) : undefined;
    if (name !== undefined) {
      found[name] = value.slice(equals + 1, end).toLowerCase();
      any = true;
    }
    start = end + 1;
  }
  return any ? found : undefined;
}

/** `DOMAIN\name` of two fields, or the name alone. */
export function account(fields: Fields, domain: string, name: string): string | undefined {
  const who = text(fields[name]);
  if (who === undefined) return undefined;
  const where = text(fields[domain]);
  return where === undefined ? who : `${where}\\${who}`;
}

/** Puts what one rule finds among the fields into the event's data. */
export type Rule = (fields: Fields, data: EventData) => void;

/** The rule "`key` is what `read` makes of the first of these fields that gives something". */
export function rule<K extends keyof EventData>(
  key: K,
  read: (value: unknown) => EventData[K] | undefined,
  ...names: readonly string[]
): Rule {
  return (fields, data) => {
    for (const name of names) {
      const raw = fields[name];
      if (raw === undefined || raw === null) continue;
      const value = read(raw);
      if (value === undefined) continue;
      data[key] = value;
      return;
    }
  };
}

/** The rule "`key` is always this". */
export function constant<K extends keyof EventData>(key: K, value: NonNullable<EventData[K]>): Rule {
  return (_fields, data) => {
    data[key] = value;
  };
}
