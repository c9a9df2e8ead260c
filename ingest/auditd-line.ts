import { readTime } from './event-time.ts';

/** One record of the audit log: one line of text, or one object of aggregated JSON. */
export interface AuditLine {
  readonly type: string;
  /** `seconds.millis:serial`: what all records of one event share. */
  readonly id: string;
  readonly seconds: number; // event time, epoch seconds
  readonly node: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
  readonly args?: readonly string[]; // of an EXECVE that came as a list
  readonly warnings?: readonly string[];
}

/** How values are written: as the kernel does, as `ausearch -i` does, or joined by AUOMS. */
type Form = 'raw' | 'interpreted' | 'auoms';

/** A time and a serial are shorter; a longer bracket is something else. */
const STAMP_CHARACTERS = 64;

/** How far the stamp may stand from the begin: behind a syslog header and a node name. */
const HEADER_CHARACTERS = 512;

/** More fields than fit into one record (MAX_AUDIT_MESSAGE_LENGTH is 8,970 bytes); what follows is not read. */
const FIELDS = 2048;

/** Records that older relays name by number (linux/audit.h). */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['1100', 'USER_AUTH'],
  ['1101', 'USER_ACCT'],
  ['1103', 'CRED_ACQ'],
  ['1104', 'CRED_DISP'],
  ['1105', 'USER_START'],
  ['1106', 'USER_END'],
  ['1006', 'LOGIN'],
  ['1112', 'USER_LOGIN'],
  ['1300', 'SYSCALL'],
  ['1302', 'PATH'],
  ['1306', 'SOCKADDR'],
  ['1307', 'CWD'],
  ['1309', 'EXECVE'],
  ['1318', 'OBJ_PID'],
  ['1320', 'EOE'],
  ['1321', 'BPRM_FCAPS'],
  ['1327', 'PROCTITLE'],
  ['1400', 'AVC'],
]);

/** Fields that auditd writes in hex, without quotes, when they hold blanks, quotes or bytes beyond ASCII. */
const TEXTS: ReadonlySet<string> = new Set(
  'name comm exe cwd proctitle acct cmd key ocomm path data dir'.split(' '),
);

/**
 * Reads one line of the audit log, with or without a syslog header, node name and enrichment: `type=… msg=audit(…): …`.
 * `undefined` when it is none; `no-event-time` when its time means nothing.
 */
export function readAuditLine(line: string): AuditLine | 'no-event-time' | undefined {
  const open = line.indexOf('audit(');
  if (open < 0 || open > HEADER_CHARACTERS) return undefined;
  const typeAt = line.lastIndexOf('type=', open);
  const close = line.indexOf(')', open);
  if (typeAt < 0 || close < 0 || close - open > STAMP_CHARACTERS) return undefined;
  const stamp = readStamp(line.slice(open + 6, close));
  if (typeof stamp !== 'object') return stamp;
  const typeEnd = line.indexOf(' ', typeAt);
  if (typeEnd < 0 || typeEnd > open) return undefined;
  const named = line.slice(typeAt + 5, typeEnd);
  const auoms = named.startsWith('AUOMS_');
  const type = TYPES.get(named) ?? named;
  const form = auoms ? 'auoms' : stamp.interpreted ? 'interpreted' : 'raw';
  const fields = new Map<string, string>();
  const from = line.charCodeAt(close + 1) === 0x3a ? close + 2 : close + 1;
  if (form === 'interpreted') scanInterpreted(line, from, type, fields);
  else scan(line, from, form, type === 'EXECVE', 0, fields);
  const { id, seconds, warnings } = stamp;
  return { type, id, seconds, node: nodeOf(line, typeAt) ?? fields.get('node'), fields, warnings };
}

interface Stamp {
  readonly id: string;
  readonly seconds: number;
  readonly interpreted: boolean;
  readonly warnings: readonly string[];
}

const NONE: readonly string[] = [];
const LOCAL_TIME: readonly string[] = ['time_without_zone'];

/** `1772442904.120:5511`, or `03/02/2026 09:15:04.120:5511`, whose zone nobody wrote down and which counts as UTC. */
export function readStamp(text: string): Stamp | 'no-event-time' | undefined {
  const colon = text.lastIndexOf(':');
  const serial = text.slice(colon + 1);
  if (colon < 0 || !/^\d{1,20}$/.test(serial)) return undefined;
  const time = text.slice(0, colon).trim();
  if (/^\d{1,11}(\.\d{1,9})?$/.test(time)) {
    const seconds = readTime(Number(time));
    return seconds === undefined
      ? 'no-event-time'
      : { id: `${time}:${serial}`, seconds, interpreted: false, warnings: NONE };
  }
  const seconds = readTime(time.replace(/^(\d\d\/\d\d\/)(\d\d) /, '$120$2 '));
  if (seconds === undefined) return /^[\d/:. ,APM-]+$/i.test(time) ? 'no-event-time' : undefined;
  return { id: `${seconds.toFixed(3)}:${serial}`, seconds, interpreted: true, warnings: LOCAL_TIME };
}

/** The text of hex digits as UTF-8, NUL bytes as blanks; undefined when they are not pairs of hex digits. */
export function decodeHex(digits: string): string | undefined {
  if (digits.length === 0 || digits.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(digits)) return undefined;
  return Buffer.from(digits, 'hex').toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
}

function nodeOf(line: string, typeAt: number): string | undefined {
  const at = line.lastIndexOf('node=', typeAt);
  return at < 0 ? undefined : line.slice(at + 5, line.indexOf(' ', at));
}

const BLANK = 0x20; // and below: 0x1D parts the enrichment
const QUOTE = 0x22;
const TICK = 0x27;
const EQUALS = 0x3d;

/** Reads `key=value` pairs from `from` on; a value may be quoted, a list, or in ticks and hold pairs of its own. */
function scan(
  text: string,
  from: number,
  form: Form,
  isExecve: boolean,
  depth: 0 | 1,
  into: Map<string, string>,
): void {
  let at = from;
  while (at < text.length && into.size < FIELDS) {
    while (text.charCodeAt(at) <= BLANK) at++;
    const begin = at;
    let code = text.charCodeAt(at);
    while (code !== EQUALS && code > BLANK) code = text.charCodeAt(++at);
    if (code !== EQUALS) continue; // a word of an old style record
    const key = text.slice(begin, at);
    at++;
    const end = endOfValue(text, at, key, form, depth);
    code = text.charCodeAt(at);
    if (code === TICK && depth === 0) scan(text.slice(at + 1, end), 0, form, false, 1, into);
    else if (!into.has(key)) into.set(key, isExecve ? text.slice(at, end) : plain(text, at, end, key, form));
    at = end + 1;
  }
}

/** Where a value ends: the place of its closing quote, or the blank after it. */
function endOfValue(text: string, at: number, key: string, form: Form, depth: 0 | 1): number {
  const code = text.charCodeAt(at);
  let end: number;
  if (form === 'auoms' && (key === 'cmdline' || key === 'proctitle')) {
    end = text.lastIndexOf(' redactors='); // these two may hold quotes and blanks of their own
    if (end >= at) return end;
  }
  if (code === QUOTE) end = text.indexOf('"', at + 1);
  else if (code === TICK) end = depth === 0 ? text.lastIndexOf("'") : text.indexOf("'", at + 1);
  else if (code === 0x7b) end = afterwards(text, '}', at);
  else if (code === 0x5b) end = afterwards(text, '] ', at);
  else {
    end = at;
    while (text.charCodeAt(end) > BLANK) end++;
    return end;
  }
  return end <= at ? text.length : end;
}

function afterwards(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? -1 : found + 1;
}

function plain(text: string, at: number, end: number, key: string, form: Form): string {
  if (text.charCodeAt(at) === QUOTE) {
    const last = text.charCodeAt(end - 1) === QUOTE && end - 1 > at ? end - 1 : end;
    return text.slice(at + 1, last);
  }
  const value = text.slice(at, end);
  return (form === 'raw' && TEXTS.has(key) && decodeHex(value)) || value;
}

const NEXT_KEY = / ([A-Za-z][\w-]*)=/g;

/** Values of `ausearch -i` are neither quoted nor in hex, so each goes on until something that looks like a key. */
function scanInterpreted(line: string, from: number, type: string, into: Map<string, string>): void {
  const text = ` ${line.slice(from).replaceAll('\u001d', ' ').trim()}`.replace(/^ : ?/, ' ');
  if (type === 'PROCTITLE' && text.startsWith(' proctitle=')) {
    into.set('proctitle', text.slice(11));
    return;
  }
  const keys = type === 'EXECVE' ? argumentKeys(text) : fieldKeys(text);
  keys.forEach((match, place) => {
    const value = text.slice(match.index + match[0].length, keys[place + 1]?.index ?? text.length).trim();
    const key = match[1] ?? '';
    if (value.startsWith("'") && type !== 'EXECVE') {
      const equals = value.indexOf('='); // the first pair inside; the others follow as keys of their own
      if (equals > 1) into.set(value.slice(1, equals), value.slice(equals + 1).replace(/'$/, ''));
    } else if (!into.has(key)) {
      into.set(key, type === 'EXECVE' ? `"${value}"` : value.replace(/^"(.*)"$/, '$1').replace(/'$/, ''));
    }
  });
}

function fieldKeys(text: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of text.matchAll(NEXT_KEY)) {
    found.push(match);
    if (found.length >= FIELDS) break;
  }
  return found;
}

/** An argument may hold ` x=1`: only `a<next number>=` begins the next. */
function argumentKeys(text: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  const key = / (argc|a\d{1,5})=/g;
  let next = 0;
  for (const match of text.matchAll(key)) {
    if (match[1] === 'argc' ? next > 0 || found.length > 0 : match[1] !== `a${next}`) continue;
    if (match[1] !== 'argc') next++;
    found.push(match);
    if (found.length >= FIELDS) break;
  }
  return found;
}
