/** What will happen, soonest first; of the same moment, in the order in which it was entered. */
export interface Timetable {
  at(time: number, happens: () => void): void;
  /** Lets everything up to `end` happen, whatever is entered meanwhile included. */
  runUntil(end: number): void;
  readonly now: number;
}

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly happens: () => void;
}

/** An empty timetable that stands at 0 s: a binary heap. */
export function timetable(): Timetable {
  const heap: Entry[] = [];
  let entered = 0;
  let now = 0;
  const before = (a: Entry, b: Entry) => a.time < b.time || (a.time === b.time && a.order < b.order);

  function push(entry: Entry): void {
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!before(entry, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!before(heap[child] as Entry, last)) break;
      heap[place] = heap[child] as Entry;
      place = child;
    }
    heap[place] = last;
    return first;
  }

  return {
    at: (time, happens) => push({ time: Math.max(time, now), order: entered++, happens }),
    runUntil(end) {
      for (let next = heap[0]; next && next.time <= end; next = heap[0]) {
        now = next.time;
        pop();
        next.happens();
      }
      now = end;
    },
    get now() {
      return now;
    },
  };
}
