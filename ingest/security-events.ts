import type { EventData } from '../contracts/event.ts';
import { type EventRule, event, has } from './event-rule.ts';
import { account, constant, type Fields, integer, type Rule, rule, text } from './windows-values.ts';
import { unescapeXml } from './windows-xml.ts';

/** Mandatory labels by their SID (Microsoft, "Mandatory Integrity Control"), in Sysmon's words. */
const INTEGRITY: ReadonlyMap<unknown, string> = new Map([
  ['S-1-16-0', 'Untrusted'],
  ['S-1-16-4096', 'Low'],
  ['S-1-16-8192', 'Medium'],
  ['S-1-16-8448', 'MediumPlus'],
  ['S-1-16-12288', 'High'],
  ['S-1-16-16384', 'System'],
]);

/** IP protocol numbers (IANA) that 5156 carries, in Sysmon's words. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [58, 'icmpv6'],
]);

/** Start types as 4697 numbers them and as 7045 spells them. */
const STARTS: ReadonlyMap<string, string> = new Map([
  ['0', 'boot'],
  ['1', 'system'],
  ['2', 'auto'],
  ['3', 'demand'],
  ['4', 'disabled'],
  ['boot start', 'boot'],
  ['system start', 'system'],
  ['auto start', 'auto'],
  ['demand start', 'demand'],
]);

/** What Windows writes where nobody is meant: the null SID and the empty logon. */
const meaningful = (value: unknown): string | undefined =>
  value === 'S-1-0-0' || value === '0x0' || value === 'NONE_MAPPED' || value === 'NULL SID'
    ? undefined
    : text(value);
const spaced = (value: unknown): string | undefined => text(value)?.replace(/\s+/g, ' ').trim();
const startType = (value: unknown): string | undefined => {
  const written = text(value)?.toLowerCase();
  return written === undefined ? undefined : (STARTS.get(written) ?? written);
};
const taskXml = (value: unknown): string | undefined => {
  const content = text(value);
  return content?.startsWith('&lt;') ? unescapeXml(content) : content;
};
const protocol = (value: unknown): string | undefined => {
  const number = integer(value);
  return number === undefined ? text(value) : (PROTOCOLS.get(number) ?? String(number));
};

const SUBJECT: readonly Rule[] = [
  who('user', 'SubjectDomainName', 'SubjectUserName'),
  rule('user_id', meaningful, 'SubjectUserSid'),
  rule('login_id', meaningful, 'SubjectLogonId'),
];

function who(key: 'user' | 'target_user', domain: string, name: string): Rule {
  return (fields, data) => {
    const found = account(fields, domain, name);
    if (found !== undefined) data[key] = found;
  };
}

function ended(action: string, result: 'success' | 'failure'): readonly Rule[] {
  return [constant('auth_action', action), constant('auth_result', result)];
}

/** Windows itself creates the process, so the account it runs as is the target where one is named. */
function runsAs(fields: Fields, data: EventData): void {
  const target = account(fields, 'TargetDomainName', 'TargetUserName');
  if (target === undefined) return;
  data.user = target;
  const sid = meaningful(fields.TargetUserSid);
  if (sid !== undefined) data.user_id = sid;
  const login = meaningful(fields.TargetLogonId);
  if (login !== undefined) data.login_id = login;
}

/** 5156 names this computer's end "source" in both directions; we name so who connected, as Sysmon does. */
function connection(fields: Fields, data: EventData): void {
  const inbound = fields.Direction === '%%14592' || fields.Direction === 'Inbound';
  const outbound = fields.Direction === '%%14593' || fields.Direction === 'Outbound';
  const here = { ip: text(fields.SourceAddress), port: integer(fields.SourcePort) };
  const there = { ip: text(fields.DestAddress), port: integer(fields.DestPort) };
  const [from, to] = inbound ? [there, here] : [here, there];
  if (inbound || outbound) data.initiated = outbound;
  if (from.ip !== undefined) data.source_ip = from.ip;
  if (from.port !== undefined) data.source_port = from.port;
  if (to.ip !== undefined) data.destination_ip = to.ip;
  if (to.port !== undefined) data.destination_port = to.port;
}

const LOGON: readonly Rule[] = [
  ...SUBJECT,
  rule('login_id', meaningful, 'TargetLogonId'),
  who('target_user', 'TargetDomainName', 'TargetUserName'),
  rule('auth_type', text, 'LogonType'),
  rule('process_id', integer, 'ProcessId'),
  rule('image', text, 'ProcessName'),
  rule('source_ip', text, 'IpAddress'),
  rule('source_port', integer, 'IpPort', 'SourcePort'),
  rule('terminal', text, 'WorkstationName'),
];

const SHARE: readonly Rule[] = [
  ...SUBJECT,
  rule('share_name', text, 'ShareName'),
  rule('source_ip', text, 'IpAddress', 'SourceAddress'),
  rule('source_port', integer, 'IpPort', 'SourcePort'),
  rule('access_mask', text, 'AccessMask'),
];

/** NXLog's `AccountName` is who wrote the log entry; it comes with an `AccountType`. */
function serviceAccount(fields: Fields, data: EventData): void {
  const named = text(fields.ServiceAccount) ?? (fields.AccountType ? undefined : text(fields.AccountName));
  if (named !== undefined) data.target_user = named;
}

/** The service's command stands in `target_filename`: it is what will be run, not who acted. */
const SERVICE: readonly Rule[] = [
  rule('service_name', text, 'ServiceName'),
  rule('target_filename', text, 'ServiceFileName', 'ImagePath'),
  rule('service_start', startType, 'ServiceStartType', 'StartType'),
  serviceAccount,
];

const LOGS_ON = has('TargetUserName');

/** NXLog's `ProcessID` is a number and its own; the event's is text. */
const CONNECTS = (fields: Fields): boolean =>
  has('ProcessId')(fields) || typeof fields.ProcessID === 'string';

/** What of the Security channel adds to the picture (Microsoft, "Advanced security audit policy"). */
export const SECURITY_EVENTS: ReadonlyMap<number, EventRule> = new Map<number, EventRule>([
  [
    4688,
    event('process_create', has('ProcessId'), [
      ...SUBJECT,
      runsAs,
      rule('process_id', integer, 'NewProcessId'),
      rule('image', text, 'NewProcessName'),
      rule('command_line', text, 'CommandLine'),
      rule('integrity_level', (value) => INTEGRITY.get(value), 'MandatoryLabel'),
      rule('parent_process_id', integer, 'ProcessId'),
      rule('parent_image', text, 'ParentProcessName'),
    ]),
  ],
  [
    4689,
    event('process_end', has('ProcessId'), [
      ...SUBJECT,
      rule('process_id', integer, 'ProcessId'),
      rule('image', text, 'ProcessName'),
      rule('exit_code', integer, 'Status'),
    ]),
  ],
  [4624, event('user_auth', LOGS_ON, [...LOGON, ...ended('logon', 'success')])],
  [4625, event('user_auth', LOGS_ON, [...LOGON, ...ended('logon', 'failure')])],
  [4648, event('user_auth', LOGS_ON, [...LOGON, ...ended('explicit_credentials', 'success')])],
  [
    4672,
    event('user_auth', has('SubjectUserName'), [
      ...SUBJECT,
      rule('privileges', spaced, 'PrivilegeList'),
      ...ended('special_privileges', 'success'),
    ]),
  ],
  [
    4697,
    event('service_create', has('ServiceName'), [
      ...SUBJECT,
      ...SERVICE,
      rule('process_id', integer, 'ClientProcessId'),
    ]),
  ],
  [
    4698,
    event('task_create', has('TaskName'), [
      ...SUBJECT,
      rule('task_name', text, 'TaskName'),
      rule('task_content', taskXml, 'TaskContent'),
      rule('process_id', integer, 'ClientProcessId'),
    ]),
  ],
  [5140, event('share_access', has('ShareName'), SHARE)],
  [
    5145,
    event('share_access', has('ShareName'), [...SHARE, rule('target_filename', text, 'RelativeTargetName')]),
  ],
  [
    5156,
    event('network_connect', CONNECTS, [
      rule('process_id', integer, 'ProcessId'),
      rule('process_id', (value) => (typeof value === 'string' ? integer(value) : undefined), 'ProcessID'),
      rule('image', text, 'Application'),
      rule('protocol', protocol, 'Protocol'),
      connection,
    ]),
  ],
]);

/** What of the System channel is used. */
export const SYSTEM_EVENTS: ReadonlyMap<number, EventRule> = new Map<number, EventRule>([
  [7045, event('service_create', has('ServiceName'), SERVICE)],
]);

/** What of the PowerShell channel is used: the script blocks. */
export const POWERSHELL_EVENTS: ReadonlyMap<number, EventRule> = new Map<number, EventRule>([
  [
    4104,
    event('script_block', has('ScriptBlockText'), [
      rule('script_text', text, 'ScriptBlockText'),
      rule('script_block_id', text, 'ScriptBlockId'),
      rule('script_path', text, 'Path'),
    ]),
  ],
]);
