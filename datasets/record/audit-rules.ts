/** Login ids that recorded sessions get, one each: outside the range of ordinary accounts. */
export const FIRST_LOGIN_ID = 61_000;
export const LAST_LOGIN_ID = 64_999;

const CALLS: Readonly<Record<string, readonly string[]>> = {
  exec: ['execve', 'execveat'],
  net: ['connect', 'accept', 'accept4', 'bind'],
  del: [
    'unlink',
    'unlinkat',
    'rename',
    'renameat',
    'renameat2',
    'link',
    'linkat',
    'symlink',
    'symlinkat',
    'rmdir',
    'mkdir',
    'mkdirat',
    'truncate',
  ],
  perm: [
    'chmod',
    'fchmod',
    'fchmodat',
    'chown',
    'fchown',
    'fchownat',
    'lchown',
    'setxattr',
    'lsetxattr',
    'removexattr',
    'utimensat',
    'utimes',
  ],
  priv: [
    'setuid',
    'setgid',
    'setreuid',
    'setregid',
    'setresuid',
    'setresgid',
    'ptrace',
    'mount',
    'umount2',
    'memfd_create',
    'init_module',
    'finit_module',
    'delete_module',
    'kill',
    'unshare',
    'setns',
    'chroot',
    'pivot_root',
    'bpf',
    'process_vm_writev',
    'process_vm_readv',
  ],
};

/**
 * Kernel audit rules for the sessions alone, as arguments of auditctl(8): programs started, sockets, files opened
 * for writing or created, removals and renames, permissions, privileges. No other process is touched.
 */
export function auditRules(): readonly (readonly string[])[] {
  const scope = ['-F', 'arch=b64', '-F', `auid>=${FIRST_LOGIN_ID}`, '-F', `auid<=${LAST_LOGIN_ID}`];
  const rule = (key: string, calls: readonly string[], ...fields: readonly string[]): readonly string[] => [
    '-a',
    'always,exit',
    ...scope,
    ...calls.flatMap((call) => ['-S', call]),
    ...fields,
    '-k',
    key,
  ];
  return [
    ...Object.entries(CALLS).map(([key, calls]) => rule(key, calls)),
    rule('write', ['open'], '-F', 'a1&3'), // O_WRONLY, O_RDWR
    rule('write', ['open'], '-F', 'a1&64'), // O_CREAT
    rule('write', ['openat'], '-F', 'a2&3'),
    rule('write', ['openat'], '-F', 'a2&64'),
    rule('write', ['creat']),
  ];
}

/** The settings of auditd(8) for a recording: raw lines into one file, never rotated, never suspended. */
export function auditSettings(logFile: string): string {
  return `local_events = yes
write_logs = yes
log_file = ${logFile}
log_format = RAW
log_group = root
flush = INCREMENTAL_ASYNC
freq = 200
priority_boost = 4
name_format = NONE
max_log_file = 0
num_logs = 0
max_log_file_action = IGNORE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = SUSPEND
disk_error_action = SUSPEND
q_depth = 65536
overflow_action = SYSLOG
end_of_event_timeout = 2
`;
}
