// Which nodes of a graph are multiplied by a layer's weights, so that all messages get what they carry.
//
// What a node receives is a sum of attention * (h W). It can be made of rows of h W, one per sender, or as
// (sum of attention * h) W, one row per receiver. A process with a hundred files needs a hundred rows the one way and
// one the other; its files, that hear of nobody else, need one row of it. So: a node whose last open neighbour is p
// sends nothing projected and p gathers; p itself is projected for all its neighbours. What is left in the end, rings
// and the like, is projected as usual. On trees no choice needs fewer rows; it is a vertex cover.

const OPEN: i32 = 0;
/** Gathers what its bare neighbours send, if any, and is projected for all neighbours. */
const COVER: i32 = 1;
/** Not projected; all its neighbours are COVER. */
const BARE: i32 = 2;

/**
 * Plans a graph of `rows` nodes. Lists the nodes to project in senders, those that gather in receivers and those that
 * have neighbours and are not projected in bare, all counted from firstRow, and puts the messages of those that gather
 * in order: first those of projected senders, from gatherFrom [rows] on those of bare ones. The lists go on where
 * counts [3] says that they end, and it is told how long they have become. scratch is [3 * rows].
 */
export function plan(
  rows: i32,
  rowStart: usize,
  source: usize,
  kind: usize,
  origin: usize,
  gatherFrom: usize,
  firstRow: i32,
  senders: usize,
  receivers: usize,
  bare: usize,
  counts: usize,
  scratch: usize,
): void {
  const state = scratch;
  const open = state + ((<usize>rows) << 2);
  cover(rows, rowStart, source, state, open, open + ((<usize>rows) << 2));
  spareGatherers(rows, rowStart, source, state);
  let sent = senders + ((<usize>load<i32>(counts)) << 2);
  let received = receivers + ((<usize>load<i32>(counts, 4)) << 2);
  let left = bare + ((<usize>load<i32>(counts, 8)) << 2);
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const first = load<i32>(rowStart + at);
    const end = load<i32>(rowStart + at, 4);
    const is = load<i32>(state + at);
    const from = is === COVER ? bareLast(first, end, source, kind, origin, state) : end;
    store<i32>(gatherFrom + at, from);
    store<i32>(received, firstRow + row); // written in any case, and kept only where it counts: no jumps to guess
    store<i32>(sent, firstRow + row);
    store<i32>(left, firstRow + row);
    received += from < end ? 4 : 0;
    sent += is === BARE ? 0 : 4;
    left += is === BARE && first < end ? 4 : 0;
  }
  store<i32>(counts, (sent - senders) >> 2);
  store<i32>(counts, (received - receivers) >> 2, 4);
  store<i32>(counts, (left - bare) >> 2, 8);
}

/** Gives every node its state; `open` counts a node's messages with nodes that are still OPEN. */
function cover(rows: i32, rowStart: usize, source: usize, state: usize, open: usize, waiting: usize): void {
  let top = waiting;
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const count = load<i32>(rowStart + at, 4) - load<i32>(rowStart + at);
    store<i32>(state + at, count === 0 ? BARE : OPEN);
    store<i32>(open + at, count);
    if (count === 1) top = push(top, row);
  }
  while (top > waiting) {
    top -= 4;
    const leaf = (<usize>load<i32>(top)) << 2;
    if (load<i32>(state + leaf) !== OPEN || load<i32>(open + leaf) !== 1) continue;
    let m = source + ((<usize>load<i32>(rowStart + leaf)) << 2);
    while (load<i32>(state + ((<usize>load<i32>(m)) << 2)) !== OPEN) m += 4;
    const hub = (<usize>load<i32>(m)) << 2;
    store<i32>(state + leaf, BARE);
    store<i32>(state + hub, COVER);
    const end = source + ((<usize>load<i32>(rowStart + hub, 4)) << 2);
    for (let p = source + ((<usize>load<i32>(rowStart + hub)) << 2); p < end; p += 4) {
      const row = load<i32>(p);
      const other = (<usize>row) << 2;
      const left = load<i32>(open + other) - 1;
      store<i32>(open + other, left);
      if (left > 1 || load<i32>(state + other) !== OPEN) continue;
      if (left === 1) top = push(top, row);
      else store<i32>(state + other, BARE);
    }
  }
}

/** Who would gather one message alone has its sender projected instead: as many rows, and nothing to gather. */
function spareGatherers(rows: i32, rowStart: usize, source: usize, state: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    if (load<i32>(state + at) !== COVER) continue;
    const end = source + ((<usize>load<i32>(rowStart + at, 4)) << 2);
    let bare = 0;
    let last: usize = 0;
    for (let m = source + ((<usize>load<i32>(rowStart + at)) << 2); m < end; m += 4) {
      const other = (<usize>load<i32>(m)) << 2;
      const is = load<i32>(state + other) === BARE;
      bare += is ? 1 : 0;
      last = is ? other : last;
    }
    if (bare === 1) store<i32>(state + last, OPEN);
  }
}

function push(top: usize, row: i32): usize {
  store<i32>(top, row);
  return top + 4;
}

/** Exchanges messages [first, end) so that those of bare senders come last; gives where they begin. */
function bareLast(first: i32, end: i32, source: usize, kind: usize, origin: usize, state: usize): i32 {
  let low = first;
  for (let m = first; m < end; m++) {
    const is = load<i32>(state + ((<usize>load<i32>(source + ((<usize>m) << 2))) << 2));
    exchange(source, low, m);
    exchange(kind, low, m);
    exchange(origin, low, m);
    low += is === BARE ? 0 : 1; // exchanged in any case: no jump to guess
  }
  return low;
}

function exchange(array: usize, a: i32, b: i32): void {
  const p = array + ((<usize>a) << 2);
  const q = array + ((<usize>b) << 2);
  const value = load<i32>(p);
  store<i32>(p, load<i32>(q));
  store<i32>(q, value);
}
