import type { EventData } from '../contracts/event.ts';
import type { AuditParts } from './auditd-parts.ts';
import { architectureOf, syscallName } from './syscalls.ts';
import { meaningOf, succeeded } from './syscalls-meaning.ts';
import { put, textOf, userIdOf, userNameOf, wholeOf } from './syscalls-values.ts';

type Fields = ReadonlyMap<string, string>;

/** The call's name: written out, from the enrichment, or by its number and architecture. */
export function syscallOf({ call, other }: AuditParts): string | undefined {
  const fields = call ?? other.get('SECCOMP');
  if (fields === undefined) return other.has('BPF') ? 'bpf' : undefined;
  const enriched = textOf(fields.get('SYSCALL'));
  if (enriched !== undefined && !/^\d|unknown/.test(enriched)) return enriched.toLowerCase();
  const written = textOf(fields.get('syscall'));
  if (written === undefined) return undefined;
  const number = wholeOf(written);
  if (number === undefined) return /^[a-z]\w{1,63}$/.test(written) ? written : undefined;
  // without a known architecture a number is only a number
  return syscallName(architectureOf(fields.get('arch') ?? ''), number) ?? `syscall_${number}`;
}

/** Who called and how it went: everything of an event that does not depend on which call it was. */
export function callData(parts: AuditParts, call: string | undefined): EventData {
  const data: EventData = {};
  put(data, 'syscall', call);
  const fields = parts.call ?? parts.other.get('SECCOMP');
  if (fields === undefined) return data;
  put(data, 'process_id', wholeOf(fields.get('pid')));
  put(data, 'parent_process_id', wholeOf(fields.get('ppid')));
  put(data, 'image', textOf(fields.get('exe')) ?? textOf(fields.get('comm')));
  addUser(data, fields);
  put(data, 'terminal', textOf(fields.get('tty')));
  put(data, 'key', textOf((fields.get('key') ?? '').replaceAll('\u0001', ',')));
  const exit = exitOf(fields.get('exit'));
  put(data, 'exit', exit);
  put(data, 'success', successOf(fields.get('success'), exit));
  put(data, 'parent_image', textOf(parts.other.get('PARENT_INFO')?.get('exe')));
  put(
    data,
    'container_id',
    textOf(parts.other.get('CONTAINER_INFO')?.get('id') ?? fields.get('containerid')),
  );
  addArguments(data, fields, parts.other.get('OBJ_PID'), call);
  return data;
}

/** True when records that belong to the event are missing. */
export function partialCall(parts: AuditParts, call: string | undefined): boolean {
  if (parts.call === undefined) return !parts.types.has('SECCOMP');
  const meaning = call === undefined ? 'other' : meaningOf(call);
  const worked = parts.call.get('success') === 'yes';
  if (meaning === 'execute' && worked && !(parts.argv !== undefined && parts.argvComplete)) return true;
  if ((meaning === 'connect' || meaning === 'bind') && worked && !parts.types.has('SOCKADDR')) {
    return call !== 'sendto'; // on a connected socket it names no peer
  }
  const items = wholeOf(parts.call.get('items')) ?? 0;
  return items > parts.paths.length;
}

/** An argument of the call, `a0` to `a3`: hex without 0x as the kernel writes it, or with it as `ausearch -i` does. */
export function argumentOf(fields: Fields | undefined, name: 'a0' | 'a1' | 'a2' | 'a3'): number | undefined {
  const text = fields?.get(name);
  if (text === undefined || !/^(0x)?[0-9a-f]{1,16}$/i.test(text)) return undefined;
  const value = Number.parseInt(text, 16);
  // a C int: negative ones arrive as 32 or 64 bits
  return value > 0xffffffff ? Number(BigInt.asIntN(32, BigInt(`0x${text.replace(/^0x/i, '')}`))) : value | 0;
}

function addUser(data: EventData, fields: Fields): void {
  const uid = fields.get('uid');
  const euid = fields.get('euid');
  put(data, 'user_id', userIdOf(uid));
  put(data, 'user', userNameOf(fields.get('UID')) ?? userNameOf(fields.get('user')) ?? userNameOf(uid));
  put(data, 'login_id', userIdOf(fields.get('auid')));
  if (euid !== undefined && euid !== uid) put(data, 'privileges', `euid=${euid.slice(0, 32)}`);
}

function exitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const whole = wholeOf(text);
  // `ausearch -i` names the error; only the ones that are no failure need their number
  return whole ?? (text.startsWith('EINPROGRESS') ? -115 : text.startsWith('EALREADY') ? -114 : undefined);
}

function successOf(text: string | undefined, exit: number | undefined): boolean | undefined {
  if (text === 'yes') return true;
  if (text === 'no') return exit === undefined ? false : succeeded(exit);
  return undefined;
}

const PTRACE_TRACEME = 0;

/** What a call's numbers say: whom it is aimed at, which user it becomes, with which code it ends. */
function addArguments(
  data: EventData,
  fields: Fields,
  object: Fields | undefined,
  call: string | undefined,
): void {
  const a0 = argumentOf(fields, 'a0');
  const named = wholeOf(object?.get('opid'));
  if (call === 'ptrace') {
    const request = /TRACEME/.test(fields.get('a0') ?? '') ? PTRACE_TRACEME : a0;
    if (request !== PTRACE_TRACEME) put(data, 'target_process_id', named ?? argumentOf(fields, 'a1'));
  } else if (call === 'kill' || call === 'tgkill' || call?.startsWith('process_vm_')) {
    put(data, 'target_process_id', named ?? (a0 !== undefined && a0 > 0 ? a0 : undefined));
  } else if (call === 'exit_group' && a0 !== undefined) {
    put(data, 'exit_code', a0 & 0xff);
  } else if (call !== undefined && /^set(re|res|fs)?uid/.test(call)) {
    const becomes = call.startsWith('setre') ? argumentOf(fields, 'a1') : a0;
    if (becomes !== undefined && becomes >= 0) put(data, 'target_user', String(becomes));
  } else if (named !== undefined) put(data, 'target_process_id', named);
  put(data, 'target_image', textOf(object?.get('ocomm')));
}
