// Attention over the messages that end at a node. The four heads are the four lanes of a vector; rows of z and h are
// 128 floats = 512 bytes, 128 of them a head's.
import { elu, exp4 } from './exp.as';
import { madd } from './fma.as';
import { sumLanes } from './lanes.as';

/**
 * scores [rows, 8] = z . source and z . target per head. Per node it also gives e^s, e^0.2s of its score s as a source
 * and of that as a target, held within +-limit: 64 bytes a row. With those, e^LeakyReLU(a + b + c) =
 * max(e^a e^b e^c, e^0.2a e^0.2b e^0.2c) needs no exp per edge.
 */
export function attentionScores(
  z: usize,
  rows: i32,
  source: usize,
  target: usize,
  scores: usize,
  exponents: usize,
  limit: f32,
  slope: f32,
): void {
  let from = z;
  let to = scores;
  let row = 0;
  for (; row + 2 <= rows; row += 2) {
    scoresOfTwo(from, from + 512, source, target, to, to + 32);
    from += 1024;
    to += 64;
  }
  if (row < rows) scoresOfTwo(from, from, source, target, to, to);
  exponentsOf(scores, rows, exponents, limit, slope);
}

function exponentsOf(scores: usize, rows: i32, exponents: usize, limit: f32, slope: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  const bend = f32x4.splat(slope);
  for (const end = scores + ((<usize>rows) << 5); scores < end; scores += 32) {
    const s = f32x4.pmin(f32x4.pmax(v128.load(scores), low), high);
    const t = f32x4.pmin(f32x4.pmax(v128.load(scores, 16), low), high);
    const es = exp4(s);
    const esBent = exp4(f32x4.mul(s, bend));
    const et = exp4(t);
    const etBent = exp4(f32x4.mul(t, bend));
    v128.store(exponents, es);
    v128.store(exponents, esBent, 16);
    v128.store(exponents, et, 32);
    v128.store(exponents, etBent, 48);
    exponents += 64;
  }
}

/** Two rows share what is loaded of the attention vectors. */
function scoresOfTwo(a: usize, b: usize, source: usize, target: usize, toA: usize, toB: usize): void {
  for (let head = 0; head < 4; head++) {
    let aSource = f32x4.splat(0);
    let aTarget = aSource;
    let bSource = aSource;
    let bTarget = aSource;
    for (let at: usize = 0; at < 128; at += 16) {
      const x = v128.load(a + at);
      const y = v128.load(b + at);
      const s = v128.load(source + at);
      const t = v128.load(target + at);
      aSource = madd(x, s, aSource);
      aTarget = madd(x, t, aTarget);
      bSource = madd(y, s, bSource);
      bTarget = madd(y, t, bTarget);
    }
    const sums = sumLanes(aSource, aTarget, bSource, bTarget);
    v128.store_lane<f32>(toA, sums, 0);
    v128.store_lane<f32>(toA, sums, 1, 16);
    v128.store_lane<f32>(toB, sums, 2);
    v128.store_lane<f32>(toB, sums, 3, 16);
    a += 128;
    b += 128;
    source += 128;
    target += 128;
    toA += 4;
    toB += 4;
  }
}

/**
 * The same for a planned graph: of the rows in the list of senders from z, of those in the list of bare ones from h and
 * folded [128, 8], the weights times both attention vectors. Rows in neither list, which nobody hears, get anything.
 */
export function plannedScores(
  z: usize,
  h: usize,
  rows: i32,
  senders: usize,
  senderCount: i32,
  bare: usize,
  bareCount: i32,
  source: usize,
  target: usize,
  folded: usize,
  scores: usize,
  exponents: usize,
  limit: f32,
  slope: f32,
): void {
  for (let i = 0; i < senderCount; i += 2) {
    const a = rowAt(senders, i, senderCount);
    const b = rowAt(senders, i + 1, senderCount);
    scoresOfTwo(z + (a << 9), z + (b << 9), source, target, scores + (a << 5), scores + (b << 5));
  }
  for (let i = 0; i < bareCount; i += 4) {
    const a = rowAt(bare, i, bareCount);
    const b = rowAt(bare, i + 1, bareCount);
    const c = rowAt(bare, i + 2, bareCount);
    const d = rowAt(bare, i + 3, bareCount);
    foldedFour(
      h + (a << 9),
      h + (b << 9),
      h + (c << 9),
      h + (d << 9),
      folded,
      scores + (a << 5),
      scores + (b << 5),
      scores + (c << 5),
      scores + (d << 5),
    );
  }
  exponentsOf(scores, rows, exponents, limit, slope);
}

/** The row at a place of a list; beyond its end the last row once more. */
function rowAt(list: usize, place: i32, count: i32): usize {
  return <usize>load<i32>(list + ((<usize>min(place, count - 1)) << 2));
}

function foldedFour(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  folded: usize,
  toA: usize,
  toB: usize,
  toC: usize,
  toD: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (const end = folded + 4096; folded < end; folded += 32) {
    const left = v128.load(folded);
    const right = v128.load(folded, 16);
    const x = v128.load32_splat(a);
    const y = v128.load32_splat(b);
    a0 = madd(x, left, a0);
    a1 = madd(x, right, a1);
    b0 = madd(y, left, b0);
    b1 = madd(y, right, b1);
    const z = v128.load32_splat(c);
    const w = v128.load32_splat(d);
    c0 = madd(z, left, c0);
    c1 = madd(z, right, c1);
    d0 = madd(w, left, d0);
    d1 = madd(w, right, d1);
    a += 4;
    b += 4;
    c += 4;
    d += 4;
  }
  v128.store(toA, a0);
  v128.store(toA, a1, 16);
  v128.store(toB, b0);
  v128.store(toB, b1, 16);
  v128.store(toC, c0);
  v128.store(toC, c1, 16);
  v128.store(toD, d0);
  v128.store(toD, d1, 16);
}

/**
 * attention [messages, 4] of the messages first to end of one node: softmax of their scores. `own` are the node's
 * exponents, `kindExponents` e^b and e^0.2b per edge kind (32 bytes).
 */
function weigh(
  first: i32,
  end: i32,
  own: usize,
  source: usize,
  kind: usize,
  exponents: usize,
  kindExponents: usize,
  attention: usize,
): void {
  const target = v128.load(own, 32);
  const targetBent = v128.load(own, 48);
  let sum = f32x4.splat(0);
  for (let m = first; m < end; m++) {
    const at = (<usize>m) << 2;
    const from = exponents + ((<usize>load<i32>(source + at)) << 6);
    const ofKind = kindExponents + ((<usize>load<i32>(kind + at)) << 5);
    const straight = f32x4.mul(f32x4.mul(v128.load(from), target), v128.load(ofKind));
    const bent = f32x4.mul(f32x4.mul(v128.load(from, 16), targetBent), v128.load(ofKind, 16));
    const weight = f32x4.pmax(straight, bent);
    v128.store(attention + ((<usize>m) << 4), weight);
    sum = f32x4.add(sum, weight);
  }
  const one = f32x4.div(f32x4.splat(1), sum);
  for (let m = first; m < end; m++) {
    const at = attention + ((<usize>m) << 4);
    v128.store(at, f32x4.mul(v128.load(at), one));
  }
}

/**
 * out = ELU of h + bias + the sum of attention * z over a node's messages. `exponents` is what attentionScores() gave,
 * attention [messages, 4] is left for later.
 */
export function attend(
  z: usize,
  h: usize,
  out: usize,
  rows: i32,
  rowStart: usize,
  source: usize,
  kind: usize,
  exponents: usize,
  kindExponents: usize,
  attention: usize,
  bias: usize,
): void {
  let first = load<i32>(rowStart);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const end = load<i32>(rowStart + (row << 2), 4);
    weigh(first, end, exponents + (row << 6), source, kind, exponents, kindExponents, attention);
    const at = row << 9;
    receiveAll(z, source, attention, first, end, bias, h + at, out + at);
    first = end;
  }
  elu(out, rows << 7);
}

/**
 * As attend(), but before the ELU, and of planned messages: those from gatherFrom [rows] on have no z; a node with such
 * gathers attention * h of them per head, in gathered [receivers, 4, 128]. Returns the end of those.
 */
export function attendPlanned(
  z: usize,
  h: usize,
  out: usize,
  rows: i32,
  rowStart: usize,
  gatherFrom: usize,
  source: usize,
  kind: usize,
  exponents: usize,
  kindExponents: usize,
  attention: usize,
  bias: usize,
  gathered: usize,
): usize {
  let first = load<i32>(rowStart);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const end = load<i32>(rowStart + (row << 2), 4);
    const bare = load<i32>(gatherFrom + (row << 2));
    weigh(first, end, exponents + (row << 6), source, kind, exponents, kindExponents, attention);
    const at = row << 9;
    receiveAll(z, source, attention, first, bare, bias, h + at, out + at);
    if (bare < end) {
      gather(h, source, attention, bare, end, gathered);
      gathered += 2048;
    }
    first = end;
  }
  return gathered;
}

/** Per head the sum of attention * h of some messages' senders, [4, 128]. */
function gather(h: usize, source: usize, attention: usize, first: i32, end: i32, to: usize): void {
  for (let at: usize = 0; at < 512; at += 32) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let m = first; m < end; m++) {
      const from = h + at + ((<usize>load<i32>(source + ((<usize>m) << 2))) << 9);
      const own = attention + ((<usize>m) << 4);
      const x = v128.load(from);
      const y = v128.load(from, 16);
      const a = v128.load32_splat(own);
      a0 = madd(a, x, a0);
      a1 = madd(a, y, a1);
      const b = v128.load32_splat(own, 4);
      b0 = madd(b, x, b0);
      b1 = madd(b, y, b1);
      const c = v128.load32_splat(own, 8);
      c0 = madd(c, x, c0);
      c1 = madd(c, y, c1);
      const d = v128.load32_splat(own, 12);
      d0 = madd(d, x, d0);
      d1 = madd(d, y, d1);
    }
    v128.store(to + at, a0);
    v128.store(to + at, a1, 16);
    v128.store(to + at, b0, 512);
    v128.store(to + at, b1, 528);
    v128.store(to + at, c0, 1024);
    v128.store(to + at, c1, 1040);
    v128.store(to + at, d0, 1536);
    v128.store(to + at, d1, 1552);
  }
}

/** out = h + bias + the sum of attention * z of messages first to end, all heads of one node. */
function receiveAll(
  z: usize,
  source: usize,
  attention: usize,
  first: i32,
  end: i32,
  bias: usize,
  h: usize,
  out: usize,
): void {
  for (let head: usize = 0; head < 4; head++) {
    const at = head << 7;
    receive(z + at, source, attention + (head << 2), first, end, bias + at, h + at, out + at);
  }
}

/** One head of one node: out = h + bias + the sum of attention * z, 32 floats. */
function receive(
  z: usize,
  source: usize,
  attention: usize,
  first: i32,
  end: i32,
  bias: usize,
  h: usize,
  out: usize,
): void {
  let a0 = f32x4.add(v128.load(h), v128.load(bias));
  let a1 = f32x4.add(v128.load(h, 16), v128.load(bias, 16));
  let a2 = f32x4.add(v128.load(h, 32), v128.load(bias, 32));
  let a3 = f32x4.add(v128.load(h, 48), v128.load(bias, 48));
  let a4 = f32x4.add(v128.load(h, 64), v128.load(bias, 64));
  let a5 = f32x4.add(v128.load(h, 80), v128.load(bias, 80));
  let a6 = f32x4.add(v128.load(h, 96), v128.load(bias, 96));
  let a7 = f32x4.add(v128.load(h, 112), v128.load(bias, 112));
  for (let m = first; m < end; m++) {
    const from = z + ((<usize>load<i32>(source + ((<usize>m) << 2))) << 9);
    const w = v128.load32_splat(attention + ((<usize>m) << 4));
    a0 = madd(w, v128.load(from), a0);
    a1 = madd(w, v128.load(from, 16), a1);
    a2 = madd(w, v128.load(from, 32), a2);
    a3 = madd(w, v128.load(from, 48), a3);
    a4 = madd(w, v128.load(from, 64), a4);
    a5 = madd(w, v128.load(from, 80), a5);
    a6 = madd(w, v128.load(from, 96), a6);
    a7 = madd(w, v128.load(from, 112), a7);
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
  v128.store(out, a5, 80);
  v128.store(out, a6, 96);
  v128.store(out, a7, 112);
}
