import type { EventData, EventType } from '../contracts/event.ts';
import { authData, isAuthType } from './auditd-auth.ts';
import { callData, partialCall, syscallOf } from './auditd-call.ts';
import { fileEvent } from './auditd-files.ts';
import type { AuditLine } from './auditd-line.ts';
import { type AuditParts, partsOf } from './auditd-parts.ts';
import { socketEvent } from './auditd-sockets.ts';
import { meaningOf } from './syscalls-meaning.ts';
import { absolutePath, commandLineOf, put, textOf } from './syscalls-values.ts';

/** What an audit event became: an event of ours, or the reason why none. */
export type AuditReading =
  | { readonly type: EventType; readonly data: EventData; readonly warnings: readonly string[] }
  | { readonly reason: string };

/** Records that say nothing of what a process did, with the reason under which they are counted. */
const NOT_USED: ReadonlyMap<string, string> = new Map(
  (
    [
      ['audit-proctitle-alone', 'PROCTITLE'],
      ['audit-cwd-alone', 'CWD'],
      ['audit-capabilities-alone', 'BPRM_FCAPS CAPSET'],
      ['audit-end-of-event', 'EOE'],
      [
        'audit-configuration',
        'CONFIG_CHANGE USYS_CONFIG USER_MAC_CONFIG_CHANGE MAC_CONFIG_CHANGE NETFILTER_CFG FEATURE_CHANGE',
      ],
      [
        'audit-daemon',
        'DAEMON_START DAEMON_END DAEMON_ABORT DAEMON_CONFIG DAEMON_RECONFIG DAEMON_ROTATE DAEMON_RESUME DAEMON_ACCEPT DAEMON_CLOSE DAEMON_ERR',
      ],
      ['audit-service-state', 'SERVICE_START SERVICE_STOP'], // a start creates no service
      ['audit-system-state', 'SYSTEM_BOOT SYSTEM_SHUTDOWN SYSTEM_RUNLEVEL TIME_ADJNTPVAL TIME_INJOFFSET'],
      [
        'audit-policy',
        'AVC USER_AVC SELINUX_ERR MAC_POLICY_LOAD MAC_STATUS APPARMOR_DENIED APPARMOR_STATUS APPARMOR_ALLOWED LANDLOCK_ACCESS LANDLOCK_DOMAIN IPE_ACCESS',
      ],
      ['audit-crypto', 'CRYPTO_KEY_USER CRYPTO_SESSION CRYPTO_LOGIN CRYPTO_LOGOUT CRYPTO_TEST_USER'],
      ['audit-keystrokes', 'TTY USER_TTY'],
      ['audit-anomaly', 'ANOM_ABEND ANOM_PROMISCUOUS ANOM_LINK ANOM_CREAT'],
      [
        'audit-integrity',
        'INTEGRITY_DATA INTEGRITY_METADATA INTEGRITY_STATUS INTEGRITY_HASH INTEGRITY_PCR INTEGRITY_RULE INTEGRITY_EVM_XATTR INTEGRITY_POLICY_RULE',
      ],
      ['audit-virtual-machine', 'VIRT_CONTROL VIRT_RESOURCE VIRT_MACHINE_ID'],
      ['audit-software', 'SOFTWARE_UPDATE USER_DEVICE'],
      ['audit-message', 'USER TEST TRUSTED_APP KERNEL KERNEL_OTHER'],
      [
        'audit-auxiliary-alone',
        'FD_PAIR MMAP OPENHOW KERN_MODULE FANOTIFY IPC IPC_SET_PERM MQ_OPEN MQ_SENDRECV MQ_NOTIFY MQ_GETSETATTR SOCKETCALL URINGOP CONTAINER_INFO PARENT_INFO CONTAINER_ID TIME',
      ],
    ] as const
  ).flatMap(([reason, types]) => types.split(' ').map((type) => [type, reason] as const)),
);

/** Records that make a system call event by themselves when the SYSCALL record is missing. */
const STANDS_ALONE = ['EXECVE', 'PATH', 'SOCKADDR', 'OBJ_PID', 'SECCOMP', 'BPF'];

/**
 * What all records of one audit event say together. Calls become the event of what they did; one that failed did
 * nothing, so it becomes a `syscall` with `success: false`, but for connections, whose attempt is a deed.
 */
export function readAuditEvent(lines: readonly AuditLine[]): AuditReading {
  const parts = partsOf(lines);
  if (parts.call === undefined) {
    for (const [type, fields] of parts.other) {
      if (isAuthType(type)) return { type: 'user_auth', data: authData(type, fields), warnings: [] };
    }
    if (!STANDS_ALONE.some((type) => parts.types.has(type))) return { reason: whyNot(parts) };
  }
  return eventOfCall(parts);
}

function whyNot({ types }: AuditParts): string {
  let reason: string | undefined;
  for (const type of types) if (type !== 'EOE') reason ??= NOT_USED.get(type);
  return reason ?? (types.has('EOE') ? 'audit-end-of-event' : 'unknown-event-id');
}

function eventOfCall(parts: AuditParts): AuditReading {
  const call = syscallOf(parts);
  const data = callData(parts, call);
  const warnings = partialCall(parts, call) ? ['partial_audit_event'] : [];
  const meaning = call === undefined ? (parts.argv === undefined ? 'other' : 'execute') : meaningOf(call);
  if (meaning === 'execute') return { ...execution(parts, data), warnings };
  if (meaning === 'end') return { type: 'process_end', data, warnings };
  if (meaning === 'connect' || meaning === 'accept' || meaning === 'bind') {
    return { ...socketEvent(meaning, parts.address, data), warnings };
  }
  if (meaning !== 'other') {
    const { relative, ...event } = fileEvent(meaning, parts, call ?? '', data);
    return { ...event, warnings: relative ? [...warnings, 'relative_path'] : warnings };
  }
  addObjects(parts, data);
  return { type: 'syscall', data, warnings };
}

/** The image is what runs now; `target_filename` what was asked for, which for a script is the script. */
function execution(
  parts: AuditParts,
  data: EventData,
): { readonly type: EventType; readonly data: EventData } {
  const asked = parts.paths.find((path) => path.name !== undefined && path.nametype !== 'PARENT')?.name;
  if (asked !== undefined) put(data, 'target_filename', textOf(absolutePath(asked, parts.folder)));
  put(data, 'current_directory', parts.folder);
  if (data.success === false) return { type: 'syscall', data };
  put(data, 'image', data.image ?? data.target_filename ?? textOf(parts.argv?.[0]));
  put(data, 'command_line', parts.argv === undefined ? parts.title : commandLineOf(parts.argv));
  return { type: 'process_create', data };
}

/** What a call that we only name was about: a path, a peer, a process, a module. */
function addObjects(parts: AuditParts, data: EventData): void {
  const path = parts.paths.find(({ name, nametype }) => name !== undefined && nametype !== 'PARENT')?.name;
  if (path !== undefined) put(data, 'target_filename', textOf(absolutePath(path, parts.folder)));
  const { address } = parts;
  if (address?.path !== undefined) put(data, 'target_filename', address.path);
  put(data, 'destination_ip', address?.address);
  put(data, 'destination_port', address?.port);
  put(data, 'details', textOf(parts.other.get('KERN_MODULE')?.get('name')));
}
