/** A launcher of a session names itself so; what it starts is recorded, and all that comes of it. */
export const LAUNCHER = 'lgrec';

const ARGUMENTS = 12; // bpftrace takes literal places of an argv only

const HEAD = '@s[tid], nsecs, pid, tid, uid, comm';
const FORM = '%d|%llu|%d|%d|%d|%s';

function call(name: string, letter: string, fields: readonly (readonly [form: string, value: string])[]) {
  const form = fields.map(([one]) => `|${one}`).join('');
  const values = fields.map(([, one]) => `, ${one}`).join('');
  return `tracepoint:syscalls:sys_enter_${name} /@s[tid]/ { printf("${letter}|${FORM}|${name}${form}\\n", ${HEAD}${values}); }`;
}

/** A socket call whose address is read when it returns. */
function socketCall(name: string, address: string, filter: string, fd: string): string {
  const peer = '$sa = (struct sockaddr_in *)uptr(@sa[tid]); $f = $sa->sin_family;';
  const line = (more: string, values: string) =>
    `printf("n|${FORM}|${name}|%d|%d|${more}\\n", ${HEAD}, ${fd}, args->ret, ${values});`;
  return `tracepoint:syscalls:sys_enter_${name} /@s[tid]/ { @sa[tid] = (uint64)args->${address}; @fd[tid] = args->fd; }
tracepoint:syscalls:sys_exit_${name} /@s[tid]${filter}/ { if (@sa[tid] != 0) { ${peer}
  if ($f == 2) { ${line('2|%s|%d', 'ntop($sa->sin_addr.s_addr), bswap($sa->sin_port)')} }
  if ($f == 1) { ${line('1|%s|0', 'str((uint8*)@sa[tid] + 2)')} }
  delete(@sa[tid]); delete(@fd[tid]); } }`;
}

/**
 * The bpftrace(8) program of a recording: process starts with arguments, forks and ends, file opens with their
 * result, removals, renames, modes, sockets, ids and the rarer calls that attacks need. One line an event, fields
 * separated by `|`, the session's first thread id in front.
 */
export function bpfProgram(): string {
  const argv = Array.from(
    { length: ARGUMENTS },
    (_, i) =>
      `if (args->argv[${i}] != 0) { printf("A|%llu|%d|%d|%s\\n", nsecs, tid, ${i}, str(args->argv[${i}]));`,
  );
  return [
    `tracepoint:sched:sched_process_fork /!@s[tid] && strncmp(comm, "${LAUNCHER}", ${LAUNCHER.length}) == 0/ { @s[args->child_pid] = (uint64)args->child_pid; printf("S|%d|%s\\n", args->child_pid, comm); }`,
    `tracepoint:sched:sched_process_fork /@s[tid]/ { @s[args->child_pid] = @s[tid]; printf("F|${FORM}|%d\\n", ${HEAD}, args->child_pid); }`,
    `tracepoint:sched:sched_process_exit /@s[tid]/ { printf("X|${FORM}\\n", ${HEAD}); delete(@s[tid]); }`,
    `tracepoint:syscalls:sys_enter_execve /@s[tid]/ { printf("E|${FORM}\\n", ${HEAD}); ${argv.join(' ')}${' }'.repeat(ARGUMENTS)} }`,
    `tracepoint:sched:sched_process_exec /@s[tid]/ { printf("O|${FORM}|%d|%s\\n", ${HEAD}, gid, str(args->filename)); }`,
    'tracepoint:syscalls:sys_enter_openat /@s[tid]/ { @of[tid] = (uint64)args->filename; @ol[tid] = args->flags; @od[tid] = args->dfd; }',
    `tracepoint:syscalls:sys_exit_openat /@s[tid] && (args->ret >= 0 || (@ol[tid] & 3))/ { if (@of[tid] != 0) { printf("o|${FORM}|%d|%d|%d|%s\\n", ${HEAD}, @ol[tid], @od[tid], args->ret, str(uptr(@of[tid]))); } }`,
    'tracepoint:syscalls:sys_exit_openat /@s[tid]/ { delete(@of[tid]); delete(@ol[tid]); delete(@od[tid]); }',
    socketCall('connect', 'uservaddr', '', '@fd[tid]'),
    socketCall('bind', 'umyaddr', '', '@fd[tid]'),
    socketCall('accept4', 'upeer_sockaddr', ' && args->ret >= 0', 'args->ret'),
    socketCall('accept', 'upeer_sockaddr', ' && args->ret >= 0', 'args->ret'),
    ...['unlinkat', 'unlink', 'mkdir', 'mkdirat', 'rmdir'].map((name) =>
      call(name, 'p', [['%s', 'str(args->pathname)']]),
    ),
    call('truncate', 'p', [['%s', 'str(args->path)']]),
    call('utimensat', 'p', [['%s', 'str(args->filename)']]),
    ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'].map(twoPaths),
    ...['chmod', 'fchmodat'].map((name) =>
      call(name, 'm', [
        ['%d', 'args->mode'],
        ['%s', 'str(args->filename)'],
      ]),
    ),
    call('setuid', 'i', [['%d', 'args->uid']]),
    call('setresuid', 'i', [['%d', 'args->ruid']]),
    call('ptrace', 'k', [
      ['%d', 'args->request'],
      ['%d', 'args->pid'],
    ]),
    call('kill', 'k', [
      ['%d', 'args->sig'],
      ['%d', 'args->pid'],
    ]),
    call('memfd_create', 'z', [['%s', 'str(args->uname)']]),
    call('mount', 'z', [['%s', 'str(args->dir_name)']]),
    call('unshare', 'z', [['%d', 'args->unshare_flags']]),
    call('setns', 'z', [['%d', 'args->flags']]),
  ].join('\n');
}

/** The stack of an eBPF program holds one string only, so the second path follows in a line of its own. */
function twoPaths(name: string): string {
  return `tracepoint:syscalls:sys_enter_${name} /@s[tid]/ { printf("r|${FORM}|${name}|%s\\n", ${HEAD}, str(args->oldname)); printf("R|%llu|%d|%s\\n", nsecs, tid, str(args->newname)); }`;
}
