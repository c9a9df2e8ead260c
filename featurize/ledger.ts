import type { Platform } from '../contracts/event.ts';
import { CAPS, type NodeType } from '../contracts/graph.ts';
import type { Deed, ProcessRef } from './deed.ts';
import type { Entity } from './entity.ts';
import { programName } from './image-class.ts';

/** One process as known so far. */
export interface ProcessRow {
  readonly place: number; // in its ledger
  guid: string;
  pid: number;
  start: number; // as the sensor says, 0 when unknown
  image: string;
  commandLine: string;
  originalName: string;
  privilege: number | undefined;
  marks: number; // bits of PROCESS_MARKS
  created: boolean; // it was seen to begin
  fresh: boolean; // this identity begins here: it cannot be an earlier process of the same id
  ended: boolean;
  beganAt: number;
  parent: ProcessRow | undefined;
  readonly edges: Map<number, Edge>; // by target place × 8 + relation
  events: number;
  last: number;
}

/** One thing acted on, with what was done to it. */
export interface EntityRow {
  readonly place: number;
  readonly entity: Entity;
  readonly operations: number[]; // counts, by place in its type's operations
  marks: number;
  events: number;
  last: number;
}

/** All that one process did to one target by one relation. */
export interface Edge {
  readonly relation: number;
  readonly target: ProcessRow | EntityRow;
  count: number;
  first: number;
  last: number;
  eventId: string; // of the most recent event
}

/** Who did what to whom, merged: what a pane keeps and what a window is made of. */
export interface Ledger {
  readonly platform: Platform;
  readonly processes: ProcessRow[];
  readonly entities: EntityRow[];
  readonly byGuid: Map<string, ProcessRow>;
  readonly byPid: Map<number, ProcessRow>; // the present bearer of a process id
  readonly byKey: Map<string, EntityRow>;
  edges: number;
  readonly perType: Partial<Record<NodeType, number>>;
  readonly overflow: Partial<Record<NodeType, number>>; // deeds on things beyond the limit
}

/** Relations per process pair and target fit in three bits. */
export const RELATION_SLOTS = 8;

// Twice what a graph may hold: enough for the caps to choose from, and a flood cannot fill the memory.
const LIMIT = 2;

/** A ledger of nothing. */
export function emptyLedger(platform: Platform): Ledger {
  return {
    platform,
    processes: [],
    entities: [],
    byGuid: new Map(),
    byPid: new Map(),
    byKey: new Map(),
    edges: 0,
    perType: {},
    overflow: {},
  };
}

/** A new process, bearing its ids from now on. */
export function addProcess(ledger: Ledger, ref: ProcessRef): ProcessRow {
  const row: ProcessRow = {
    place: ledger.processes.length,
    guid: ref.guid,
    pid: ref.pid,
    start: ref.start,
    image: ref.image,
    commandLine: '',
    originalName: '',
    privilege: undefined,
    marks: 0,
    created: false,
    fresh: false,
    ended: false,
    beganAt: 0,
    parent: undefined,
    edges: new Map(),
    events: 0,
    last: 0,
  };
  ledger.processes.push(row);
  bear(ledger, row);
  return row;
}

/** Makes a process the present bearer of its ids. */
export function bear(ledger: Ledger, row: ProcessRow): void {
  if (row.guid !== '') ledger.byGuid.set(row.guid, row);
  if (row.pid >= 0) ledger.byPid.set(row.pid, row);
}

/** The row of an entity, a new one when its key is new. */
export function entityRow(ledger: Ledger, entity: Entity): EntityRow {
  const { key } = entity;
  const known = ledger.byKey.get(key);
  if (known) return known;
  const row: EntityRow = {
    place: ledger.entities.length,
    entity,
    operations: [],
    marks: 0,
    events: 0,
    last: 0,
  };
  ledger.entities.push(row);
  ledger.byKey.set(key, row);
  ledger.perType[entity.type] = (ledger.perType[entity.type] ?? 0) + 1;
  return row;
}

/** Adds so many events to the edge from a process to a target. */
export function addEdge(
  ledger: Ledger,
  source: ProcessRow,
  target: ProcessRow | EntityRow,
  seen: Omit<Edge, 'target'>,
): void {
  const slot = target.place * RELATION_SLOTS + seen.relation;
  const edge = source.edges.get(slot);
  if (!edge) {
    const { relation, count, first, last, eventId } = seen;
    source.edges.set(slot, { relation, target, count, first, last, eventId });
    ledger.edges += 1;
    return;
  }
  edge.count += seen.count;
  if (seen.first < edge.first) edge.first = seen.first;
  if (seen.last < edge.last) return;
  edge.last = seen.last;
  edge.eventId = seen.eventId;
}

/** Enters one deed. Deeds must come in the order of their times, since a process id changes its bearer. */
export function enter(ledger: Ledger, deed: Deed): void {
  const { at, actor } = deed;
  const begins = deed.act === 'began' || deed.act === 'forked';
  if (ledger.processes.length >= LIMIT * CAPS.nodes.process * 4 && !isKnown(ledger, actor)) {
    overflow(ledger, 'process');
    return;
  }
  const row = begins ? begin(ledger, deed) : bearerOf(ledger, actor);
  hear(row, deed);
  row.events += 1;
  row.last = at;
  if (deed.act === 'ended') row.ended = true;
  if (deed.act === 'accessed') access(ledger, row, deed);
  if (deed.act === 'used') use(ledger, row, deed);
}

function access(ledger: Ledger, row: ProcessRow, deed: Deed & { act: 'accessed' }): void {
  const target = bearerOf(ledger, deed.target);
  target.marks |= deed.targetMarks;
  target.last = deed.at;
  addEdge(ledger, row, target, { relation: ACCESSED, ...once(deed) });
}

function use(ledger: Ledger, row: ProcessRow, deed: Deed & { act: 'used' }): void {
  const { type, key } = deed.target;
  const full = (ledger.perType[type] ?? 0) >= LIMIT * CAPS.nodes[type];
  if (full && !ledger.byKey.has(key)) {
    overflow(ledger, type);
    return;
  }
  const target = entityRow(ledger, deed.target);
  target.operations[deed.operation] = (target.operations[deed.operation] ?? 0) + 1;
  target.marks |= deed.targetMarks | orderMarks(target, deed.operation);
  target.events += 1;
  target.last = deed.at;
  addEdge(ledger, row, target, { relation: deed.relation, ...once(deed) });
}

/** Places of the first two relations, equal on both platforms. */
export const SPAWNED = 0;
export const ACCESSED = 1;

function once(deed: Deed): Omit<Edge, 'target' | 'relation'> {
  return { count: 1, first: deed.at, last: deed.at, eventId: deed.eventId };
}

function overflow(ledger: Ledger, type: NodeType): void {
  ledger.overflow[type] = (ledger.overflow[type] ?? 0) + 1;
}

function isKnown(ledger: Ledger, ref: ProcessRef): boolean {
  return ref.guid === '' ? ledger.byPid.has(ref.pid) : ledger.byGuid.has(ref.guid);
}

/** Marks that only the order of operations shows: written first, run afterwards. */
export function orderMarks(row: EntityRow, operation: number): number {
  if (row.entity.type !== 'file' || operation > RUN_UNTIL) return 0;
  return (row.operations[CREATED] ?? 0) + (row.operations[WRITTEN] ?? 0) > 0 ? DROPPED : 0;
}

// places in FILE_OPS: executed 0, loaded 1, created 2, written 3; bit of FILE_MARKS.dropped
const RUN_UNTIL = 1;
const CREATED = 2;
const WRITTEN = 3;
const DROPPED = 8;

function bearerOf(ledger: Ledger, ref: ProcessRef): ProcessRow {
  const bearer = ref.pid >= 0 ? ledger.byPid.get(ref.pid) : undefined;
  if (ref.guid === '') {
    if (bearer && !isAnother(bearer, ref)) return bearer;
    return addProcess(ledger, ref);
  }
  const known = ledger.byGuid.get(ref.guid);
  if (known) return known;
  if (bearer && bearer.guid === '' && !bearer.fresh) return adopt(ledger, bearer, ref);
  return addProcess(ledger, ref);
}

// sensors round start times differently; two processes of one id never start within a second
function isAnother(bearer: ProcessRow, ref: ProcessRef): boolean {
  return bearer.start > 0 && ref.start > 0 && Math.abs(bearer.start - ref.start) > 1;
}

/** A process known by number only turns out to be one with a GUID. */
export function adopt(ledger: Ledger, row: ProcessRow, ref: { readonly guid: string }): ProcessRow {
  row.guid = ref.guid;
  bear(ledger, row);
  return row;
}

// Two sensors (Sysmon and the security log) tell of one start within this many seconds.
const SAME_START = 2;

function begin(ledger: Ledger, deed: Deed & { act: 'began' | 'forked' }): ProcessRow {
  const parent = deed.parent ? bearerOf(ledger, deed.parent) : undefined;
  if (parent && deed.parent && parent.image === '') parent.image = deed.parent.image;
  const row = bearerAtStart(ledger, deed, parent);
  const again = row.created && row.parent === parent;
  if (!row.created) row.beganAt = deed.at;
  row.created = true;
  row.ended = false;
  if (deed.act === 'began' && deed.actor.image !== '') row.image = deed.actor.image;
  if (deed.act === 'forked' && row.image === '') row.image = parent?.image ?? '';
  if (!parent || parent === row) return row;
  row.parent = parent;
  parent.last = deed.at;
  if (!again) addEdge(ledger, parent, row, { relation: SPAWNED, ...once(deed) });
  return row;
}

function bearerAtStart(
  ledger: Ledger,
  deed: Deed & { act: 'began' | 'forked' },
  parent: ProcessRow | undefined,
): ProcessRow {
  const { actor, at } = deed;
  const known = actor.guid === '' ? undefined : ledger.byGuid.get(actor.guid);
  if (known) return known;
  const bearer = ledger.byPid.get(actor.pid);
  if (!bearer) return startRow(ledger, actor, ledger.platform === 'windows' || deed.act === 'forked');
  const toldTwice =
    bearer.created &&
    at - bearer.beganAt < SAME_START &&
    programName(bearer.image) === programName(actor.image);
  if (actor.guid !== '') {
    return bearer.guid === '' && toldTwice ? adopt(ledger, bearer, actor) : startRow(ledger, actor, true);
  }
  if (ledger.platform === 'windows') return toldTwice ? bearer : startRow(ledger, actor, true);
  if (deed.act === 'forked') {
    const early = bearer.created && at - bearer.beganAt < SAME_START && bearer.parent === parent;
    return early ? bearer : startRow(ledger, actor, true);
  }
  return keepsIdentity(bearer, parent) && !isAnother(bearer, actor) ? bearer : startRow(ledger, actor, true);
}

function startRow(ledger: Ledger, ref: ProcessRef, fresh: boolean): ProcessRow {
  const row = addProcess(ledger, ref);
  row.fresh = fresh;
  return row;
}

/** Whether an exec seen under a bearer's id is that bearer: the same parent, or an orphan given to init. */
export function keepsIdentity(bearer: ProcessRow, parent: ProcessRow | undefined): boolean {
  if (bearer.ended) return false;
  return !bearer.parent || !parent || bearer.parent === parent || parent.pid === 1;
}

function hear(row: ProcessRow, deed: Deed): void {
  if (row.image === '') row.image = deed.actor.image;
  if (row.start === 0) row.start = deed.actor.start;
  const { news } = deed;
  if (!news) return;
  if (news.commandLine !== undefined && news.commandLine !== '') row.commandLine = news.commandLine;
  if (news.originalName !== undefined && news.originalName !== '') row.originalName = news.originalName;
  if (news.privilege !== undefined) row.privilege = news.privilege;
  if (news.marks !== undefined) row.marks |= news.marks;
}
