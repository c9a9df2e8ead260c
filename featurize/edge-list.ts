/**
 * A window's edges in columns, merged by (source, target, relation). A hash table over places instead of a map
 * of objects: building windows is mostly this.
 */
export interface EdgeList {
  length: number;
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly relation: Uint8Array;
  readonly count: Uint32Array;
  readonly first: Float64Array; // epoch seconds
  readonly last: Float64Array; // epoch seconds
  readonly eventId: string[]; // of the most recent event
  readonly slots: Int32Array; // place + 1 by hash, 0 for free
}

/** What is entered: so many events from a source to a target. */
export interface EdgeEntry {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly eventId: string;
}

/** A list with room for so many different edges. */
export function edgeList(room: number): EdgeList {
  // at most half full, so that a free slot is near
  const slots = 1 << (32 - Math.clz32(Math.max(1, room) * 2));
  return {
    length: 0,
    source: new Int32Array(room),
    target: new Int32Array(room),
    relation: new Uint8Array(room),
    count: new Uint32Array(room),
    first: new Float64Array(room),
    last: new Float64Array(room),
    eventId: [],
    slots: new Int32Array(slots),
  };
}

/** Adds events to the edge from a source to a target, a new one when there is none. */
export function enterEdge(
  list: EdgeList,
  source: number,
  target: number,
  relation: number,
  entry: EdgeEntry,
): void {
  const { slots } = list;
  const mask = slots.length - 1;
  let hash =
    Math.imul(source, 0x9e3779b1) ^ Math.imul(target, 0x85ebca6b) ^ Math.imul(relation + 1, 0xc2b2ae35);
  hash ^= hash >>> 15;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const place = (slots[slot] ?? 0) - 1;
    if (place < 0) {
      slots[slot] = append(list, source, target, relation, entry);
      return;
    }
    if (list.source[place] !== source || list.target[place] !== target) continue;
    if (list.relation[place] === relation) {
      add(list, place, entry);
      return;
    }
  }
}

function append(list: EdgeList, source: number, target: number, relation: number, entry: EdgeEntry): number {
  const place = list.length;
  list.source[place] = source;
  list.target[place] = target;
  list.relation[place] = relation;
  list.count[place] = entry.count;
  list.first[place] = entry.first;
  list.last[place] = entry.last;
  list.eventId.push(entry.eventId);
  list.length += 1;
  return list.length;
}

function add(list: EdgeList, place: number, entry: EdgeEntry): void {
  list.count[place] = (list.count[place] ?? 0) + entry.count;
  if (entry.first < (list.first[place] ?? 0)) list.first[place] = entry.first;
  if (entry.last < (list.last[place] ?? 0)) return;
  list.last[place] = entry.last;
  list.eventId[place] = entry.eventId;
}
