import type { EventData } from '../contracts/event.ts';
import { familyOf } from './auditd-address.ts';
import { type Peer, peerOf, portOf, type Sensing, sensorTime } from './ebpf-sensed.ts';
import { openFlagsOf } from './syscalls-meaning.ts';
import {
  commandLineOf,
  type Json,
  jsonObject,
  put,
  textOf,
  userIdOf,
  userNameOf,
  wholeOf,
} from './syscalls-values.ts';

/** Kinds that recorders spell in their own way. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['process_exec', 'exec'],
  ['process_fork', 'fork'],
  ['process_exit', 'exit'],
  ['set_uid', 'setuid'],
  ['set_gid', 'setgid'],
  ['module_load', 'init_module'],
  ['module_unload', 'delete_module'],
  ['memfd', 'memfd_create'],
]);

/** Our flat JSON, one event an object, and the tracepoint recordings that are close to it. */
export function readFlat(json: Json): Sensing {
  const kind = textOf(json.event_type ?? json.type);
  if (kind === undefined || !('pid' in json || 'comm' in json)) return undefined;
  const host = jsonObject(json.host);
  return {
    call: callOf(kind, textOf(json.syscall)),
    at:
      sensorTime(json.timestamp) ??
      sensorTime(json.ts) ??
      sensorTime(json['@timestamp']) ??
      sensorTime(json.ts_ns),
    host: textOf(json.hostname) ?? textOf(host?.name ?? json.host) ?? textOf(json.node),
    tenantId: textOf(json.tenant_id),
    data: dataOf(json),
    path: textOf(json.old_path) ?? textOf(json.path) ?? textOf(json.filename) ?? socketPath(json),
    newPath: textOf(json.new_path) ?? (json.old_path === undefined ? undefined : textOf(json.path)),
    folder: folderOf(json),
    flags: flagsOf(json.flags),
    writes: json.write === true ? true : undefined,
    creates: json.create === true ? true : undefined,
    result: wholeOf(json.ret ?? json.retval),
    ...endsOf(json, kind),
  };
}

function callOf(kind: string, syscall: string | undefined): string {
  const plain = kind.toLowerCase().slice(0, 64);
  const known = SPELLINGS.get(plain);
  const call = known ?? plain.replace(/^(process|file|net|network|sys|syscall)_/, '');
  // a kind that stands for several calls is named by the one it was
  return syscall !== undefined && known !== undefined && /^set[ug]id$/.test(known) ? syscall : call;
}

function dataOf(json: Json): EventData {
  const data: EventData = {};
  put(data, 'process_id', wholeOf(json.pid));
  put(data, 'thread_id', wholeOf(json.tid));
  put(data, 'parent_process_id', wholeOf(json.ppid));
  put(data, 'image', textOf(json.exe) ?? textOf(json.comm));
  put(data, 'parent_image', textOf(json.parent_exe) ?? textOf(json.parent_comm));
  put(data, 'user_id', userIdOf(json.uid));
  put(data, 'user', userNameOf(json.user));
  put(data, 'login_id', userIdOf(json.auid ?? json.loginuid));
  put(data, 'container_id', textOf(json.container_id));
  put(data, 'current_directory', textOf(json.cwd));
  put(data, 'command_line', argvOf(json.argv ?? json.args) ?? textOf(json.cmdline));
  put(data, 'target_process_id', wholeOf(json.target_pid));
  put(data, 'target_image', textOf(json.target_exe) ?? textOf(json.target_comm));
  put(data, 'target_user', textOf(json.new_uid));
  put(data, 'exit_code', wholeOf(json.exit_code));
  put(data, 'file_mode', modeOf(json.mode));
  put(data, 'bytes', wholeOf(json.bytes));
  put(data, 'protocol', textOf(json.protocol)?.toLowerCase());
  put(data, 'query_name', textOf(json.query));
  put(data, 'details', textOf(json.module) ?? textOf(json.name));
  return data;
}

function argvOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return textOf(value);
  return commandLineOf(
    value.map((one) => (typeof one === 'string' || typeof one === 'number' ? String(one) : '')),
  );
}

const AT_FDCWD = -100;

/** A path is relative to the working folder unless another one was given by a number. */
function folderOf(json: Json): string | undefined {
  const folder = wholeOf(json.dirfd);
  return folder === undefined || folder === AT_FDCWD ? textOf(json.cwd) : undefined;
}

function flagsOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /O_|^[A-Z|_]+$/.test(value)) return openFlagsOf(value);
  return typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : wholeOf(value);
}

/** A file mode as number, or as text in octal: `0o755`, `0755`, `755`. */
function modeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return wholeOf(value);
  if (typeof value !== 'string' || !/^(0o?)?[0-7]{1,7}$/.test(value)) return undefined;
  return Number.parseInt(value.replace(/^0o/, ''), 8);
}

function isUnix(json: Json): boolean {
  return familyOf(textOf(json.family) ?? '') === 'unix';
}

function socketPath(json: Json): string | undefined {
  return isUnix(json) ? textOf(json.addr) : undefined;
}

interface Ends {
  readonly local?: Peer | undefined;
  readonly remote?: Peer | undefined;
}

/** `saddr`/`daddr` as on the wire, or one `addr` that is the peer, or the own end of a bind. */
function endsOf(json: Json, kind: string): Ends {
  const address = textOf(json.addr);
  if (isUnix(json)) return {};
  const source = peerOf(textOf(json.saddr), portOf(json.sport));
  const destination = peerOf(textOf(json.daddr), portOf(json.dport));
  if (source === undefined && destination === undefined) {
    const one = peerOf(address, portOf(json.port));
    return /bind|listen/.test(kind) ? { local: one } : { remote: one };
  }
  // of an accepted connection the peer is the source
  return /accept|recv/.test(kind)
    ? { local: destination, remote: source }
    : { local: source, remote: destination };
}
