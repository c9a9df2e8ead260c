import type { EventType } from '../contracts/event.ts';

/** What a system call does, as far as events tell calls apart. */
export type Meaning =
  | 'execute'
  | 'end'
  | 'open'
  | 'make'
  | 'write'
  | 'delete'
  | 'rename'
  | 'link'
  | 'attribute'
  | 'connect'
  | 'accept'
  | 'bind'
  | 'other';

/** A thread ends with `exit`, a process with `exit_group` (exit(2)), so `exit` alone ends nothing. */
const CALLS: Readonly<Record<Exclude<Meaning, 'other'>, string>> = {
  execute: 'execve execveat',
  end: 'exit_group',
  open: 'open openat openat2 open_by_handle_at creat',
  make: 'mkdir mkdirat mknod mknodat',
  write: 'truncate truncate64',
  delete: 'unlink unlinkat rmdir',
  rename: 'rename renameat renameat2',
  link: 'link linkat symlink symlinkat',
  attribute:
    'chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat chown32 fchown32 lchown32 setxattr lsetxattr ' +
    'fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat utime utimes utimensat futimesat ' +
    'utimensat_time64 file_setattr',
  connect: 'connect sendto',
  accept: 'accept accept4',
  bind: 'bind',
};

const cache: { byCall?: ReadonlyMap<string, Meaning> } = {};

/** What the call does. */
export function meaningOf(call: string): Meaning {
  cache.byCall ??= new Map(
    (Object.keys(CALLS) as Exclude<Meaning, 'other'>[]).flatMap((meaning) =>
      CALLS[meaning].split(' ').map((name) => [name, meaning] as const),
    ),
  );
  return cache.byCall.get(call) ?? 'other';
}

// open(2); the same on x86 and arm64
const O_WRONLY = 0o1;
const O_RDWR = 0o2;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;

const OPEN_FLAGS: ReadonlyMap<string, number> = new Map([
  ['O_WRONLY', O_WRONLY],
  ['O_RDWR', O_RDWR],
  ['O_CREAT', O_CREAT],
  ['O_TRUNC', O_TRUNC],
  ['O_APPEND', O_APPEND],
]);

/** The bits of flags written as `O_WRONLY|O_CREAT`; only those that say what an open is for. */
export function openFlagsOf(names: string): number {
  return names
    .slice(0, 512)
    .split('|')
    .reduce((bits, name) => bits | (OPEN_FLAGS.get(name.trim()) ?? 0), 0);
}

/** Whether an open can create or change a file. */
export function canWrite(flags: number): boolean {
  return (flags & (O_WRONLY | O_RDWR | O_TRUNC)) !== 0;
}

/** Whether an open asks for a file that need not exist. */
export function canCreate(flags: number): boolean {
  return (flags & O_CREAT) !== 0;
}

/** The event of an open: what was created, else what it may change, else what it reads. */
export function openEvent(created: boolean, writes: boolean): EventType {
  if (created) return 'file_create';
  return writes ? 'file_write' : 'file_read';
}

/** The event of a call that names a file, an open aside. */
export const FILE_EVENT = {
  make: 'file_create',
  write: 'file_write',
  delete: 'file_delete',
  rename: 'file_rename',
  link: 'file_create',
  attribute: 'file_attribute',
} as const satisfies Partial<Record<Meaning, EventType>>;

/** Errors of calls that go on in the background: connect(2) on a socket that does not wait. */
const UNDER_WAY: ReadonlySet<number> = new Set([-115, -114]); // EINPROGRESS, EALREADY

/** Whether a call's result says that it failed; undefined while its outcome is open or unknown. */
export function succeeded(result: number | undefined): boolean | undefined {
  if (result === undefined || UNDER_WAY.has(result)) return undefined;
  return result >= 0;
}
