import type { EventData, Platform } from '../contracts/event.ts';
import type { Deed } from './deed.ts';
import { type Seen, used } from './deed-parts.ts';
import type { Entity } from './entity.ts';
import { entityOf } from './entity.ts';
import type { FileOp } from './features-file.ts';
import { FILE_MARKS, FILE_OPS, isTelling } from './features-file.ts';

const FILE_EVENTS: Readonly<Record<string, FileOp>> = {
  image_load: 'loaded',
  driver_load: 'loaded',
  file_create: 'created',
  file_write: 'written',
  file_read: 'read',
  file_delete: 'deleted',
  file_rename: 'renamed',
  file_attribute: 'attribute',
  file_stream: 'stream',
};

/** A process touched a file, library, pipe or share. */
export function touched(seen: Seen, type: string): readonly Deed[] {
  const { platform, data } = seen;
  if (type === 'pipe') {
    const operation = FILE_OPS.indexOf(data.pipe_action === 'create' ? 'created' : 'written');
    return data.pipe_name
      ? [used(seen, 'wrote', fileOf(platform, `pipe:${data.pipe_name}`), operation, 0)]
      : [];
  }
  if (type === 'share_access') {
    const path = `\\\\*\\${(data.share_name ?? '').replace(/^[\\*]+/, '')}\\${data.target_filename ?? ''}`;
    return [used(seen, 'wrote', fileOf(platform, path), FILE_OPS.indexOf('read'), 0)];
  }
  const path = type.endsWith('_load') ? data.image_loaded : (data.target_filename ?? data.device);
  const operation = FILE_EVENTS[type];
  if (!path || operation === undefined) return [];
  const relation = operation === 'loaded' ? 'executed' : 'wrote';
  const entity = operation === 'read' ? readFileOf(platform, path) : fileOf(platform, path);
  return [used(seen, relation, entity, FILE_OPS.indexOf(operation), fileMarks(data))];
}

function fileMarks(data: EventData): number {
  const { signed, unsigned, badSignature, newExtension, setuid } = FILE_MARKS;
  const bad = data.signature_status !== undefined && !/^valid$/i.test(data.signature_status);
  return (
    (data.signed === true ? signed : 0) |
    (data.signed === false ? unsigned : 0) |
    (data.signed === true && bad ? badSignature : 0) |
    (data.old_filename !== undefined && endingOf(data.old_filename) !== endingOf(data.target_filename ?? '')
      ? newExtension
      : 0) |
    (((data.file_mode ?? 0) & 0o4000) !== 0 ? setuid : 0)
  );
}

function endingOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) ? path.slice(dot).toLowerCase() : '';
}

/** Characters of a path that are read: more than any real one's telling part, so that one entity's cost is bounded. */
export const PATH_LIMIT = 512;

/** The entity of a path. */
export function fileOf(platform: Platform, path: string): Entity {
  return entityOf(platform, 'file', path.length > PATH_LIMIT ? path.slice(0, PATH_LIMIT) : path);
}

// One `find /` opens 18,000 files: ordinary files that are only read count as three folders' depth
function readFileOf(platform: Platform, path: string): Entity {
  if (isTelling(path)) return fileOf(platform, path);
  const separator = platform === 'windows' ? '\\' : '/';
  const folders = path.split(separator).slice(0, -1).slice(0, 4);
  return fileOf(platform, `${folders.join(separator)}${separator}*`);
}
