import type { Platform } from '../contracts/event.ts';
import { readTime } from './event-time.ts';
import { type Fields, integer, text } from './windows-values.ts';
import { type EventXml, readEventData, readEventXml } from './windows-xml.ts';

/** Which of Windows' many logs a record is from, as far as it matters here. */
export type Channel = 'sysmon' | 'security' | 'system' | 'powershell' | 'other';

/** One Windows event, whatever shipper it came through. */
export interface WindowsRecord {
  readonly channel: Channel;
  readonly platform: Platform;
  readonly eventId: number;
  readonly host: string; // empty when the record names none
  readonly tenantId: string | undefined;
  readonly timestamp: number | undefined; // on the endpoint's one clock, epoch seconds
  readonly nativeId: string | undefined; // channel, record id and time; absent without a record id
  readonly executionProcessId: number | undefined; // the process that wrote the log entry
  readonly accountId: string | undefined; // SID of the account that process ran as
  readonly account: string | undefined;
  readonly fields: Fields;
  readonly message: string | undefined;
  readonly warnings: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** A JSON object or nothing: arrays and null are none. */
export function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Finds channel, id, host, time and fields in any of the known shapes; undefined when it is no event at all. */
export function windowsRecord(root: Json): WindowsRecord | undefined {
  const embedded = root.SyslogMessage ?? root.syslog_message ?? xmlMessage(root);
  if (typeof embedded === 'string') return xmlRecord(embedded, root);
  const winlog = object(root.winlog) ?? root;
  const eventId = eventIdOf(winlog, root);
  if (eventId === undefined) return undefined;
  const fields = fieldsOf(winlog);
  const channelName = channelNameOf(winlog);
  const channel = channelName === undefined ? guessChannel(fields, eventId) : channelOf(channelName);
  const warnings: string[] = [];
  const timestamp = timeOf(root, winlog, fields, warnings);
  const recordId =
    text(winlog.record_id) ??
    text(winlog.record_number) ??
    text(winlog.RecordNumber) ??
    text(winlog.EventRecordID) ??
    text(winlog.RecordId);
  return {
    channel,
    platform: channelName !== undefined && isLinux(channelName) ? 'linux' : 'windows',
    eventId,
    host: hostOf(root, winlog, warnings),
    tenantId: tenantOf(root),
    timestamp,
    nativeId: recordId === undefined ? undefined : `${channelName}/${recordId}/${timestamp}`,
    executionProcessId: executionOf(winlog),
    accountId: text(object(winlog.user)?.identifier) ?? text(winlog.UserID),
    account: accountOf(winlog),
    fields,
    message: text(root.message) ?? text(winlog.Message) ?? text(winlog.message),
    warnings,
  };
}

/** An event in Windows' XML, alone or inside a syslog record whose `around` is known. */
export function xmlRecord(xml: string, around: Json): WindowsRecord | undefined {
  const event: EventXml | undefined = readEventXml(xml);
  const eventId = event && integer(event.system.EventID);
  if (event === undefined || eventId === undefined) return undefined;
  const { system, data } = event;
  const channelName = system.Channel ?? system.Provider ?? '';
  const warnings: string[] = [];
  const timestamp = readTime(around['@timestamp']) ?? readTime(system.TimeCreated) ?? readTime(data.UtcTime);
  const recordId = system.EventRecordID;
  return {
    channel: channelOf(channelName),
    platform: isLinux(channelName) ? 'linux' : 'windows',
    eventId,
    host: text(system.Computer) ?? hostOf(around, around, warnings),
    tenantId: tenantOf(around),
    timestamp,
    nativeId: recordId === undefined ? undefined : `${channelName}/${recordId}/${timestamp}`,
    executionProcessId: integer(system.Execution),
    accountId: text(system.Security),
    account: undefined,
    fields: data,
    message: undefined,
    warnings,
  };
}

/** XML where a shipper puts its message, as Winlogbeat does when it is asked for the original event. */
function xmlMessage(root: Json): string | undefined {
  for (const name of ['message', 'Message', 'event_xml', 'xml']) {
    const value = root[name];
    if (typeof value !== 'string' || !value.startsWith('<Event')) continue;
    if (!('winlog' in root) && !('EventID' in root) && !('event_id' in root)) return value;
  }
  return undefined;
}

function eventIdOf(winlog: Json, root: Json): number | undefined {
  const value = winlog.event_id ?? winlog.EventID ?? winlog.EventId ?? object(root.event)?.code ?? undefined;
  return integer(object(value)?.['#text'] ?? object(value)?.Value ?? value);
}

/** Twice what Windows lets an event hold; more inside one text is damage, and not worth the time to parse. */
const PACKED_CHARACTERS = 128 * 1024;

/** `event_data` of Winlogbeat, `EventData` of Sentinel as object, JSON text or XML; else the record itself. */
function fieldsOf(winlog: Json): Fields {
  const nested = object(winlog.event_data) ?? object(winlog.EventData);
  if (nested !== undefined) return object(nested.Data) ?? namedValues(nested.Data) ?? nested;
  const packed = winlog.EventData;
  if (typeof packed !== 'string' || 'UtcTime' in winlog || packed.length > PACKED_CHARACTERS) return winlog;
  if (packed.startsWith('<')) return { ...winlog, ...readEventData(packed) };
  return packed.startsWith('{') ? (parsedObject(packed) ?? winlog) : winlog;
}

/** `[{"@Name": …, "#text": …}]`, as converters from XML to JSON write it. */
function namedValues(list: unknown): Fields | undefined {
  if (!Array.isArray(list)) return undefined;
  const fields: Record<string, unknown> = Object.create(null);
  for (const element of list) {
    const entry = object(element);
    const name = entry?.['@Name'] ?? entry?.Name;
    if (typeof name === 'string') fields[name] = entry?.['#text'] ?? entry?.Value;
  }
  return fields;
}

/** Text that ought to be a JSON object; damaged text is no object, which the reader then reports. */
export function parsedObject(json: string): Json | undefined {
  try {
    return object(JSON.parse(json));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function channelNameOf(winlog: Json): string | undefined {
  return (
    text(winlog.channel) ??
    text(winlog.Channel) ??
    text(winlog.log_name) ??
    text(winlog.LogName) ??
    text(winlog.provider_name) ??
    text(winlog.SourceName) ??
    text(winlog.Provider) ??
    text(winlog.ProviderName)
  );
}

const CHANNELS: ReadonlyMap<string, Channel> = new Map([
  ['Microsoft-Windows-Sysmon/Operational', 'sysmon'],
  ['Microsoft-Windows-Sysmon', 'sysmon'],
  ['Linux-Sysmon/Operational', 'sysmon'],
  ['Linux-Sysmon', 'sysmon'],
  ['Security', 'security'],
  ['Microsoft-Windows-Security-Auditing', 'security'],
  ['System', 'system'],
  ['Service Control Manager', 'system'],
  ['Microsoft-Windows-PowerShell/Operational', 'powershell'],
  ['Microsoft-Windows-PowerShell', 'powershell'],
  ['PowerShellCore/Operational', 'powershell'],
]);
const LOWER_CHANNELS = new Map([...CHANNELS].map(([name, channel]) => [name.toLowerCase(), channel]));

function channelOf(name: string): Channel {
  return CHANNELS.get(name) ?? LOWER_CHANNELS.get(name.slice(0, 128).toLowerCase()) ?? 'other';
}

/** Some exports carry Sysmon's fields and id alone; `UtcTime` is Sysmon's own. */
function guessChannel(fields: Fields, eventId: number): Channel {
  return 'UtcTime' in fields && (eventId < 100 || eventId === 255) ? 'sysmon' : 'other';
}

function isLinux(channelName: string): boolean {
  return channelName.startsWith('Linux-Sysmon');
}

/**
 * One clock for each shape. `@timestamp` is the shipper's and right where it exists; `EventTime` is often local
 * time without saying so; `TimeGenerated` is when a table took the row in; `UtcTime` is last, being wrong by
 * minutes to days on hosts whose clock is off.
 */
function timeOf(root: Json, winlog: Json, fields: Fields, warnings: string[]): number | undefined {
  const shipped = root['@timestamp'];
  const time = readTime(shipped);
  if (time !== undefined) return time;
  if (shipped !== undefined) warnings.push('time_unreadable');
  const created = winlog.TimeCreated ?? winlog.time_created;
  return (
    readTime(object(created)?.SystemTime ?? created) ??
    readTime(winlog.EventTime) ??
    readTime(winlog.TimeGenerated) ??
    readTime(fields.UtcTime) ??
    readTime(object(root.event)?.created) ??
    readTime(winlog.EventReceivedTime)
  );
}

/** The endpoint's own name. `host` and `agent` name the collector, so they come last and leave a warning. */
function hostOf(root: Json, winlog: Json, warnings: string[]): string {
  const own =
    text(winlog.computer_name) ??
    text(winlog.Computer) ??
    text(winlog.Hostname) ??
    text(winlog.MachineName) ??
    text(winlog.ComputerName) ??
    text(winlog.HostName);
  if (own !== undefined) return own;
  const host = root.host;
  const collector = text(object(host)?.name) ?? text(object(host)?.hostname) ?? text(host);
  warnings.push(collector === undefined ? 'no_host' : 'host_of_collector');
  return collector ?? '';
}

function tenantOf(root: Json): string | undefined {
  return text(root.tenant_id) ?? text(object(root.fields)?.tenant_id);
}

function executionOf(winlog: Json): number | undefined {
  return integer(
    object(winlog.process)?.pid ?? winlog.process_id ?? winlog.ExecutionProcessID ?? winlog.ProcessID,
  );
}

function accountOf(winlog: Json): string | undefined {
  const user = object(winlog.user);
  const name = text(user?.name) ?? text(winlog.AccountName);
  const domain = text(user?.domain) ?? text(winlog.Domain);
  return name !== undefined && domain !== undefined ? `${domain}\\${name}` : name;
}
