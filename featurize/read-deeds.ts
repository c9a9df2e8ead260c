import type { EventData, NormalizedEvent, Platform } from '../contracts/event.ts';
import { boundedCache } from './bounded-cache.ts';
import type { Deed, ProcessRef } from './deed.ts';
import { baseOf, ran, refOf, type Seen, used } from './deed-parts.ts';
import { fileOf, PATH_LIMIT, touched } from './deeds-of-files.ts';
import { accessed, began } from './deeds-of-processes.ts';
import { entityOf } from './entity.ts';
import { FILE_OPS } from './features-file.ts';
import type { NetworkOp } from './features-network.ts';
import { EPHEMERAL_PORT, NETWORK_MARKS, NETWORK_OPS } from './features-network.ts';
import { PROCESS_MARKS } from './features-process.ts';
import type { RegistryOp } from './features-registry.ts';
import { foldKey, plainKey, REGISTRY_MARKS, REGISTRY_OPS, registryMarks } from './features-registry.ts';
import { SYSCALL_OPS } from './features-syscall.ts';
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

function actorOf(platform: Platform, data: EventData): ProcessRef | undefined {
  const image = data.image ?? data.source_image;
  // an event without a process of its own may still carry 0 for "none"; on Windows that is the idle process
  const pid = data.process_id === 0 && platform === 'windows' ? undefined : data.process_id;
  const actor = refOf(data.process_guid, pid, image);
  return actor && data.process_start !== undefined ? { ...actor, start: data.process_start } : actor;
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

// every fourth Sysmon event names a key, mostly one of few
const foldedKeys = boundedCache<string>(16_384);
const fold = (object: string): string => foldKey(plainKey(object));

function settled(seen: Seen, object: string, operation: RegistryOp, details: string | undefined): Deed {
  const entity = entityOf(seen.platform, 'registry', foldedKeys.get(object, fold));
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
