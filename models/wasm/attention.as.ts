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

/** Rows that wait for their ELU: enough that its constants are loaded seldom, few enough to stay in the cache. */
const AT_ONCE: i32 = 8;

/**
 * out = ELU of h + bias + the sum of attention * z over a node's messages; out may be h. `exponents` is what
 * attentionScores() gave, `kindExponents` e^b and e^0.2b per edge kind (32 bytes). Leaves attention [messages, 4].
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
  let own = exponents;
  let waiting = 0;
  for (let row = 0; row < rows; row++) {
    rowStart += 4;
    const end = load<i32>(rowStart);
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
    for (let head: usize = 0; head < 4; head++) {
      const at = head << 7;
      receive(z + at, source, attention + (head << 2), first, end, bias + at, h + at, out + at);
    }
    first = end;
    own += 64;
    h += 512;
    out += 512;
    waiting++;
    if (waiting === AT_ONCE || row + 1 === rows) {
      elu(out - ((<usize>waiting) << 9), waiting << 7);
      waiting = 0;
    }
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
