import type { RawTopic } from '../contracts/topics.ts';
import { nestsTooDeep } from './nesting.ts';
import { object, parsedObject } from './windows-record.ts';

/**
 * Keys that only Windows events have, as bytes. Inside a JSON text the quotes of such a sequence would be
 * escaped, so a find is a key and the record need not be parsed to be told.
 */
const WINDOWS_KEYS = ['"winlog":', '"EventID":', '"event_data":', '"EventId":', '"EventRecordID":'];

/** The first element of an array is looked for so far. */
const FIRST_CHARACTERS = 64 * 1024;

const AUDIT = /^(?:node=\S+ )?type=\S+ (?:msg=|audit\()/;

/** Tells by its shape which raw topic a captured line belongs to; undefined when no parser would know it. */
export function topicOf(line: Buffer): RawTopic | undefined {
  const head = line.toString('utf8', 0, 512).replace(/^\uFEFF?\s*\[?\s*/, '');
  if (head.startsWith('<Event')) return 'sysmon-logs';
  if (AUDIT.test(head)) return 'linux-auditd-logs';
  if (!head.startsWith('{')) return undefined;
  if (WINDOWS_KEYS.some((key) => line.includes(key))) return 'sysmon-logs';
  if (nestsTooDeep(line)) return undefined;
  const text = line.toString('utf8').trim();
  const json = parsedObject(text.startsWith('[') ? text.slice(1, firstObjectEnd(text)) : text);
  return json && topicOfObject(json);
}

type Json = Readonly<Record<string, unknown>>;

function topicOfObject(json: Json): RawTopic | undefined {
  const message = json.SyslogMessage ?? json.message ?? json.MESSAGE ?? json.log;
  if (typeof message === 'string') {
    if (message.trimStart().startsWith('<Event')) return 'sysmon-logs';
    if (/(?:^|\n)[ \t]*(?:node=\S+ )?type=\S+ (?:msg=|audit\()/.test(message.slice(0, 4096)))
      return 'linux-auditd-logs';
  }
  if ('event_id' in json && ('log_name' in json || 'computer_name' in json)) return 'sysmon-logs';
  if (typeof json.ID === 'string' && ('SYSCALL' in json || 'NODE' in json)) return 'linux-auditd-logs';
  const kind = ebpfKind(json);
  return kind === undefined ? undefined : topicOfKind(kind);
}

/** The event's kind in our flat JSON, Tetragon, Tracee and Falco. */
function ebpfKind(json: Json): string | undefined {
  const falco = object(json.output_fields);
  if (falco !== undefined) return String(falco['evt.type'] ?? 'process');
  for (const key of Object.keys(json)) {
    if (!key.startsWith('process_')) continue;
    const tetragon = object(json[key]);
    if (tetragon !== undefined) return String(tetragon.function_name ?? tetragon.event ?? key);
  }
  if (typeof json.eventName === 'string') return json.eventName;
  const kind = json.event_type ?? json.type;
  return typeof kind === 'string' && ('pid' in json || 'comm' in json) ? kind : undefined;
}

function topicOfKind(kind: string): RawTopic {
  if (/net|connect|accept|bind|listen|sock|send|recv|dns|tcp|udp/i.test(kind))
    return 'linux-ebpf-network-logs';
  if (/file|open|write|read|creat|link|rename|chmod|chown|mkdir|rmdir|truncate|inode|path|fd_/i.test(kind)) {
    return 'linux-ebpf-file-logs';
  }
  return 'linux-ebpf-process-logs';
}

/** Where the first object of an array ends, so that the rest need not be parsed. */
function firstObjectEnd(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let at = 1; at < text.length && at < FIRST_CHARACTERS; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return at + 1;
  }
  return text.length;
}
