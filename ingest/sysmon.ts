import type { EventData, NormalizedEvent, Reading } from '../contracts/event.ts';
import { HEADERS } from '../contracts/topics.ts';
import type { EventRule } from './event-rule.ts';
import { nestsTooDeep } from './nesting.ts';
import { contentId, eventOf, type RawRecord } from './record.ts';
import { POWERSHELL_EVENTS, SECURITY_EVENTS, SYSTEM_EVENTS } from './security-events.ts';
import { SYSMON_EVENTS, SYSMON_NOT_USED } from './sysmon-events.ts';
import { readMessage, readScriptMessage } from './windows-message.ts';
import { parsedObject, type WindowsRecord, windowsRecord, xmlRecord } from './windows-record.ts';
import { FIELD_CHARACTERS, type Fields } from './windows-values.ts';

/**
 * Reads one record of `sysmon-logs`: Sysmon for Windows and Linux, and what the Security, System and PowerShell
 * channels add, in the JSON of NXLog, Winlogbeat 6 to 8, Sentinel and flat exporters, or in Windows' XML.
 * A record that cannot be used is an answer, not an error.
 */
export function readSysmon(record: RawRecord, arrivedAt: number): Reading {
  const line = textOf(record.value);
  if (line === '') return dead('empty');
  if (nestsTooDeep(record.value)) return dead('nested-too-deep');
  const windows = parse(line);
  if (windows === 'malformed') return dead(line.startsWith('<') ? 'not-event-xml' : 'not-a-json-object');
  if (windows === undefined) return dead('not-an-event');
  const known = ruleFor(windows);
  if (typeof known === 'string') return { ok: false, kind: 'dropped', reason: known };
  if (windows.timestamp === undefined) return dead('no-event-time');
  return eventFrom(windows, windows.timestamp, known, record, arrivedAt);
}

/** The text of a message without byte order mark and surrounding blanks. */
function textOf(value: Buffer): string {
  const whole = value.toString('utf8');
  const first = whole.charCodeAt(0);
  return first === 0x7b && whole.charCodeAt(whole.length - 1) === 0x7d ? whole : whole.trim();
}

function parse(line: string): WindowsRecord | 'malformed' | undefined {
  if (line.charCodeAt(0) === 0x3c) return xmlRecord(line, {}) ?? 'malformed';
  const json = parsedObject(line);
  return json === undefined ? 'malformed' : windowsRecord(json);
}

/** How to read the event, or the reason why it is not used. */
function ruleFor({ channel, eventId }: WindowsRecord): EventRule | string {
  if (channel === 'sysmon') {
    return SYSMON_EVENTS.get(eventId) ?? SYSMON_NOT_USED.get(eventId) ?? 'unknown-event-id';
  }
  if (channel === 'security') return SECURITY_EVENTS.get(eventId) ?? 'security-event-not-used';
  if (channel === 'system') return SYSTEM_EVENTS.get(eventId) ?? 'system-event-not-used';
  if (channel === 'powershell') return POWERSHELL_EVENTS.get(eventId) ?? 'powershell-event-not-used';
  return 'channel-not-used';
}

function eventFrom(
  windows: WindowsRecord,
  timestamp: number,
  known: EventRule,
  record: RawRecord,
  arrivedAt: number,
): Reading {
  const warnings = [...windows.warnings];
  const data = known.isComplete(windows.fields)
    ? dataOf(known, windows.fields)
    : dataWithMessage(known, windows, warnings);
  if (!saysAnything(data)) {
    return dead(windows.message === undefined ? 'no-fields' : 'message-not-understood');
  }
  if (known.type === 'script_block') addWriter(windows, data);
  warnOfCuts(data, warnings);
  const event: NormalizedEvent = eventOf(
    {
      tenantId: windows.tenantId,
      host: windows.host === '' ? (record.headers[HEADERS.endpoint] ?? '') : windows.host,
      platform: windows.platform,
      source: 'sysmon',
      eventType: known.type,
      timestamp,
      nativeId: windows.nativeId ?? contentId(record.value),
      data,
      warnings,
    },
    record,
    arrivedAt,
  );
  return { ok: true, events: [event] };
}

function dataOf({ rules }: EventRule, fields: Fields): EventData {
  const data: EventData = {};
  for (const fill of rules) fill(fields, data);
  return data;
}

/** Adds what the shipper left to the rendered message. What it gave as a field stands. */
function dataWithMessage(known: EventRule, windows: WindowsRecord, warnings: string[]): EventData {
  const own = dataOf(known, windows.fields);
  if (windows.message === undefined) return own;
  const isScript = known.type === 'script_block';
  const data = {
    ...dataOf(known, isScript ? readScriptMessage(windows.message) : readMessage(windows.message)),
    ...own,
  };
  if (Object.keys(data).length > Object.keys(own).length) warnings.push('fields_from_message');
  return data;
}

/** True when more was found than what every event carries. */
function saysAnything(data: EventData): boolean {
  for (const key in data) {
    if (!EMPTY_KEYS.has(key)) return true;
  }
  return false;
}
const EMPTY_KEYS: ReadonlySet<string> = new Set([
  'utc_time',
  'rule_name',
  'pipe_action',
  'auth_action',
  'auth_result',
]);

/** A script block is logged by the very process that runs it. */
function addWriter(windows: WindowsRecord, data: EventData): void {
  if (windows.executionProcessId !== undefined && windows.executionProcessId > 0) {
    data.process_id = windows.executionProcessId;
  }
  if (windows.account !== undefined) data.user = windows.account;
  if (windows.accountId !== undefined) data.user_id = windows.accountId;
}

function warnOfCuts(data: EventData, warnings: string[]): void {
  for (const key in data) {
    const value = data[key as keyof EventData];
    if (typeof value === 'string' && value.length >= FIELD_CHARACTERS) warnings.push(`cut:${key}`);
  }
}

function dead(reason: string): Reading {
  return { ok: false, kind: 'dead', reason };
}
