import type { Platform } from '../contracts/event.ts';
import type { NodeType } from '../contracts/graph.ts';
import type { ProcessRef } from './deed.ts';
import { countEvents, type EdgeList, edgeAt, edgeList } from './edge-list.ts';
import type { Entity } from './entity.ts';
import { addEntity, type EntityList, entityList, placeOfEntity } from './entity-list.ts';

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
  events: number;
  last: number;
}

/** Who did what to whom, merged: what a pane keeps and what a window is made of. */
export interface Ledger {
  readonly platform: Platform;
  readonly processes: ProcessRow[];
  readonly entities: EntityList;
  readonly edges: EdgeList;
  readonly byGuid: Map<string, ProcessRow>;
  readonly byPid: Map<number, ProcessRow>; // the present bearer of a process id
  readonly perType: Partial<Record<NodeType, number>>;
  readonly overflow: Partial<Record<NodeType, number>>; // deeds on things beyond the limit
}

/** A ledger of nothing, with room for so many entities and edges before it has to grow. */
export function emptyLedger(platform: Platform, entities?: number, edges?: number): Ledger {
  return {
    platform,
    processes: [],
    entities: entityList(entities),
    edges: edgeList(edges),
    byGuid: new Map(),
    byPid: new Map(),
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

/** The place of an entity whose key has this hash, a new one when the key is new. */
export function entityAt(ledger: Ledger, entity: Entity, hash: number): number {
  const known = placeOfEntity(ledger.entities, entity, hash);
  if (known >= 0) return known;
  ledger.perType[entity.type] = (ledger.perType[entity.type] ?? 0) + 1;
  return addEntity(ledger.entities, entity, hash);
}

/** How an edge names a process as its target. */
export function processTarget(row: ProcessRow): number {
  return row.place * 2;
}

/** How an edge names an entity as its target. */
export function entityTarget(place: number): number {
  return place * 2 + 1;
}

/** What an edge was seen to do. */
export interface SeenEdge {
  readonly relation: number;
  readonly target: number; // of `processTarget` or `entityTarget`
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly eventId: string; // of the most recent event
}

/** Adds so many events to the edge from a process to a target. */
export function addEdge({ edges }: Ledger, source: ProcessRow, seen: SeenEdge): void {
  countEvents(edges, edgeAt(edges, source.place, seen.target, seen.relation), seen);
}

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
