import { type AuditLine, readStamp } from './auditd-line.ts';
import { type Json, jsonObject, textOf } from './syscalls-values.ts';

/** What a JSON record says beside its audit text. */
export interface Envelope {
  readonly tenantId: string | undefined;
  readonly host: string | undefined;
  /** The audit text it holds, if it holds any. */
  readonly message: string | undefined;
}

/** Where shippers put the text of the line. */
const MESSAGES = ['message', 'SyslogMessage', 'log', 'MESSAGE', 'msg', 'raw', 'RawData'] as const;

/** Where they put the machine's name, the machine itself before whoever passed it on. */
const HOSTS = ['NODE', 'node', 'HostName', 'Computer', 'hostname', 'Hostname', '_HOSTNAME', 'host'] as const;

/** More records than one audit event has: what follows is no part of one. */
const RECORDS = 4096;

/** The most entries of a list other than the arguments: an event has a handful of keys. */
const LIST = 64;

/** What the JSON around an audit record says. */
export function readEnvelope(json: Json): Envelope {
  let message: string | undefined;
  for (const key of MESSAGES) {
    const text = json[key];
    if (typeof text === 'string' && text.includes('audit(')) message ??= text;
  }
  let host: string | undefined;
  for (const key of HOSTS) host ??= hostOf(json[key]);
  return { tenantId: textOf(json.tenant_id), host, message };
}

/**
 * The records of an event that was joined on its machine, in LAUREL's form: `{ ID, NODE, SYSCALL: {…}, PATH: […] }`.
 * Undefined when the object is none.
 */
export function readJoined(json: Json): readonly AuditLine[] | 'no-event-time' | undefined {
  if (typeof json.ID !== 'string') return undefined;
  const stamp = readStamp(json.ID);
  if (typeof stamp !== 'object') return stamp;
  const { id, seconds, warnings } = stamp;
  const lines: AuditLine[] = [];
  for (const type of Object.keys(json)) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(type)) continue;
    const found = json[type];
    for (const one of Array.isArray(found) ? found : [found]) {
      const record = jsonObject(one);
      if (record === undefined || lines.length >= RECORDS) continue;
      lines.push({ type, id, seconds, node: undefined, warnings, ...fieldsOf(record) });
    }
  }
  return lines;
}

function hostOf(value: unknown): string | undefined {
  const inner = jsonObject(value);
  return textOf(inner === undefined ? value : (inner.hostname ?? inner.name));
}

function fieldsOf(record: Json): Pick<AuditLine, 'fields' | 'args'> {
  const fields = new Map<string, string>();
  let args: readonly string[] | undefined;
  for (const key of Object.keys(record)) {
    const value = record[key];
    if (typeof value === 'string' || typeof value === 'number') fields.set(key, String(value));
    else if (typeof value === 'boolean') fields.set(key, value ? 'yes' : 'no');
    else if (key === 'ARGV' && Array.isArray(value)) args = value.map(argument);
    else if (Array.isArray(value)) fields.set(key, value.slice(0, LIST).map(argument).join(','));
    else if (key === 'SADDR') addAddress(fields, jsonObject(value));
  }
  const whole = record.ARGV_STR;
  if (args === undefined && typeof whole === 'string') args = [whole];
  return args === undefined ? { fields } : { fields, args };
}

function argument(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** LAUREL's decoded socket address, as the fields of an enriched record. */
function addAddress(fields: Map<string, string>, address: Json | undefined): void {
  if (address === undefined) return;
  for (const [key, names] of [
    ['saddr_fam', ['family']],
    ['laddr', ['addr', 'laddr']],
    ['lport', ['port', 'lport']],
    ['path', ['path']],
  ] as const) {
    for (const name of names) {
      const text = textOf(address[name]);
      if (text !== undefined && !fields.has(key)) fields.set(key, text);
    }
  }
}
