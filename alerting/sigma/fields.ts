import type { EventData, NormalizedEvent } from '../../contracts/event.ts';
import { eventIdsOf, recordTypesOf } from './event-names.ts';

/** The values of one field of one event; absent when the event does not have it. */
export type Values = string | readonly string[] | undefined;

/** A process as far as it is known from earlier events of the window. */
export interface Kin {
  readonly image: string | undefined;
  readonly commandLine: string | undefined;
}

/** What a field is read from: an event, and its parent process where the sensor does not tell it. */
export interface Subject {
  readonly event: NormalizedEvent;
  readonly parent: Kin | undefined;
}

/** Reads one Sigma field. */
export type FieldReader = (subject: Subject) => Values;

/** Sigma's field names whose value stands under one of our keys; the first that is there counts. */
const KEYS: Readonly<Record<string, readonly (keyof EventData)[]>> = {
  // processes
  Image: ['image'],
  NewProcessName: ['image'],
  ProcessName: ['image'],
  Application: ['image'],
  CommandLine: ['command_line'],
  ProcessCommandLine: ['command_line'],
  CurrentDirectory: ['current_directory'],
  OriginalFileName: ['original_file_name'],
  User: ['user'],
  SourceUser: ['user'],
  SubjectUserSid: ['user_id'],
  LogonId: ['login_id'],
  SubjectLogonId: ['login_id'],
  TargetLogonId: ['login_id'],
  IntegrityLevel: ['integrity_level'],
  ProcessId: ['process_id'],
  SourceProcessId: ['process_id'],
  NewProcessId: ['process_id'],
  ProcessGuid: ['process_guid'],
  SourceProcessGUID: ['process_guid'],
  ParentProcessId: ['parent_process_id'],
  ParentProcessGuid: ['parent_process_guid'],
  SourceImage: ['source_image', 'image'],
  TargetImage: ['target_image'],
  TargetProcessId: ['target_process_id'],
  TargetProcessGUID: ['target_process_guid'],
  GrantedAccess: ['granted_access'],
  CallTrace: ['call_trace'],
  StartModule: ['start_module'],
  StartFunction: ['start_function'],
  StartAddress: ['start_address'],
  Type: ['tamper_type'],
  // files, modules, pipes
  TargetFilename: ['target_filename'],
  SourceFilename: ['old_filename'],
  ImageLoaded: ['image_loaded'],
  Signed: ['signed'],
  Signature: ['signature'],
  SignatureStatus: ['signature_status'],
  CreationUtcTime: ['creation_time'],
  PreviousCreationUtcTime: ['previous_creation_time'],
  Contents: ['contents'],
  Device: ['device'],
  PipeName: ['pipe_name'],
  // network
  Protocol: ['protocol'],
  SourceIp: ['source_ip'],
  SourceAddress: ['source_ip'],
  IpAddress: ['source_ip'],
  SourcePort: ['source_port'],
  IpPort: ['source_port'],
  DestinationIp: ['destination_ip'],
  DestAddress: ['destination_ip'],
  DestinationPort: ['destination_port'],
  DestPort: ['destination_port'],
  DestinationHostname: ['destination_hostname'],
  Initiated: ['initiated'],
  QueryName: ['query_name'],
  QueryStatus: ['query_status'],
  QueryResults: ['query_results'],
  // registry, WMI, scripts
  TargetObject: ['target_object'],
  Details: ['details'],
  NewName: ['new_name'],
  Operation: ['wmi_operation'],
  Name: ['wmi_name'],
  Consumer: ['wmi_name'],
  Query: ['wmi_query'],
  Filter: ['wmi_query'],
  Destination: ['wmi_destination'],
  ScriptBlockText: ['script_text'],
  ScriptBlockId: ['script_block_id'],
  Path: ['script_path'],
  // accounts, services, tasks, shares
  LogonType: ['auth_type'],
  WorkstationName: ['terminal'],
  PrivilegeList: ['privileges'],
  TargetUser: ['target_user'],
  AccountName: ['target_user'],
  ServiceName: ['service_name'],
  ServiceFileName: ['target_filename'],
  ImagePath: ['target_filename'],
  ServiceStartType: ['service_start'],
  StartType: ['service_start'],
  TaskName: ['task_name'],
  TaskContent: ['task_content'],
  ShareName: ['share_name'],
  RelativeTargetName: ['target_filename'],
  AccessMask: ['access_mask'],
  RuleName: ['rule_name'],
  UtcTime: ['utc_time'],
  // the Linux audit system
  exe: ['image'],
  proctitle: ['command_line'],
  cwd: ['current_directory'],
  key: ['key'],
  syscall: ['syscall'],
  SYSCALL: ['syscall'],
  pid: ['process_id'],
  ppid: ['parent_process_id'],
  uid: ['user_id'],
  auid: ['login_id'],
  exit: ['exit'],
  acct: ['target_user'],
  addr: ['source_ip', 'destination_ip'],
  terminal: ['terminal'],
  tty: ['terminal'],
  op: ['auth_type'],
  res: ['auth_result'],
  cmd: ['details'],
  ocomm: ['target_image'],
  opid: ['target_process_id'],
};

/** Fields that are put together. */
const COMPUTED: Readonly<Record<string, FieldReader>> = {
  EventID: ({ event }) => eventIdsOf(event),
  Computer: ({ event }) => event.hostname,
  ComputerName: ({ event }) => event.hostname,
  Hostname: ({ event }) => event.hostname,
  ParentImage: ({ event, parent }) => event.data.parent_image ?? parent?.image,
  ParentProcessName: ({ event, parent }) => event.data.parent_image ?? parent?.image,
  ParentCommandLine: ({ event, parent }) => event.data.parent_command_line ?? parent?.commandLine,
  Hashes: ({ event }) =>
    event.data.hashes &&
    Object.entries(event.data.hashes).map(([name, hash]) => `${name.toUpperCase()}=${hash}`),
  Imphash: ({ event }) => event.data.hashes?.imphash,
  md5: ({ event }) => event.data.hashes?.md5,
  sha1: ({ event }) => event.data.hashes?.sha1,
  sha256: ({ event }) => event.data.hashes?.sha256,
  EventType: ({ event: { data } }) =>
    data.registry_action ??
    (data.pipe_action && (data.pipe_action === 'create' ? 'CreatePipe' : 'ConnectPipe')),
  SubjectUserName: ({ event }) => nameOf(event.data.user),
  SubjectDomainName: ({ event }) => domainOf(event.data.user),
  TargetUserName: ({ event }) => nameOf(event.data.target_user),
  TargetDomainName: ({ event }) => domainOf(event.data.target_user),
  type: ({ event }) => recordTypesOf(event),
  comm: ({ event }) => event.data.image?.slice(event.data.image.lastIndexOf('/') + 1),
  name: ({ event: { data } }) =>
    data.old_filename === undefined || data.target_filename === undefined
      ? data.target_filename
      : [data.target_filename, data.old_filename],
  success: ({ event }) => (event.data.success === undefined ? undefined : event.data.success ? 'yes' : 'no'),
};

/** The reader of a Sigma field. What we have no key for is looked for in the event as it arrived. */
export function fieldReader(name: string): FieldReader {
  const known = knownReader(name);
  return (subject) => known?.(subject) ?? rawValue(subject.event.raw_event, name);
}

function knownReader(name: string): FieldReader | undefined {
  if (Object.hasOwn(COMPUTED, name)) return COMPUTED[name];
  const argument = /^a(\d)$/.exec(name)?.[1];
  if (argument !== undefined) return ({ event }) => argumentOf(event, Number(argument));
  const keys = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
  const [first, second] = keys ?? [];
  if (first === undefined) return undefined;
  if (second === undefined) return ({ event }) => textOf(event.data[first]);
  return ({ event }) => textOf(event.data[first]) ?? textOf(event.data[second]);
}

/** Every text of what was understood of an event, for keywords, which name no field. */
export function allTexts({ event }: Subject): readonly string[] {
  return Object.values(event.data).flatMap((value) => textOf(value) ?? []);
}

/** An argument of an executed command: the line is those arguments with blanks between. */
function argumentOf(event: NormalizedEvent, place: number): string | undefined {
  if (event.event_type !== 'process_create') return undefined;
  return event.data.command_line?.split(' ', place + 1)[place];
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function nameOf(account: string | undefined): string | undefined {
  return account?.slice(account.lastIndexOf('\\') + 1);
}

function domainOf(account: string | undefined): string | undefined {
  const slash = account?.lastIndexOf('\\') ?? -1;
  return slash < 0 ? undefined : account?.slice(0, slash);
}

type Json = Readonly<Record<string, unknown>>;

function rawValue(raw: unknown, name: string): string | undefined {
  const root = objectOf(raw);
  if (root === undefined) return undefined;
  const record = objectOf(root.winlog) ?? root;
  const fields = objectOf(record.event_data) ?? objectOf(record.EventData) ?? record;
  for (const place of [fields, record]) {
    if (Object.hasOwn(place, name)) return textOf(place[name]);
  }
  return undefined;
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
