import { slotsFor } from './edge-list.ts';
import type { Entity } from './entity.ts';

/** Places for the operations of one entity: files have the most. */
export const OPERATIONS = 9;

/** Things acted on, with what was done to them, in columns; one row per key. */
export interface EntityList {
  length: number;
  readonly entity: Entity[];
  operations: Uint32Array; // [room, OPERATIONS] counts, by place in the type's operations
  marks: Int32Array;
  events: Uint32Array;
  last: Float64Array; // epoch seconds
  slots: Int32Array; // place + 1 by hash of the key, 0 for free
}

type Columns = Pick<EntityList, 'operations' | 'marks' | 'events' | 'last'>;

/** An empty list with room for so many entities; it grows when there are more. */
export function entityList(room = 64): EntityList {
  return { length: 0, entity: [], ...columns(room), slots: new Int32Array(slotsFor(room)) };
}

function columns(room: number): Columns {
  const bytes = new ArrayBuffer(room * (16 + OPERATIONS * 4));
  return {
    last: new Float64Array(bytes, 0, room),
    marks: new Int32Array(bytes, room * 8, room),
    events: new Uint32Array(bytes, room * 12, room),
    operations: new Uint32Array(bytes, room * 16, room * OPERATIONS),
  };
}

/** The place of an entity, -1 when the list does not have it. */
export function placeOfEntity({ slots, entity: all }: EntityList, { key, hash }: Entity): number {
  const mask = slots.length - 1;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const place = (slots[slot] ?? 0) - 1;
    if (place < 0) return -1;
    const other = all[place];
    if (other && other.hash === hash && other.key === key) return place;
  }
}

/** Adds an entity that the list does not have yet; answers its place. */
export function addEntity(list: EntityList, entity: Entity): number {
  const place = list.length;
  if (place === list.marks.length) grow(list);
  list.entity.push(entity);
  list.length += 1;
  putSlot(list.slots, entity.hash, place);
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
  wider.operations.set(list.operations);
  wider.marks.set(list.marks);
  wider.events.set(list.events);
  wider.last.set(list.last);
  Object.assign(list, wider);
  list.slots = new Int32Array(slotsFor(wider.marks.length));
  list.entity.forEach(({ hash }, place) => {
    putSlot(list.slots, hash, place);
  });
}

/** Counts an operation on an entity so many times, with the marks that only the order of operations shows. */
export function countOperation(list: EntityList, place: number, operation: number, times: number): void {
  const at = place * OPERATIONS;
  if (operation <= RUN_UNTIL && list.entity[place]?.type === 'file') {
    const written = (list.operations[at + CREATED] ?? 0) + (list.operations[at + WRITTEN] ?? 0) > 0;
    if (written) list.marks[place] = (list.marks[place] ?? 0) | DROPPED;
  }
  list.operations[at + operation] = (list.operations[at + operation] ?? 0) + times;
}

// places in FILE_OPS: executed 0, loaded 1, created 2, written 3; bit of FILE_MARKS.dropped
const RUN_UNTIL = 1;
const CREATED = 2;
const WRITTEN = 3;
const DROPPED = 8;
