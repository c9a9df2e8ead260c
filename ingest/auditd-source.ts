import type { Reading } from '../contracts/event.ts';
import { readEnvelope, readJoined } from './auditd-json.ts';
import { type AuditLine, readAuditLine } from './auditd-line.ts';
import { partAuoms } from './auditd-parts.ts';
import { messageText, parseObject } from './syscalls-values.ts';

/** More lines than any audit event has; a message with more is no event but a file. */
const LINES = 4096;

/** Why a message holds no audit line. */
export type NoSource = Reading & { readonly ok: false };

/** The audit lines that a message holds, and what the JSON around them says of their machine. */
export interface AuditSource {
  readonly tenantId?: string | undefined;
  readonly host?: string | undefined;
  readonly lines: readonly AuditLine[];
}

/** Finds the audit lines of a message in any of the known forms; the reason when there are none. */
export function readSource(value: Buffer): AuditSource | NoSource {
  const text = messageText(value);
  if (text === '') return dead('empty');
  if (text.charCodeAt(0) !== 0x7b) return linesOf(text, {});
  const json = parseObject(text);
  if (json === undefined) return dead('not-a-json-object');
  const { tenantId, host, message } = readEnvelope(json);
  if (message !== undefined) return linesOf(message, { tenantId, host });
  const lines = readJoined(json);
  if (lines === 'no-event-time') return dead(lines);
  return lines === undefined || lines.length === 0 ? dead('not-an-audit-record') : { tenantId, host, lines };
}

function linesOf(text: string, from: Omit<AuditSource, 'lines'>): AuditSource | NoSource {
  const lines: AuditLine[] = [];
  let why: string | undefined;
  let count = 0;
  let begin = 0;
  while (begin < text.length) {
    const end = text.indexOf('\n', begin);
    const line = text.slice(begin, end < 0 ? text.length : end).trim();
    begin = end < 0 ? text.length : end + 1;
    if (line === '') continue;
    if (++count > LINES) return dead('too-many-audit-lines');
    const read = readAuditLine(line);
    if (typeof read !== 'object') why ??= read ?? notUsed(line) ?? 'not-an-audit-record';
    else if (read.type.startsWith('AUOMS_')) lines.push(...partAuoms(read));
    else lines.push(read);
  }
  if (lines.length > 0) return { ...from, lines };
  const reason = why ?? 'empty';
  return DROPPED.has(reason) ? { ok: false, kind: 'dropped', reason } : dead(reason);
}

const DROPPED: ReadonlySet<string> = new Set(['ausearch-separator', 'audit-record-without-stamp']);

/** Lines of an audit log that tell of no event: what `ausearch` puts between two, and `type=UNKNOWN[1329] msg=?`. */
function notUsed(line: string): string | undefined {
  if (line === '----' || line.startsWith('time->')) return 'ausearch-separator';
  return /^(node=\S+ )?type=\S+ msg=\?/.test(line) ? 'audit-record-without-stamp' : undefined;
}

function dead(reason: string): NoSource {
  return { ok: false, kind: 'dead', reason };
}
