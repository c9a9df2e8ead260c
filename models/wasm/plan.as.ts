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
 * Plans a graph of `rows` nodes. Lists the nodes to project in senders and those that gather in receivers, both counted
 * from firstRow, and puts the messages of those that gather in order: first those of projected senders, from
 * gatherFrom [rows] on those of bare ones. state, open and waiting are scratch [rows]. Returns the number of receivers
 * times 2^16 plus the number of senders.
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
  state: usize,
  open: usize,
  waiting: usize,
): f64 {
  cover(rows, rowStart, source, state, open, waiting);
  spareGatherers(rows, rowStart, source, state);
  let sent = senders;
  let received = receivers;
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const end = load<i32>(rowStart + at, 4);
    const is = load<i32>(state + at);
    const first = load<i32>(rowStart + at);
    const bare = is === COVER ? bareLast(first, end, source, kind, origin, state) : end;
    store<i32>(gatherFrom + at, bare);
    if (bare < end) {
      store<i32>(received, firstRow + row);
      received += 4;
    }
    if (is === BARE) continue;
    store<i32>(sent, firstRow + row);
    sent += 4;
  }
  return <f64>((received - receivers) >> 2) * 65536 + <f64>((sent - senders) >> 2);
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
      if (load<i32>(state + other) !== OPEN) continue;
      const left = load<i32>(open + other) - 1;
      store<i32>(open + other, left);
      if (left === 1) top = push(top, row);
      else if (left === 0) store<i32>(state + other, BARE);
    }
  }
}

/** Who would gather from one node alone has it projected instead: as many rows, and nothing to gather. */
function spareGatherers(rows: i32, rowStart: usize, source: usize, state: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    if (load<i32>(state + at) !== COVER) continue;
    const end = source + ((<usize>load<i32>(rowStart + at, 4)) << 2);
    let bare = 0;
    let last = usize.MAX_VALUE;
    for (let m = source + ((<usize>load<i32>(rowStart + at)) << 2); m < end; m += 4) {
      const other = (<usize>load<i32>(m)) << 2;
      if (load<i32>(state + other) !== BARE || other === last) continue;
      last = other;
      bare++;
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
  let high = end;
  while (low < high) {
    if (load<i32>(state + ((<usize>load<i32>(source + ((<usize>low) << 2))) << 2)) !== BARE) low++;
    else {
      high--;
      exchange(source, low, high);
      exchange(kind, low, high);
      exchange(origin, low, high);
    }
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
