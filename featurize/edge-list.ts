/**
 * Edges in columns, merged by (source, target, relation). A hash table over places instead of a map of objects:
 * building windows is mostly this, and what panes keep costs the garbage collector nothing.
 */
export interface EdgeList {
  length: number;
  source: Int32Array; // place of a process
  target: Int32Array; // even: twice the place of a process; odd: of an entity, and 1
  relation: Uint8Array;
  count: Uint32Array;
  first: Float64Array; // epoch seconds
  last: Float64Array; // epoch seconds
  readonly eventId: string[]; // of the most recent event
  slots: Int32Array; // place + 1 by hash, 0 for free; of length 0 while edges are packed
}

type Columns = Pick<EdgeList, 'source' | 'target' | 'relation' | 'count' | 'first' | 'last'>;

/** An empty list with room for so many edges; it grows when there are more. */
export function edgeList(room = 128): EdgeList {
  return { length: 0, ...columns(room), eventId: [], slots: new Int32Array(slotsFor(room)) };
}

// One buffer for all columns: making six would cost more than filling them
function columns(room: number): Columns {
  const bytes = new ArrayBuffer(room * 29);
  return {
    first: new Float64Array(bytes, 0, room),
    last: new Float64Array(bytes, room * 8, room),
    source: new Int32Array(bytes, room * 16, room),
    target: new Int32Array(bytes, room * 20, room),
    count: new Uint32Array(bytes, room * 24, room),
    relation: new Uint8Array(bytes, room * 28, room),
  };
}

/** Places of a hash table for so many things: at most half full, so that a free one is near. */
export function slotsFor(room: number): number {
  return 1 << (32 - Math.clz32(Math.max(1, room) * 2 - 1));
}

/** The place of the edge from a source to a target, a new one without events when there is none. */
export function edgeAt(list: EdgeList, source: number, target: number, relation: number): number {
  if (list.slots.length < Math.max(1, list.length * 2)) index(list);
  const { slots } = list;
  const mask = slots.length - 1;
  for (let slot = hashOf(source, target, relation) & mask; ; slot = (slot + 1) & mask) {
    const place = (slots[slot] ?? 0) - 1;
    if (place < 0) {
      slots[slot] = list.length + 1;
      return append(list, source, target, relation);
    }
    if (list.source[place] !== source || list.target[place] !== target) continue;
    if (list.relation[place] === relation) return place;
  }
}

/** Adds events to an edge. */
export function countEvents(
  list: EdgeList,
  place: number,
  seen: { readonly count: number; readonly first: number; readonly last: number; readonly eventId: string },
): void {
  list.count[place] = (list.count[place] ?? 0) + seen.count;
  if (seen.first < (list.first[place] ?? 0)) list.first[place] = seen.first;
  if (seen.last < (list.last[place] ?? 0)) return;
  list.last[place] = seen.last;
  list.eventId[place] = seen.eventId;
}

/** Adds the events of another list's edge to an edge. */
export function addEvents(list: EdgeList, place: number, from: EdgeList, edge: number): void {
  list.count[place] = (list.count[place] ?? 0) + (from.count[edge] ?? 0);
  const first = from.first[edge] ?? 0;
  if (first < (list.first[place] ?? 0)) list.first[place] = first;
  const last = from.last[edge] ?? 0;
  if (last < (list.last[place] ?? 0)) return;
  list.last[place] = last;
  list.eventId[place] = from.eventId[edge] ?? '';
}

/**
 * Puts the edges in the order of their sources, those of one source in the order in which they came, and gives
 * back the room that is left. Windows are merged in this order.
 */
export function packEdges(list: EdgeList, sources: number): void {
  const { length } = list;
  const from = new Int32Array(sources + 1); // where a source's edges begin
  for (let edge = 0; edge < length; edge++) add(from, (list.source[edge] ?? 0) + 1);
  for (let source = 0; source < sources; source++)
    from[source + 1] = (from[source + 1] ?? 0) + (from[source] ?? 0);
  const packed = columns(length);
  const eventIds = list.eventId.slice();
  for (let edge = 0; edge < length; edge++) {
    const source = list.source[edge] ?? 0;
    const place = add(from, source);
    packed.source[place] = source;
    packed.target[place] = list.target[edge] ?? 0;
    packed.relation[place] = list.relation[edge] ?? 0;
    packed.count[place] = list.count[edge] ?? 0;
    packed.first[place] = list.first[edge] ?? 0;
    packed.last[place] = list.last[edge] ?? 0;
    list.eventId[place] = eventIds[edge] ?? '';
  }
  Object.assign(list, packed);
  list.slots = NO_SLOTS;
}

const NO_SLOTS = new Int32Array(0);

function add(counts: Int32Array, place: number): number {
  const count = counts[place] ?? 0;
  counts[place] = count + 1;
  return count;
}

function append(list: EdgeList, source: number, target: number, relation: number): number {
  const place = list.length;
  if (place === list.source.length) grow(list);
  list.source[place] = source;
  list.target[place] = target;
  list.relation[place] = relation;
  list.first[place] = Number.POSITIVE_INFINITY;
  list.last[place] = Number.NEGATIVE_INFINITY;
  list.eventId.push('');
  list.length += 1;
  return place;
}

function grow(list: EdgeList): void {
  const wider = columns(Math.max(64, list.source.length * 2));
  wider.source.set(list.source);
  wider.target.set(list.target);
  wider.relation.set(list.relation);
  wider.count.set(list.count);
  wider.first.set(list.first);
  wider.last.set(list.last);
  Object.assign(list, wider);
}

function index(list: EdgeList): void {
  list.slots = new Int32Array(slotsFor(Math.max(64, list.length * 2)));
  const mask = list.slots.length - 1;
  for (let place = 0; place < list.length; place++) {
    let slot = hashOf(list.source[place] ?? 0, list.target[place] ?? 0, list.relation[place] ?? 0) & mask;
    while (list.slots[slot] !== 0) slot = (slot + 1) & mask;
    list.slots[slot] = place + 1;
  }
}

function hashOf(source: number, target: number, relation: number): number {
  const hash =
    Math.imul(source, 0x9e3779b1) ^ Math.imul(target, 0x85ebca6b) ^ Math.imul(relation + 1, 0xc2b2ae35);
  return hash ^ (hash >>> 15);
}
