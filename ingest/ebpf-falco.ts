import type { EventData } from '../contracts/event.ts';
import { type Peer, peerOf, portOf, type Sensing, sensorTime } from './ebpf-sensed.ts';
import { openFlagsOf } from './syscalls-meaning.ts';
import { type Json, jsonObject, put, textOf, userIdOf, userNameOf, wholeOf } from './syscalls-values.ts';

/** One alert of Falco's JSON output: `output_fields` hold what the rule printed (falco.org, supported fields). */
export function readFalco(json: Json): Sensing {
  const fields = jsonObject(json.output_fields);
  if (fields === undefined) return undefined;
  const source = textOf(json.source);
  if (source !== undefined && source !== 'syscall') return { reason: 'falco-source-not-used' };
  const call = (textOf(fields['evt.type']) ?? '').toLowerCase();
  return {
    // of a birth both sides return from the same call, and the child's program shows itself at its execve
    call: /^(v?fork|clone3?)$/.test(call) ? `attempt_${call}` : call,
    at: sensorTime(json.time) ?? sensorTime(fields['evt.time']) ?? sensorTime(fields['evt.rawtime']),
    host: textOf(json.hostname) ?? textOf(fields['evt.hostname']) ?? textOf(fields['k8s.node.name']),
    tenantId: textOf(json.tenant_id),
    data: { ...dataOf(fields), ...ruleOf(json) },
    path: pathOf(fields),
    newPath: textOf(fields['fs.path.target']) ?? textOf(fields['evt.arg.newpath']),
    folder: textOf(fields['proc.cwd']),
    flags: flagsOf(fields),
    writes: isYes(fields['evt.is_open_write']),
    creates: isYes(fields['evt.is_open_create']),
    result: resultOf(fields['evt.rawres'] ?? fields['evt.res']),
    ...endsOf(fields, call),
  };
}

function ruleOf(json: Json): EventData {
  const rule = textOf(json.rule);
  return rule === undefined ? {} : { rule_name: rule };
}

function dataOf(fields: Json): EventData {
  const data: EventData = {};
  put(data, 'process_id', wholeOf(fields['proc.pid']));
  put(data, 'thread_id', wholeOf(fields['thread.tid']));
  put(data, 'parent_process_id', wholeOf(fields['proc.ppid']));
  put(
    data,
    'image',
    textOf(fields['proc.exepath']) ?? textOf(fields['proc.exe']) ?? textOf(fields['proc.name']),
  );
  put(data, 'command_line', textOf(fields['proc.cmdline']));
  put(data, 'current_directory', textOf(fields['proc.cwd']));
  put(
    data,
    'parent_image',
    textOf(fields['proc.pexepath']) ?? textOf(fields['proc.pexe']) ?? textOf(fields['proc.pname']),
  );
  put(data, 'parent_command_line', textOf(fields['proc.pcmdline']));
  put(data, 'user_id', userIdOf(fields['user.uid']));
  put(data, 'user', userNameOf(fields['user.name']));
  put(data, 'login_id', userIdOf(fields['user.loginuid']));
  const container = textOf(fields['container.id']);
  put(data, 'container_id', container === 'host' ? undefined : container);
  put(data, 'protocol', textOf(fields['fd.l4proto'])?.toLowerCase());
  put(data, 'target_process_id', wholeOf(fields['evt.arg.pid']));
  put(data, 'exit_code', wholeOf(fields['evt.arg.status']));
  return data;
}

function pathOf(fields: Json): string | undefined {
  const file = textOf(fields['fd.type']) ?? 'file';
  const named =
    /^(file|directory|unix)$/.test(file) && !isConnection(fields['fd.name'])
      ? textOf(fields['fd.name'])
      : undefined;
  return (
    textOf(fields['fs.path.source']) ??
    textOf(fields['evt.arg.oldpath']) ??
    textOf(fields['fs.path.name']) ??
    named ??
    textOf(fields['evt.arg.path']) ??
    textOf(fields['evt.arg.name'])
  );
}

function flagsOf(fields: Json): number | undefined {
  const flags = textOf(fields['evt.arg.flags']);
  return flags?.includes('O_') === true ? openFlagsOf(flags) : undefined;
}

function isYes(value: unknown): boolean | undefined {
  return value === true || value === 'true' ? true : undefined;
}

/** `SUCCESS`, an error's name, or a number. */
function resultOf(value: unknown): number | undefined {
  const whole = wholeOf(value);
  if (whole !== undefined) return whole;
  if (value === 'SUCCESS') return 0;
  if (value === 'EINPROGRESS') return -115;
  return typeof value === 'string' && /^E[A-Z0-9]{2,15}$/.test(value) ? -1 : undefined;
}

const TUPLE = /^\[?([0-9a-f.:]+?)\]?:(\d{1,5})->\[?([0-9a-f.:]+?)\]?:(\d{1,5})$/i;

function isConnection(name: unknown): boolean {
  return typeof name === 'string' && name.length < 128 && TUPLE.test(name);
}

/** The client's and the server's end; whose the process is depends on who called. */
function endsOf(fields: Json, call: string): { local?: Peer | undefined; remote?: Peer | undefined } {
  const name = fields['fd.name'];
  const tuple = typeof name === 'string' && name.length < 128 ? TUPLE.exec(name) : null;
  const client = peerOf(textOf(fields['fd.cip']) ?? tuple?.[1], portOf(fields['fd.cport'] ?? tuple?.[2]));
  const server = peerOf(textOf(fields['fd.sip']) ?? tuple?.[3], portOf(fields['fd.sport'] ?? tuple?.[4]));
  const local = peerOf(textOf(fields['fd.lip']), portOf(fields['fd.lport']));
  const remote = peerOf(textOf(fields['fd.rip']), portOf(fields['fd.rport']));
  const isServer = /^(accept|recv|bind|listen)/.test(call);
  return { local: local ?? (isServer ? server : client), remote: remote ?? (isServer ? client : server) };
}
