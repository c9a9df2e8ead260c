import type { EventData, NormalizedEvent, Platform } from '../contracts/event.ts';
import { RELATIONS } from '../contracts/graph.ts';
import type { Deed, ProcessNews, ProcessRef } from './deed.ts';
import type { Entity } from './entity.ts';
import { entityOf } from './entity.ts';
import type { FileOp } from './features-file.ts';
import { FILE_MARKS, FILE_OPS, isTelling } from './features-file.ts';
import type { NetworkOp } from './features-network.ts';
import { EPHEMERAL_PORT, NETWORK_MARKS, NETWORK_OPS } from './features-network.ts';
import { PROCESS_MARKS } from './features-process.ts';
import type { RegistryOp } from './features-registry.ts';
import { foldKey, plainKey, REGISTRY_MARKS, REGISTRY_OPS, registryMarks } from './features-registry.ts';
import type { ScriptOp } from './features-script.ts';
import { SCRIPT_MARKS, SCRIPT_OPS } from './features-script.ts';
import { SYSCALL_OPS } from './features-syscall.ts';
import { scriptsOf } from './scripts-of.ts';
import { cutText } from './text-features.ts';

/**
 * How an event becomes part of a graph:
 *
 * | event | what the acting process did |
 * |---|---|
 * | process_create | began, `spawned` by its parent; `executed` its image and the scripts its command line runs |
 * | process_create by fork or clone | forked from its parent, still its parent's image |
 * | process_end, process_tamper | ended; marked as written into |
 * | process_access, remote_thread | `accessed` the target; marks by what was asked for |
 * | image_load, driver_load | `executed` the file (operation `loaded`) |
 * | file_*, pipe, share_access | `wrote` the file or pipe; reads of ordinary files are folded to their folder |
 * | registry_*, wmi; on Windows service_create, task_create | `set` the key prefix, subscription, service or task |
 * | network_*, dns_query | `connected-to` the peer or name |
 * | syscall (Linux) | `performed` the call; ptrace-like calls with a target also `accessed` it |
 * | script_block | `executed` the script |
 * | user_auth | a mark on the process that asked, nothing where none is named |
 *
 * What names no process (drivers, WMI, services, tasks, shares) is the system's doing.
 */
export function readDeeds(event: NormalizedEvent): readonly Deed[] {
  const { platform, event_type: type, data } = event;
  const actor = actorOf(platform, data) ?? (SYSTEM_EVENTS.has(type) ? SYSTEM[platform] : undefined);
  if (!actor) return [];
  const seen: Seen = { at: event.timestamp, eventId: event.event_id, actor, platform, data };
  if (type === 'process_create') return began(seen);
  if (type === 'process_access' || type === 'remote_thread') return accessed(seen, type === 'remote_thread');
  const base = baseOf(seen);
  if (type === 'process_end') return [{ ...base, act: 'ended' }];
  if (type === 'process_tamper') return [{ ...base, act: 'noted', news: { marks: PROCESS_MARKS.victim } }];
  if (type === 'user_auth') return [{ ...base, act: 'noted', news: { marks: PROCESS_MARKS.identity } }];
  if (type === 'syscall') return called(seen);
  if (type === 'script_block') return ranBlock(seen);
  if (type.startsWith('network_') || type === 'dns_query') return talked(seen, type);
  if (type.startsWith('registry_') || type === 'wmi') return configured(seen, type);
  if (type === 'service_create' || type === 'task_create') return installed(seen, type);
  return touched(seen, type);
}

interface Seen {
  readonly at: number;
  readonly eventId: string;
  readonly actor: ProcessRef;
  readonly platform: Platform;
  readonly data: EventData;
}

const SYSTEM: Record<Platform, ProcessRef> = {
  windows: { guid: '', pid: 4, start: 0, image: 'System' },
  linux: { guid: '', pid: 1, start: 0, image: '' },
};
const SYSTEM_EVENTS: ReadonlySet<string> = new Set([
  'driver_load',
  'wmi',
  'service_create',
  'task_create',
  'share_access',
]);

const places = (platform: Platform): ReadonlyMap<string, number> =>
  new Map(RELATIONS[platform].map(({ name, target }, place) => [`${name} ${target}`, place]));
const RELATION: Record<Platform, ReadonlyMap<string, number>> = {
  windows: places('windows'),
  linux: places('linux'),
};

// a GUID of zeros stands for none
function guidOf(guid: string | undefined): string {
  if (guid === undefined) return '';
  const bare = guid.startsWith('{') ? guid.slice(1, -1) : guid;
  return bare.startsWith('00000000-0000-0000-') || bare === '-' ? '' : bare.toLowerCase();
}

function refOf(
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

function actorOf(platform: Platform, data: EventData): ProcessRef | undefined {
  const image = data.image ?? data.source_image;
  // an event without a process of its own may still carry 0 for "none"; on Windows that is the idle process
  const pid = data.process_id === 0 && platform === 'windows' ? undefined : data.process_id;
  const actor = refOf(data.process_guid, pid, image);
  return actor && data.process_start !== undefined ? { ...actor, start: data.process_start } : actor;
}

function baseOf(seen: Seen): {
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

function began(seen: Seen): readonly Deed[] {
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

function accessed(seen: Seen, thread: boolean): readonly Deed[] {
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

function used(seen: Seen, relation: string, target: Entity, operation: number, targetMarks: number): Deed {
  const { at, eventId, actor } = seen;
  const place = RELATION[seen.platform].get(`${relation} ${target.type}`) ?? 0;
  return { at, eventId, actor, act: 'used', relation: place, target, operation, targetMarks };
}

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

function touched(seen: Seen, type: string): readonly Deed[] {
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

// Longer than any real path's telling part; keeps one entity's cost bounded.
const PATH_LIMIT = 512;

function fileOf(platform: Platform, path: string): Entity {
  return entityOf(platform, 'file', path.length > PATH_LIMIT ? path.slice(0, PATH_LIMIT) : path);
}

// One `find /` opens 18,000 files: ordinary files that are only read count as three folders' depth
function readFileOf(platform: Platform, path: string): Entity {
  if (isTelling(path)) return fileOf(platform, path);
  const separator = platform === 'windows' ? '\\' : '/';
  const folders = path.split(separator).slice(0, -1).slice(0, 4);
  return fileOf(platform, `${folders.join(separator)}${separator}*`);
}

function talked(seen: Seen, type: string): readonly Deed[] {
  const { platform, data } = seen;
  if (type === 'dns_query') {
    const name = data.query_name?.toLowerCase().slice(0, 255);
    if (!name) return [];
    const failed = data.query_status !== undefined && data.query_status !== '0' ? NETWORK_MARKS.failed : 0;
    const entity = entityOf(platform, 'network', `name|${name.replaceAll('|', '')}`);
    return [used(seen, 'connected-to', entity, NETWORK_OPS.indexOf('resolved'), failed)];
  }
  const operation: NetworkOp =
    type === 'network_bind'
      ? 'bound'
      : type === 'network_accept' || data.initiated === false
        ? 'inbound'
        : 'outbound';
  const peer = peerOf(data, operation);
  if (!peer) return [];
  const failed = data.success === false ? NETWORK_MARKS.failed : 0;
  const recipe = `${(data.protocol ?? '').toLowerCase()}|${peer.address}|${peer.port}`;
  const entity = entityOf(platform, 'network', recipe.slice(0, 160));
  return [used(seen, 'connected-to', entity, NETWORK_OPS.indexOf(operation), failed)];
}

// outbound: whom and which door; inbound: who and which of our doors; bound: our door. Doors that the system
// gives out are one, or every connection would be a peer of its own.
function peerOf(data: EventData, operation: NetworkOp): { address: string; port: number } | undefined {
  const outbound = operation === 'outbound';
  const address = outbound ? data.destination_ip : (data.source_ip ?? data.destination_ip);
  const port = outbound
    ? data.destination_port
    : operation === 'bound'
      ? (data.source_port ?? data.destination_port)
      : (data.destination_port ?? data.source_port);
  if (!address && port === undefined) return undefined;
  const folded = !outbound && port !== undefined && port >= EPHEMERAL_PORT ? EPHEMERAL_PORT : (port ?? 0);
  return { address: (address ?? '').replaceAll('|', ''), port: folded };
}

const REGISTRY_ACTIONS: readonly (readonly [RegExp, RegistryOp])[] = [
  [/delete.*value|value.*delete/i, 'valueDeleted'],
  [/delete/i, 'deleted'],
  [/rename/i, 'renamed'],
  [/create/i, 'created'],
];

function configured(seen: Seen, type: string): readonly Deed[] {
  const { platform, data } = seen;
  if (platform !== 'windows') return [];
  if (type === 'wmi') {
    const details = `${data.wmi_query ?? ''} ${data.wmi_destination ?? ''}`;
    return [settled(seen, `wmi:${data.wmi_operation ?? ''}`, 'wmi', details)];
  }
  if (!data.target_object) return [];
  const action = data.registry_action ?? '';
  const known = REGISTRY_ACTIONS.find(([rule]) => rule.test(action))?.[1];
  const operation = known ?? (type === 'registry_key' ? 'created' : 'set');
  return [settled(seen, data.target_object.slice(0, PATH_LIMIT), operation, data.details)];
}

function settled(seen: Seen, object: string, operation: RegistryOp, details: string | undefined): Deed {
  const entity = entityOf(seen.platform, 'registry', foldKey(plainKey(object)));
  // only a value that was set can be empty
  const kept = operation === 'set' ? ~0 : ~REGISTRY_MARKS.empty;
  const marks = details === undefined ? 0 : registryMarks(details.slice(0, 1024)) & kept;
  return used(seen, 'set', entity, REGISTRY_OPS.indexOf(operation), marks);
}

function installed(seen: Seen, type: string): readonly Deed[] {
  const { platform, data } = seen;
  const kind = type === 'service_create' ? 'service' : 'task';
  const name = kind === 'service' ? data.service_name : data.task_name;
  const details = data.task_content ?? data.image_loaded ?? data.command_line ?? '';
  if (platform === 'windows') return [settled(seen, `${kind}:${name ?? ''}`, kind, details)];
  return [used(seen, 'wrote', fileOf(platform, `${kind}:${name ?? ''}`), FILE_OPS.indexOf('created'), 0)];
}

function called(seen: Seen): readonly Deed[] {
  const { platform, data } = seen;
  const name = data.syscall?.toLowerCase().slice(0, 64);
  if (platform !== 'linux' || !name) return [];
  const operation = SYSCALL_OPS.indexOf(data.success === false ? 'failed' : 'succeeded');
  const deeds: Deed[] = [used(seen, 'performed', entityOf(platform, 'syscall', name), operation, 0)];
  if (/^set(re|res|fs)?[ug]id/.test(name)) {
    deeds.push({ ...baseOf(seen), act: 'noted', news: { marks: PROCESS_MARKS.identity } });
  }
  if (data.target_process_id !== undefined && /ptrace|process_vm/.test(name))
    deeds.push(...accessed(seen, false));
  return deeds;
}

function ranBlock(seen: Seen): readonly Deed[] {
  const text = seen.data.script_text;
  if (text) return [ran(seen, `block:${cutText(text)}`)];
  return seen.data.script_path ? [ran(seen, `path:${seen.data.script_path.slice(0, PATH_LIMIT)}`)] : [];
}

function ran(seen: Seen, recipe: string): Deed {
  const kind: ScriptOp = recipe.startsWith('block:')
    ? 'block'
    : recipe.startsWith('path:')
      ? 'path'
      : 'inline';
  const marks = recipe.startsWith('decoded:') ? SCRIPT_MARKS.decoded : 0;
  return used(seen, 'executed', entityOf(seen.platform, 'script', recipe), SCRIPT_OPS.indexOf(kind), marks);
}
