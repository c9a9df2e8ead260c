// What attention is made of: every node's score as a source and as a target, per head, and the exponentials of both. The
// four heads are the four lanes of a vector; rows of z and h are 128 floats = 512 bytes, 128 of them a head's.
import { exp4 } from './exp.as';
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
