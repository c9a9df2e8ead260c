import type { Deed } from './deed.ts';
import { baseOf, ran, refOf, type Seen, used } from './deed-parts.ts';
import { fileOf } from './deeds-of-files.ts';
import { FILE_OPS } from './features-file.ts';
import { PROCESS_MARKS } from './features-process.ts';
import { scriptsOf } from './scripts-of.ts';
import { cutText } from './text-features.ts';

/** A process began: by exec or by fork. */
export function began(seen: Seen): readonly Deed[] {
  const { platform, data } = seen;
  const base = baseOf(seen);
  const parent = refOf(data.parent_process_guid, data.parent_process_id, data.parent_image);
  if (/^(v?fork|clone3?)$/.test(data.syscall ?? '')) return [{ ...base, act: 'forked', parent }];
  const commandLine = cutText(data.command_line ?? '');
  const news = { ...base.news, commandLine, originalName: data.original_file_name ?? '' };
  const deeds: Deed[] = [{ ...base, news, act: 'began', parent }];
  if (data.image) {
    const image = fileOf(platform, data.image);
    deeds.push(used(seen, 'executed', image, FILE_OPS.indexOf('executed'), 0));
  }
  for (const recipe of scriptsOf(platform, data.image ?? '', commandLine)) deeds.push(ran(seen, recipe));
  return deeds;
}

// Windows access rights, winnt.h: create thread, operate on or write memory, set information, suspend
const WRITE_RIGHTS = 0x0002 | 0x0008 | 0x0020 | 0x0200 | 0x0800;
const READ_RIGHT = 0x0010;

/** A process opened another, or started a thread in it. */
export function accessed(seen: Seen, thread: boolean): readonly Deed[] {
  const { data } = seen;
  const target = refOf(data.target_process_guid, data.target_process_id, data.target_image);
  if (!target) return [];
  const rights = data.granted_access === undefined ? 0 : Number(data.granted_access) | 0;
  const writes = thread || (rights & WRITE_RIGHTS) !== 0;
  const unbacked = thread
    ? data.start_module === undefined && data.start_address !== undefined
    : data.call_trace?.includes('UNKNOWN(') === true;
  const marks =
    (writes ? PROCESS_MARKS.wrote : 0) |
    ((rights & READ_RIGHT) !== 0 ? PROCESS_MARKS.read : 0) |
    (unbacked ? PROCESS_MARKS.unbacked : 0);
  const { at, eventId, actor } = seen;
  const news = marks === 0 ? undefined : { marks };
  return [
    { at, eventId, actor, news, act: 'accessed', target, targetMarks: writes ? PROCESS_MARKS.victim : 0 },
  ];
}
