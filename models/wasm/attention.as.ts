// Attention over the messages that end at a node. The four heads are the four lanes of a vector; rows of z and h are
// 128 floats = 512 bytes, 128 of them a head's.
import { madd } from './fma.as';

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
 * out = h + bias + the sum of attention * z over a node's messages, before the ELU. `exponents` is what the scores gave,
 * attention [messages, 4] is left for later. A node's messages from gatherFrom [rows] on have no z (plan.as.ts): where
 * there are such, it gathers attention * h of them per head, in gathered [receivers, 4, 128]. Returns the end of those.
 * Where every sender has its z, gatherFrom are the ends of the rows and nothing is gathered.
 */
export function attend(
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
