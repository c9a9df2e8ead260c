import type { EventData } from '../contracts/event.ts';
import { type Peer, peerOf, portOf, type Sensing, sensorTime } from './ebpf-sensed.ts';
import { openFlagsOf } from './syscalls-meaning.ts';
import { commandLineOf, type Json, jsonObject, put, textOf, userIdOf, wholeOf } from './syscalls-values.ts';

/**
 * Tracee's events (aquasecurity.github.io/tracee, events) under the name of the call they tell of. Births, ends and
 * programs come from the scheduler's tracepoints; `execve`, `clone` and `fork` are the attempts and stay calls, so
 * that a process begins once.
 */
const EVENTS: ReadonlyMap<string, string> = new Map([
  ['sched_process_exec', 'exec'],
  ['sched_process_fork', 'fork'],
  ['sched_process_exit', 'exit'],
  ['security_file_open', 'open'],
  ['magic_write', 'write'],
  ['vfs_write', 'write'],
  ['vfs_writev', 'write'],
  ['file_modification', 'write'],
  ['security_inode_unlink', 'unlink'],
  ['security_inode_rename', 'rename'],
  ['security_inode_mknod', 'mknod'],
  ['security_inode_symlink', 'symlink'],
  ['security_path_notify', 'inotify_add_watch'],
  ['chmod_common', 'chmod'],
  ['security_socket_connect', 'connect'],
  ['net_tcp_connect', 'connect'],
  ['security_socket_accept', 'accept'],
  ['security_socket_bind', 'bind'],
  ['security_sb_mount', 'mount'],
  ['security_kernel_read_file', 'init_module'],
  ['do_init_module', 'init_module'],
  ['module_load', 'init_module'],
  ['commit_creds', 'setuid'],
  ['execve', 'attempt_execve'],
  ['execveat', 'attempt_execveat'],
  ['fork', 'attempt_fork'],
  ['vfork', 'attempt_vfork'],
  ['clone', 'attempt_clone'],
  ['clone3', 'attempt_clone3'],
]);

/** One event of Tracee's JSON output. */
export function readTracee(json: Json): Sensing {
  if (typeof json.eventName !== 'string' || !('processId' in json || 'hostProcessId' in json))
    return undefined;
  const args = argsOf(json.args);
  const call = EVENTS.get(json.eventName) ?? json.eventName;
  const data = dataOf(json, args, call);
  const remote = addressOf(
    args.get('remote_addr') ?? args.get('dst') ?? (call === 'connect' ? args.get('addr') : undefined),
  );
  const local = addressOf(args.get('local_addr') ?? (call === 'bind' ? args.get('addr') : undefined));
  return {
    call,
    at: sensorTime(json.timestamp),
    host: textOf(jsonObject(json.kubernetes)?.nodeName) ?? textOf(json.hostName),
    tenantId: textOf(json.tenant_id),
    data,
    path:
      textOf(args.get('old_path')) ??
      textOf(args.get('oldpath')) ??
      textOf(args.get('pathname')) ??
      textOf(args.get('path')) ??
      textOf(args.get('file_path')) ??
      textOf(args.get('linkpath')) ??
      unixPath(args),
    newPath: textOf(args.get('new_path')) ?? textOf(args.get('newpath')),
    flags: flagsOf(args.get('flags')),
    result: wholeOf(json.returnValue),
    local,
    remote,
  };
}

type Args = ReadonlyMap<string, unknown>;

function argsOf(list: unknown): Args {
  const args = new Map<string, unknown>();
  for (const one of Array.isArray(list) ? list.slice(0, 64) : []) {
    const arg = jsonObject(one);
    if (typeof arg?.name === 'string' && !args.has(arg.name)) args.set(arg.name, arg.value);
  }
  return args;
}

function dataOf(json: Json, args: Args, call: string): EventData {
  const data: EventData = {};
  const child = call === 'fork' ? wholeOf(args.get('child_process_id') ?? args.get('child_pid')) : undefined;
  const own = wholeOf(json.hostProcessId) ?? wholeOf(json.processId);
  put(data, 'process_id', child ?? own);
  put(
    data,
    'parent_process_id',
    child === undefined ? (wholeOf(json.hostParentProcessId) ?? wholeOf(json.parentProcessId)) : own,
  );
  put(data, 'thread_id', wholeOf(json.hostThreadId) ?? wholeOf(json.threadId));
  const executed = call === 'exec' ? textOf(args.get('pathname')) : undefined;
  put(data, 'image', executed ?? textOf(jsonObject(json.executable)?.path) ?? textOf(json.processName));
  put(data, 'user_id', userIdOf(json.userId));
  put(data, 'container_id', textOf(jsonObject(json.container)?.id) ?? textOf(json.containerId));
  const argv = args.get('argv');
  if (Array.isArray(argv)) put(data, 'command_line', commandLineOf(argv.map((one) => textOf(one) ?? '')));
  put(data, 'exit_code', call === 'exit' ? wholeOf(args.get('exit_code')) : undefined);
  put(data, 'file_mode', call === 'chmod' ? wholeOf(args.get('mode')) : undefined);
  put(data, 'query_name', textOf(jsonObject(args.get('dns_questions'))?.query));
  if (call === 'ptrace' || call === 'kill') put(data, 'target_process_id', wholeOf(args.get('pid')));
  return data;
}

function flagsOf(value: unknown): number | undefined {
  return typeof value === 'string' && value.includes('O_') ? openFlagsOf(value) : wholeOf(value);
}

/** `{ sa_family: 'AF_INET', sin_addr, sin_port }`, or its IPv6 twin. */
function addressOf(value: unknown): Peer | undefined {
  const address = jsonObject(value);
  if (address === undefined) return undefined;
  return peerOf(
    textOf(address.sin_addr) ?? textOf(address.sin6_addr),
    portOf(address.sin_port ?? address.sin6_port),
  );
}

function unixPath(args: Args): string | undefined {
  const address = jsonObject(args.get('remote_addr') ?? args.get('local_addr') ?? args.get('addr'));
  return textOf(address?.sun_path);
}
