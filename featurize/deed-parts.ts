import type { EventData, Platform } from '../contracts/event.ts';
import { RELATIONS } from '../contracts/graph.ts';
import type { Deed, ProcessNews, ProcessRef } from './deed.ts';
import type { Entity } from './entity.ts';
import { entityOf } from './entity.ts';
import type { ScriptOp } from './features-script.ts';
import { SCRIPT_MARKS, SCRIPT_OPS } from './features-script.ts';

/** What every reader needs of an event. */
export interface Seen {
  readonly at: number;
  readonly eventId: string;
  readonly actor: ProcessRef;
  readonly platform: Platform;
  readonly data: EventData;
}

// a GUID of zeros stands for none
function guidOf(guid: string | undefined): string {
  if (guid === undefined) return '';
  const bare = guid.startsWith('{') ? guid.slice(1, -1) : guid;
  return bare.startsWith('00000000-0000-0000-') || bare === '-' ? '' : bare.toLowerCase();
}

/** A process by its ids, undefined when an event names none. */
export function refOf(
  guid: string | undefined,
  pid: number | undefined,
  image: string | undefined,
): ProcessRef | undefined {
  const known = guidOf(guid);
  // where a sensor names neither id, all that is seen of an image is one process
  const name = known === '' && pid === undefined && image ? `image:${image.toLowerCase()}` : known;
  if (name === '' && pid === undefined) return undefined;
  return { guid: name, pid: pid ?? -1, start: 0, image: image ?? '' };
}

/** What all deeds of an event share. */
export function baseOf(seen: Seen): {
  at: number;
  eventId: string;
  actor: ProcessRef;
  news: ProcessNews | undefined;
} {
  return { at: seen.at, eventId: seen.eventId, actor: seen.actor, news: newsOf(seen.platform, seen.data) };
}

function newsOf(platform: Platform, data: EventData): ProcessNews | undefined {
  if (platform === 'linux') {
    return data.user_id === undefined
      ? undefined
      : { privilege: data.user_id === '0' || data.user_id === 'root' ? 1 : 0 };
  }
  const level = data.integrity_level?.toLowerCase();
  return level === undefined ? undefined : { privilege: INTEGRITY.get(level) ?? 0 };
}

const INTEGRITY: ReadonlyMap<string, number> = new Map([
  ['untrusted', -1],
  ['low', -1],
  ['appcontainer', -1],
  ['medium', 0],
  ['high', 0.5],
  ['system', 1],
  ['s-1-16-0', -1],
  ['s-1-16-4096', -1],
  ['s-1-16-8192', 0],
  ['s-1-16-12288', 0.5],
  ['s-1-16-16384', 1],
]);

const places = (platform: Platform): ReadonlyMap<string, number> =>
  new Map(RELATIONS[platform].map(({ name, target }, place) => [`${name} ${target}`, place]));
const RELATION: Record<Platform, ReadonlyMap<string, number>> = {
  windows: places('windows'),
  linux: places('linux'),
};

/** The acting process used something. */
export function used(
  seen: Seen,
  relation: string,
  target: Entity,
  operation: number,
  targetMarks: number,
): Deed {
  const { at, eventId, actor } = seen;
  const place = RELATION[seen.platform].get(`${relation} ${target.type}`) ?? 0;
  return { at, eventId, actor, act: 'used', relation: place, target, operation, targetMarks };
}

/** The acting process ran a script, given as a recipe of `entityOf`. */
export function ran(seen: Seen, recipe: string): Deed {
  const kind: ScriptOp = recipe.startsWith('block:')
    ? 'block'
    : recipe.startsWith('path:')
      ? 'path'
      : 'inline';
  const marks = recipe.startsWith('decoded:') ? SCRIPT_MARKS.decoded : 0;
  return used(seen, 'executed', entityOf(seen.platform, 'script', recipe), SCRIPT_OPS.indexOf(kind), marks);
}
