import { slotsFor } from './edge-list.ts';
import type { Entity } from './entity.ts';

/** Places for the operations of one entity: files have the most. */
export const OPERATIONS = 9;

/** Things acted on, with what was done to them, in columns; one row per key. */
export interface EntityList {
  length: number;
  readonly entity: Entity[];
  hash: Int32Array; // of the key; beside the entity, which seldom lies in the processor's cache
  operations: Uint32Array; // [room, OPERATIONS] counts, by place in the type's operations
  done: Uint16Array; // a bit per operation that was done at all: of most things only one was
  marks: Int32Array;
  events: Uint32Array;
  last: Float64Array; // epoch seconds
  slots: Int32Array; // place + 1 by hash of the key, 0 for free
}

type Columns = Pick<EntityList, 'hash' | 'operations' | 'done' | 'marks' | 'events' | 'last'>;

/** An empty list with room for so many entities; it grows when there are more. */
export function entityList(room = 64): EntityList {
  return { length: 0, entity: [], ...columns(room), slots: new Int32Array(slotsFor(room)) };
}

function columns(room: number): Columns {
  const bytes = new ArrayBuffer(room * (22 + OPERATIONS * 4));
  return {
    last: new Float64Array(bytes, 0, room),
    marks: new Int32Array(bytes, room * 8, room),
    events: new Uint32Array(bytes, room * 12, room),
    hash: new Int32Array(bytes, room * 16, room),
    operations: new Uint32Array(bytes, room * 20, room * OPERATIONS),
    done: new Uint16Array(bytes, room * (20 + OPERATIONS * 4), room),
  };
}

/** The place of an entity whose key has this hash, -1 when the list does not have it. */
export function placeOfEntity(list: EntityList, entity: Entity, hash: number): number {
  const { slots } = list;
  const mask = slots.length - 1;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const place = (slots[slot] ?? 0) - 1;
    if (place < 0) return -1;
    if (list.hash[place] !== hash) continue;
    const other = list.entity[place];
    if (other === entity || other?.key === entity.key) return place;
  }
}

/** Adds an entity that the list does not have yet; answers its place. */
export function addEntity(list: EntityList, entity: Entity, hash: number): number {
  const place = list.length;
  if (place === list.marks.length) grow(list);
  list.entity.push(entity);
  list.hash[place] = hash;
  list.length += 1;
  putSlot(list.slots, hash, place);
  return place;
}

function putSlot(slots: Int32Array, hash: number, place: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = place + 1;
}

function grow(list: EntityList): void {
  const wider = columns(Math.max(64, list.marks.length * 2));
  wider.hash.set(list.hash);
  wider.operations.set(list.operations);
  wider.done.set(list.done);
  wider.marks.set(list.marks);
  wider.events.set(list.events);
  wider.last.set(list.last);
  Object.assign(list, wider);
  list.slots = new Int32Array(slotsFor(wider.marks.length));
  for (let place = 0; place < list.length; place++) putSlot(list.slots, list.hash[place] ?? 0, place);
}

/** Counts an operation on an entity so many times, with the marks that only the order of operations shows. */
export function countOperation(list: EntityList, place: number, operation: number, times: number): void {
  const at = place * OPERATIONS;
  const before = list.done[place] ?? 0;
  if (operation <= RUN_UNTIL && (before & WRITTEN) !== 0 && list.entity[place]?.type === 'file') {
    list.marks[place] = (list.marks[place] ?? 0) | DROPPED;
  }
  list.done[place] = before | (1 << operation);
  list.operations[at + operation] = (list.operations[at + operation] ?? 0) + times;
}

// places in FILE_OPS: executed 0, loaded 1; bits of created 2 and written 3; bit of FILE_MARKS.dropped
const RUN_UNTIL = 1;
const WRITTEN = (1 << 2) | (1 << 3);
const DROPPED = 8;
