import type { EventType, NormalizedEvent } from '../../contracts/event.ts';

/** Windows' event ids of our types, of Sysmon and of the Security, System and PowerShell logs. */
const EVENT_IDS: Readonly<Partial<Record<EventType, readonly string[]>>> = {
  process_create: ['1', '4688'],
  process_end: ['5', '4689'],
  process_access: ['10'],
  process_tamper: ['25'],
  remote_thread: ['8'],
  image_load: ['7'],
  driver_load: ['6'],
  file_create: ['11'],
  file_read: ['9'],
  file_delete: ['23', '26'],
  file_attribute: ['2'],
  file_stream: ['15'],
  registry_key: ['12', '14'],
  registry_value: ['13'],
  pipe: ['17', '18'],
  wmi: ['19', '20', '21'],
  dns_query: ['22'],
  network_connect: ['3', '5156'],
  script_block: ['4104'],
  service_create: ['4697', '7045'],
  task_create: ['4698'],
  share_access: ['5140', '5145'],
};

/** Which logon event an `auth_action` was read from. */
const AUTH_IDS: ReadonlyMap<string | undefined, string> = new Map([
  ['explicit_credentials', '4648'],
  ['special_privileges', '4672'],
]);

/** The Windows event ids that an event may have had: where one type holds several, each of them. */
export function eventIdsOf({
  event_type,
  data,
  raw_event,
}: NormalizedEvent): string | readonly string[] | undefined {
  const told = toldId(raw_event);
  if (told !== undefined) return told;
  if (event_type === 'user_auth') {
    return AUTH_IDS.get(data.auth_action) ?? (data.auth_result === 'failure' ? '4625' : '4624');
  }
  if (event_type === 'pipe') return data.pipe_action === 'connect' ? '18' : '17';
  if (event_type === 'share_access') return data.target_filename === undefined ? '5140' : '5145';
  return EVENT_IDS[event_type];
}

function toldId(raw: unknown): string | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const root = raw as { winlog?: { event_id?: unknown } | null; EventID?: unknown };
  const id = root.winlog?.event_id ?? root.EventID;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

const RECORDS: Readonly<Partial<Record<EventType, readonly string[]>>> = {
  process_create: ['EXECVE', 'SYSCALL', 'PATH', 'CWD', 'PROCTITLE'],
  file_create: ['PATH', 'SYSCALL', 'CWD'],
  file_write: ['PATH', 'SYSCALL', 'CWD'],
  file_read: ['PATH', 'SYSCALL', 'CWD'],
  file_delete: ['PATH', 'SYSCALL', 'CWD'],
  file_rename: ['PATH', 'SYSCALL', 'CWD'],
  file_attribute: ['PATH', 'SYSCALL', 'CWD'],
  network_connect: ['SOCKADDR', 'SYSCALL'],
  network_accept: ['SOCKADDR', 'SYSCALL'],
  network_bind: ['SOCKADDR', 'SYSCALL'],
  syscall: ['SYSCALL', 'PATH'],
};

/** The audit records that an event was put together from. */
export function recordTypesOf({ event_type, data }: NormalizedEvent): string | readonly string[] | undefined {
  return event_type === 'user_auth' ? data.auth_action?.toUpperCase() : RECORDS[event_type];
}
