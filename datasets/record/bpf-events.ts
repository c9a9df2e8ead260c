/** One event as a line of the raw eBPF form: JSON, see `logster-ebpf-raw` in docs/events.md. */
export type EbpfEvent = Readonly<Record<string, unknown>>;

/** Turns the lines of a recording's bpftrace program into events, per session. */
export interface BpfReader {
  /** Takes one printed line, or a further line of an argument that holds line breaks. */
  readonly line: (text: string) => void;
  /** Ends what still waits for a further line. */
  readonly end: () => void;
  readonly lost: () => number; // events that the kernel could not hand over
}

/** The fields that every line but the short ones begins with, and those of its own. */
interface Line {
  readonly session: string;
  readonly head: EbpfEvent; // its time
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly comm: string;
  readonly fields: readonly string[];
}

interface Process {
  readonly parent: number;
  readonly exe: string | null;
}

const WRITES = 3; // O_WRONLY | O_RDWR
const CREATES = 0o100; // O_CREAT
/** Every program opens these to begin with; reading them says nothing and is not kept. */
const LIBRARIES = ['/usr/lib/', '/lib/', '/lib64/', '/usr/share/', '/proc/', '/sys/', '/etc/ld.so.cache'];
const FAMILIES: Readonly<Record<string, string>> = { '1': 'unix', '2': 'inet' };
const KINDS: Readonly<Record<string, string>> = {
  connect: 'net_connect',
  bind: 'net_bind',
  accept: 'net_accept',
  accept4: 'net_accept',
  unlink: 'file_unlink',
  unlinkat: 'file_unlink',
  rmdir: 'file_rmdir',
  mkdir: 'file_mkdir',
  mkdirat: 'file_mkdir',
  truncate: 'file_truncate',
  utimensat: 'file_utimensat',
  rename: 'file_rename',
  renameat: 'file_rename',
  renameat2: 'file_rename',
  link: 'file_link',
  linkat: 'file_link',
  symlink: 'file_symlink',
  symlinkat: 'file_symlink',
  kill: 'process_kill',
  ptrace: 'process_ptrace',
};
const EVENT_LINE = /^(S\|\d+\||[AR]\|\d+\|\d+\||[FXEOonprmikz]\|\d+\|\d+\|\d+\|)/;

/**
 * Reads what `bpfProgram` prints. `clock` turns the kernel's monotonic nanoseconds into epoch nanoseconds; `emit`
 * gets each event with the name of its session's launcher.
 */
export function bpfReader(
  clock: (monotonic: bigint) => bigint,
  emit: (session: string, event: EbpfEvent) => void,
): BpfReader {
  const reading = eventsOf(emit);
  const sessions = new Map<string, string>(); // first thread id to launcher
  let held: string | null = null;
  let lost = 0;

  function take(text: string): void {
    const [letter = '', ...parts] = text.split('|');
    if (letter === 'S') sessions.set(parts[0] ?? '', parts[1] ?? '');
    else if (letter === 'A') reading.argument(Number(parts[1]), parts.slice(3).join('|'));
    else if (letter === 'R') reading.secondPath(Number(parts[1]), parts.slice(2).join('|'));
    else {
      const [root = '', at = '0', pid, tid, uid, comm = '', ...fields] = parts;
      const session = sessions.get(root);
      if (session === undefined) return;
      const ns = clock(BigInt(at));
      const head = { ts: new Date(Number(ns / 1_000_000n)).toISOString(), ts_ns: Number(ns) };
      reading.event(letter, {
        session,
        head,
        pid: Number(pid),
        tid: Number(tid),
        uid: Number(uid),
        comm,
        fields,
      });
    }
  }

  return {
    line(text) {
      const missing = /^Lost (\d+) events/.exec(text);
      if (missing) lost += Number(missing[1]);
      else if (held !== null && !EVENT_LINE.test(text)) held += `\n${text}`;
      else {
        if (held !== null) take(held);
        held = EVENT_LINE.test(text) ? text : null;
      }
    },
    end() {
      if (held !== null) take(held);
      held = null;
    },
    lost: () => lost,
  };
}

/** What lines mean one after another: who started whom, which arguments and second paths belong to what. */
function eventsOf(emit: (session: string, event: EbpfEvent) => void) {
  const processes = new Map<number, Process>();
  const starting = new Map<number, string[]>(); // arguments of starts that have not succeeded yet, by thread
  const waiting = new Map<number, { readonly session: string; readonly event: EbpfEvent }>(); // for a second path
  const send = ({ session, head }: Line, type: string, more: EbpfEvent): void =>
    emit(session, { ...head, type, ...more });
  const actor = ({ pid, uid, comm }: Line): EbpfEvent => ({
    pid,
    uid,
    comm,
    exe: processes.get(pid)?.exe ?? null,
  });
  const thread = ({ pid, tid, uid, comm }: Line): EbpfEvent => ({
    pid,
    tid,
    uid,
    comm,
    exe: processes.get(pid)?.exe ?? null,
  });

  const meanings: Readonly<Record<string, (line: Line) => void>> = {
    F(line) {
      const [child] = line.fields.map(Number);
      const exe = processes.get(line.pid)?.exe ?? null;
      processes.set(child ?? 0, { parent: line.pid, exe });
      send(line, 'process_fork', { pid: child, ppid: line.pid, comm: line.comm, exe });
    },
    X(line) {
      if (line.pid === line.tid) send(line, 'process_exit', { pid: line.pid, comm: line.comm });
      processes.delete(line.tid);
      starting.delete(line.tid);
    },
    E(line) {
      starting.set(line.tid, []);
    },
    O(line) {
      const { pid, uid, fields } = line;
      const parent = processes.get(pid)?.parent ?? 0;
      const exe = fields.slice(1).join('|');
      const argv = starting.get(line.tid) ?? [];
      const parentExe = processes.get(parent)?.exe ?? null;
      starting.delete(line.tid);
      processes.set(pid, { parent, exe });
      send(line, 'process_exec', {
        pid,
        ppid: parent,
        uid,
        gid: Number(fields[0]),
        exe,
        argv,
        parent_exe: parentExe,
      });
    },
    o(line) {
      const [flags = 0, dirfd, ret] = line.fields.slice(0, 3).map(Number);
      const path = line.fields.slice(3).join('|');
      const write = (flags & WRITES) !== 0;
      if (!write && LIBRARIES.some((folder) => path.startsWith(folder))) return;
      send(line, 'file_open', {
        ...thread(line),
        path,
        dirfd,
        flags,
        write,
        create: (flags & CREATES) !== 0,
        ret,
      });
    },
    n(line) {
      const [name = '', fd, ret, family = '', addr = '', port] = line.fields;
      const peer = {
        family: FAMILIES[family] ?? family,
        fd: Number(fd),
        addr,
        port: family === '1' ? null : Number(port),
      };
      const result = name === 'connect' ? { ret: Number(ret) } : {};
      send(line, KINDS[name] ?? name, { ...thread(line), ...peer, ...result });
    },
    r(line) {
      const [name = '', ...path] = line.fields;
      const event = { ...line.head, type: KINDS[name] ?? name, ...actor(line), path: path.join('|') };
      waiting.set(line.tid, { session: line.session, event });
    },
    p(line) {
      const [name = '', ...path] = line.fields;
      send(line, KINDS[name] ?? name, { ...actor(line), path: path.join('|') });
    },
    m(line) {
      const [, mode, ...path] = line.fields;
      send(line, 'file_chmod', {
        ...actor(line),
        mode: `0o${Number(mode).toString(8)}`,
        path: path.join('|'),
      });
    },
    i(line) {
      send(line, 'set_uid', { ...actor(line), syscall: line.fields[0], new_uid: Number(line.fields[1]) });
    },
    k(line) {
      const [name = '', arg, target] = line.fields;
      send(line, KINDS[name] ?? name, { ...actor(line), arg: Number(arg), target_pid: Number(target) });
    },
    z(line) {
      const [name = '', ...path] = line.fields;
      send(line, name, { ...actor(line), path: path.join('|') });
    },
  };

  return {
    event: (letter: string, line: Line): void => meanings[letter]?.(line),
    argument(tid: number, text: string): void {
      starting.get(tid)?.push(text);
    },
    secondPath(tid: number, path: string): void {
      const first = waiting.get(tid);
      waiting.delete(tid);
      if (first) emit(first.session, { ...first.event, new_path: path });
    },
  };
}
