import type { EventData, EventType, Reading } from '../contracts/event.ts';
import { readFalco } from './ebpf-falco.ts';
import { readFlat } from './ebpf-flat.ts';
import type { Peer, Sensed } from './ebpf-sensed.ts';
import { readTetragon } from './ebpf-tetragon.ts';
import { readTracee } from './ebpf-tracee.ts';
import { contentId, eventOf, type RawRecord } from './record.ts';
import { isSyscall } from './syscalls.ts';
import {
  canCreate,
  canWrite,
  FILE_EVENT,
  type Meaning,
  meaningOf,
  openEvent,
  succeeded,
} from './syscalls-meaning.ts';
import { absolutePath, messageText, parseObject, put, senderOf, textOf } from './syscalls-values.ts';

/** Kinds that are no system calls: what they do, or the call that they are a name for. */
const KINDS: ReadonlyMap<string, Meaning | 'fork' | 'dns'> = new Map<string, Meaning | 'fork' | 'dns'>([
  ['exec', 'execute'],
  ['fork', 'fork'],
  ['exit', 'end'],
  ['create', 'open'],
  ['write', 'write'],
  ['send', 'connect'],
  ['recv', 'other'],
  ['dns', 'dns'],
  ['net_packet_dns', 'dns'],
  ['net_packet_dns_request', 'dns'],
  ['bprm_check', 'other'],
  ['truncate', 'write'],
]);

/** How a sensor's attempt at a call is told from the deed that the same sensor reports on its own. */
const ATTEMPT = 'attempt_';

/**
 * Reads one record of the three eBPF topics: our flat JSON, Tetragon, Tracee or Falco, told apart by their shape.
 * A birth is a `process_create` with `syscall: 'fork'`, under its parent's image; the program that the child then
 * runs is another `process_create` of the same process, so that the graph can see one process and one parent. A call
 * that failed did nothing: it is a `syscall` with `success: false`, but for connections, whose attempt is a deed.
 */
export function readEbpf(record: RawRecord, arrivedAt: number): Reading {
  const text = messageText(record.value);
  if (text === '') return { ok: false, kind: 'dead', reason: 'empty' };
  const json = parseObject(text);
  if (json === undefined) return { ok: false, kind: 'dead', reason: 'not-a-json-object' };
  const sensed = readTetragon(json) ?? readFalco(json) ?? readTracee(json) ?? readFlat(json);
  if (sensed === undefined) return { ok: false, kind: 'dead', reason: 'not-an-ebpf-event' };
  if ('reason' in sensed) return { ok: false, kind: 'dropped', reason: sensed.reason };
  if (sensed.at === undefined) return { ok: false, kind: 'dead', reason: 'no-event-time' };
  const deed = deedOf(sensed);
  if (deed === undefined) return { ok: false, kind: 'dropped', reason: 'unknown-event-id' };
  const event = eventOf(
    {
      tenantId: sensed.tenantId,
      host: sensed.host ?? senderOf(record),
      platform: 'linux',
      source: 'ebpf',
      eventType: deed.type,
      timestamp: sensed.at,
      nativeId: contentId(record.value), // none of these sensors numbers its events
      data: deed.data,
      ...(deed.relative && { warnings: ['relative_path'] }),
    },
    record,
    arrivedAt,
  );
  return { ok: true, events: [event] };
}

interface Deed {
  readonly type: EventType;
  readonly data: EventData;
  readonly relative?: boolean;
}

/** What the process did; undefined for a kind that no table knows. */
function deedOf(sensed: Sensed): Deed | undefined {
  const isAttempt = sensed.call.startsWith(ATTEMPT);
  const call = isAttempt ? sensed.call.slice(ATTEMPT.length) : sensed.call;
  const kind = KINDS.get(call);
  // Falco rules may print no `evt.type`: then nothing but the process is known
  if (kind === undefined && call !== '' && !isSyscall(call)) return undefined;
  const data: EventData = { ...sensed.data };
  const success = succeeded(sensed.result);
  put(data, 'success', success);
  put(data, 'exit', sensed.result);
  put(data, 'syscall', kind === undefined || isSyscall(call) ? textOf(call) : undefined);
  const does = isAttempt ? 'other' : (kind ?? meaningOf(call));
  if (does === 'execute') return execution(sensed, data, call);
  if (does === 'fork') return { type: 'process_create', data: { ...data, syscall: 'fork' } };
  if (does === 'end') return { type: 'process_end', data: withoutCall(data) };
  if (does === 'dns') return { type: 'dns_query', data: withoutCall(withPeer(sensed, data, 'connect')) };
  if (does === 'connect' || does === 'accept' || does === 'bind') return socketDeed(does, sensed, data, call);
  const target = pathOf(sensed, sensed.newPath ?? sensed.path);
  put(data, 'target_filename', target);
  if (does === 'other' || call === '') return { type: 'syscall', data: withPeer(sensed, data, 'connect') };
  return fileDeed(does, sensed, data, call);
}

function execution(sensed: Sensed, data: EventData, call: string): Deed {
  put(data, 'target_filename', pathOf(sensed, sensed.path));
  if (data.success === false)
    return { type: 'syscall', data: { ...data, syscall: isSyscall(call) ? call : 'execve' } };
  put(data, 'image', data.image ?? data.target_filename);
  return { type: 'process_create', data };
}

/** `exit` and `dns` are kinds, not the calls of the same name. */
function withoutCall({ syscall: _, ...data }: EventData): EventData {
  return data;
}

function fileDeed(
  does: 'open' | keyof typeof FILE_EVENT,
  sensed: Sensed,
  data: EventData,
  call: string,
): Deed {
  const target = data.target_filename;
  if (does === 'rename') put(data, 'old_filename', pathOf(sensed, sensed.path));
  if (does === 'link') put(data, 'details', sensed.newPath === undefined ? undefined : sensed.path);
  put(data, 'file_flags', does === 'open' ? sensed.flags : undefined);
  const relative = target?.startsWith('/') === false;
  if (data.success === false || target === undefined) {
    return { type: 'syscall', data: { ...data, syscall: isSyscall(call) ? call : 'open' }, relative };
  }
  if (does !== 'open') return { type: FILE_EVENT[does], data, relative };
  const flags = sensed.flags ?? 0;
  const isCreate = call === 'create' || call === 'creat';
  const created = (isCreate || (sensed.creates ?? canCreate(flags))) && !isDevice(target);
  return { type: openEvent(created, isCreate || (sensed.writes ?? canWrite(flags))), data, relative };
}

/** O_CREAT on `/dev/null`, as shells open it, creates nothing. */
function isDevice(path: string): boolean {
  return path.startsWith('/dev/') && !/^\/dev\/(shm|mqueue)\//.test(path);
}

function socketDeed(
  does: 'connect' | 'accept' | 'bind',
  sensed: Sensed,
  data: EventData,
  call: string,
): Deed {
  const named = withPeer(sensed, data, does);
  const peer = does === 'bind' ? sensed.local : sensed.remote;
  if (peer?.address === undefined || (does !== 'connect' && data.success === false)) {
    put(named, 'target_filename', pathOf(sensed, sensed.path));
    return { type: 'syscall', data: { ...named, syscall: isSyscall(call) ? call : 'sendto' } };
  }
  if (does === 'connect') return { type: 'network_connect', data: { ...named, initiated: true } };
  if (does === 'accept') return { type: 'network_accept', data: { ...named, initiated: false } };
  return { type: 'network_bind', data: named };
}

/** Of what the process began, the peer is the destination; of what came to it, the source. */
function withPeer(
  { local, remote }: Sensed,
  data: EventData,
  does: 'connect' | 'accept' | 'bind',
): EventData {
  const outward = does === 'connect' || does === 'bind';
  const source: Peer | undefined = outward ? local : remote;
  const destination: Peer | undefined = outward ? remote : local;
  const named = { ...data };
  put(named, 'source_ip', source?.address);
  put(named, 'source_port', source?.port);
  put(named, 'destination_ip', destination?.address);
  put(named, 'destination_port', destination?.port);
  return named;
}

function pathOf(sensed: Sensed, path: string | undefined): string | undefined {
  return path === undefined ? undefined : textOf(absolutePath(path, sensed.folder));
}
