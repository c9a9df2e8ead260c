import type { EventData, EventType } from '../contracts/event.ts';
import { argumentOf } from './auditd-call.ts';
import type { AuditParts, AuditPath } from './auditd-parts.ts';
import { canCreate, canWrite, FILE_EVENT, openEvent, openFlagsOf } from './syscalls-meaning.ts';
import { absolutePath, put, textOf } from './syscalls-values.ts';

/** An event of a file; `relative` when its folder is not known. */
export interface FileEvent {
  readonly type: EventType;
  readonly data: EventData;
  readonly relative: boolean;
}

type FolderArgument = 'a0' | 'a1' | 'a2';

/** Which argument of a call names the folder that a path is relative to: of the first path, and of the last. */
const FOLDERS: ReadonlyMap<string, readonly [FolderArgument, FolderArgument]> = new Map<
  string,
  readonly [FolderArgument, FolderArgument]
>([
  ...(
    'openat openat2 open_by_handle_at mkdirat mknodat unlinkat fchmodat fchmodat2 fchownat utimensat ' +
    'utimensat_time64 futimesat setxattrat removexattrat file_setattr'
  )
    .split(' ')
    .map((call) => [call, ['a0', 'a0']] as const),
  ['renameat', ['a0', 'a2']],
  ['renameat2', ['a0', 'a2']],
  ['linkat', ['a0', 'a2']],
  ['symlinkat', ['a1', 'a1']],
]);

const AT_FDCWD = -100;

/** The event of a call that names files; a failed one, and one without a path, stays a `syscall`. */
export function fileEvent(
  meaning: 'open' | keyof typeof FILE_EVENT,
  parts: AuditParts,
  call: string,
  data: EventData,
): FileEvent {
  put(data, 'current_directory', parts.folder);
  const pathOf = (found: AuditPath | undefined, end: 0 | 1): string | undefined =>
    found?.name === undefined ? undefined : textOf(absolutePath(found.name, folderOf(parts, call, end)));
  const target = pathOf(targetOf(meaning, parts), 1);
  put(data, 'target_filename', target);
  if (meaning === 'rename') put(data, 'old_filename', pathOf(first(parts, 'DELETE'), 0));
  if (meaning === 'link') put(data, 'details', first(parts, 'NORMAL')?.name ?? first(parts, 'UNKNOWN')?.name);
  if (meaning === 'attribute' && /chmod/.test(call)) put(data, 'file_mode', modeOf(parts, call));
  const flags = meaning === 'open' ? flagsOf(parts, call) : undefined;
  put(data, 'file_flags', flags);
  const relative = target?.startsWith('/') === false;
  if (data.success === false || target === undefined) return { type: 'syscall', data, relative };
  if (meaning !== 'open') return { type: FILE_EVENT[meaning], data, relative };
  return { type: openType(parts, flags ?? 0), data, relative };
}

/** With PATH records the kernel itself says whether the file is new; O_CREAT alone only allows it. */
function openType(parts: AuditParts, flags: number): EventType {
  const told = parts.paths.some(({ nametype }) => nametype === 'NORMAL' || nametype === 'CREATE');
  const created = told ? first(parts, 'CREATE') !== undefined : canCreate(flags);
  return openEvent(created, canWrite(flags));
}

function targetOf(meaning: string, parts: AuditParts): AuditPath | undefined {
  const named = parts.paths.filter(({ name, nametype }) => name !== undefined && nametype !== 'PARENT');
  if (meaning === 'delete') return first(parts, 'DELETE') ?? named.at(-1);
  return named.findLast(({ nametype }) => nametype === 'CREATE') ?? named.at(-1);
}

function first(parts: AuditParts, nametype: string): AuditPath | undefined {
  return parts.paths.find((path) => path.nametype === nametype && path.name !== undefined);
}

/** The working folder, unless the call names another one by a number that the log does not explain. */
function folderOf(parts: AuditParts, call: string, end: 0 | 1): string | undefined {
  const name = FOLDERS.get(call)?.[end];
  if (name === undefined) return parts.folder;
  const text = parts.call?.get(name);
  if (text === undefined || text === 'AT_FDCWD') return parts.folder;
  return argumentOf(parts.call, name) === AT_FDCWD ? parts.folder : undefined;
}

const CREAT_FLAGS = openFlagsOf('O_WRONLY|O_CREAT|O_TRUNC'); // open(2): creat() is open() with these

function flagsOf(parts: AuditParts, call: string): number | undefined {
  if (call === 'creat') return CREAT_FLAGS;
  if (call === 'openat2') {
    const flags = parts.other.get('OPENHOW')?.get('oflag');
    return flags === undefined || !/^[0-7]{1,11}$/.test(flags) ? undefined : Number.parseInt(flags, 8);
  }
  const name = call === 'open' ? 'a1' : 'a2';
  const text = parts.call?.get(name) ?? '';
  return text.startsWith('O_') ? openFlagsOf(text) : argumentOf(parts.call, name);
}

function modeOf(parts: AuditParts, call: string): number | undefined {
  const mode = argumentOf(parts.call, call.startsWith('fchmodat') ? 'a2' : 'a1');
  return mode === undefined ? undefined : mode & 0o7777;
}
