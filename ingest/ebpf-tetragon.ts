import type { EventData } from '../contracts/event.ts';
import { peerOf, portOf, type Sensed, type Sensing, sensorTime } from './ebpf-sensed.ts';
import { type Json, jsonObject, put, textOf, userIdOf, userNameOf, wholeOf } from './syscalls-values.ts';

/** Kinds of Tetragon's `GetEventsResponse` (tetragon.io, gRPC API) in the order in which they are looked for. */
const KINDS = [
  'process_exec',
  'process_exit',
  'process_kprobe',
  'process_tracepoint',
  'process_lsm',
  'process_uprobe',
  'process_loader',
] as const;

/** Kernel functions whose name is not that of the system call they serve. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['tcp_connect', 'connect'],
  ['security_socket_connect', 'connect'],
  ['inet_csk_accept', 'accept'],
  ['security_socket_bind', 'bind'],
  ['tcp_sendmsg', 'send'],
  ['tcp_close', 'close'],
  ['udp_sendmsg', 'send'],
  ['fd_install', 'open'],
  ['security_file_open', 'open'],
  ['file_open', 'open'],
  ['security_file_permission', 'open'],
  ['security_path_unlink', 'unlink'],
  ['security_inode_unlink', 'unlink'],
  ['security_path_rename', 'rename'],
  ['security_inode_rename', 'rename'],
  ['security_path_truncate', 'truncate'],
  ['security_path_chmod', 'chmod'],
  ['security_path_chown', 'chown'],
  ['security_path_mkdir', 'mkdir'],
  ['security_mmap_file', 'mmap'],
  ['security_bprm_check', 'bprm_check'],
  ['security_ptrace_access_check', 'ptrace'],
  ['do_init_module', 'init_module'],
  ['security_kernel_read_file', 'init_module'],
  ['commit_creds', 'setuid'],
  ['bprm_check_security', 'bprm_check'],
]);

/** One event of Tetragon's JSON export. */
export function readTetragon(json: Json): Sensing {
  for (const kind of KINDS) {
    const event = jsonObject(json[kind]);
    const actor = event && jsonObject(event.process);
    if (event === undefined || actor === undefined) continue;
    const common = {
      at: sensorTime(json.time) ?? sensorTime(actor.start_time),
      host: textOf(json.node_name),
      tenantId: textOf(json.tenant_id),
      data: dataOf(actor, jsonObject(event.parent)),
    };
    if (kind === 'process_exec') return { call: 'exec', ...common };
    if (kind === 'process_loader') return { reason: 'tetragon-loader' }; // build ids of what was mapped
    if (kind === 'process_uprobe') return { reason: 'tetragon-uprobe' }; // a function of a program, not of the kernel
    if (kind === 'process_exit') {
      put(common.data, 'exit_code', wholeOf(event.status) ?? 0); // 0 is left out of the JSON
      return { call: 'exit', ...common };
    }
    return probe(event, common);
  }
  return undefined;
}

function dataOf(actor: Json, parent: Json | undefined): EventData {
  const data: EventData = {};
  const image = textOf(actor.binary);
  const container = jsonObject(jsonObject(actor.pod)?.container);
  put(data, 'process_id', wholeOf(actor.pid));
  put(data, 'process_guid', textOf(actor.exec_id));
  put(data, 'process_start', sensorTime(actor.start_time));
  put(data, 'thread_id', wholeOf(actor.tid));
  put(data, 'image', image);
  put(data, 'command_line', textOf([image, textOf(actor.arguments)].filter(Boolean).join(' ')));
  put(data, 'current_directory', textOf(actor.cwd));
  put(data, 'user_id', userIdOf(actor.uid));
  put(data, 'user', userNameOf(jsonObject(actor.user)?.name));
  put(data, 'login_id', userIdOf(actor.auid));
  put(data, 'container_id', textOf(container?.id) ?? textOf(actor.docker));
  put(data, 'parent_process_guid', textOf(parent?.exec_id) ?? textOf(actor.parent_exec_id));
  put(data, 'parent_process_id', wholeOf(parent?.pid));
  put(data, 'parent_image', textOf(parent?.binary));
  put(
    data,
    'parent_command_line',
    parent && textOf([textOf(parent.binary), textOf(parent.arguments)].filter(Boolean).join(' ')),
  );
  return data;
}

type Common = Pick<Sensed, 'at' | 'host' | 'tenantId' | 'data'>;

function probe(event: Json, common: Common): Sensing {
  const named = textOf(event.function_name) ?? textOf(event.event);
  if (named === undefined) return { reason: 'tetragon-probe-without-function' };
  const call = FUNCTIONS.get(named) ?? named.replace(/^(__(x64|ia32|arm64)_)?sys_(enter_|exit_)?/, '');
  const { data } = common;
  put(data, 'rule_name', textOf(event.policy_name));
  const found: { path?: string; newPath?: string; flags?: number; sock?: Json } = {};
  const numbers: number[] = [];
  for (const one of Array.isArray(event.args) ? event.args.slice(0, 16) : []) {
    const arg = jsonObject(one);
    if (arg !== undefined) addArgument(arg, found, numbers);
  }
  if (call === 'ptrace' || call === 'kill') {
    const target = call === 'kill' ? numbers[0] : numbers[1];
    if (target !== undefined && target > 0) put(data, 'target_process_id', target);
  }
  const { sock } = found;
  put(data, 'protocol', protocolOf(sock?.protocol));
  return {
    ...common,
    call,
    path: found.path,
    newPath: found.newPath,
    folder: data.current_directory,
    flags: found.flags ?? openFlags(call, numbers),
    writes: accessOf(event, call, numbers),
    result: wholeOf(jsonObject(event.return)?.int_arg),
    local: sock && peerOf(textOf(sock.saddr), portOf(sock.sport)),
    remote: sock && peerOf(textOf(sock.daddr) ?? textOf(sock.addr), portOf(sock.dport ?? sock.port)),
  };
}

function addArgument(
  arg: Json,
  found: { path?: string; newPath?: string; sock?: Json },
  numbers: number[],
): void {
  const file = jsonObject(arg.file_arg) ?? jsonObject(arg.path_arg);
  const path = textOf(file?.path) ?? textOf(arg.string_arg) ?? textOf(jsonObject(arg.module_arg)?.name);
  if (path !== undefined) {
    if (found.path === undefined) found.path = path;
    else if (found.newPath === undefined) found.newPath = path;
  }
  const sock = jsonObject(arg.sock_arg) ?? jsonObject(arg.sockaddr_arg) ?? jsonObject(arg.skb_arg);
  if (sock !== undefined) found.sock = sock;
  const number =
    wholeOf(arg.int_arg) ?? wholeOf(arg.uint_arg) ?? wholeOf(arg.long_arg) ?? wholeOf(arg.size_arg);
  if (number !== undefined) numbers.push(number);
}

/** openat's flags follow the folder, open's come first. */
function openFlags(call: string, numbers: readonly number[]): number | undefined {
  if (call === 'open') return numbers[0];
  return call === 'openat' ? numbers[1] : undefined;
}

const MAY_WRITE = 2; // linux/fs.h

/** `security_file_permission` says by a mask for what the file is used, not how it was opened. */
function accessOf(event: Json, call: string, numbers: readonly number[]): boolean | undefined {
  if (call !== 'open' || event.function_name !== 'security_file_permission') return undefined;
  return ((numbers[0] ?? 0) & MAY_WRITE) !== 0;
}

function protocolOf(value: unknown): string | undefined {
  return textOf(value)
    ?.toLowerCase()
    .replace(/^ipproto_/, '');
}
