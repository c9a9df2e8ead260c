import type { Platform } from '../contracts/event.ts';
import type { NodeType } from '../contracts/graph.ts';
import type { ProcessRef } from './deed.ts';
import type { Entity } from './entity.ts';

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

/** A process known by number only turns out to be one with a GUID. */
export function adopt(ledger: Ledger, row: ProcessRow, ref: { readonly guid: string }): ProcessRow {
  row.guid = ref.guid;
  bear(ledger, row);
  return row;
}

/** Whether an exec seen under a bearer's id is that bearer: the same parent, or an orphan given to init. */
export function keepsIdentity(bearer: ProcessRow, parent: ProcessRow | undefined): boolean {
  if (bearer.ended) return false;
  return !bearer.parent || !parent || bearer.parent === parent || parent.pid === 1;
}
