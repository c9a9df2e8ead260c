// From the nodes of a graph to its logit. Rows are 128 floats.
import { exp4 } from './exp.as';
import { madd } from './fma.as';
import { sumLanes } from './lanes.as';

/** The lanes are the sums of h * a, h * b and h * c, and h * c again. */
function dots(h: usize, a: usize, b: usize, c: usize): v128 {
  let x = f32x4.splat(0);
  let y = x;
  let z = x;
  for (const end = h + 512; h < end; h += 16) {
    const value = v128.load(h);
    x = madd(value, v128.load(a), x);
    y = madd(value, v128.load(b), y);
    z = madd(value, v128.load(c), z);
    a += 16;
    b += 16;
    c += 16;
  }
  return sumLanes(x, y, z, z);
}

/**
 * What each node adds to the graph's logit, in nodeScores [rows]; returns their sum. The logit is direction . pooled,
 * pooled = [mean of h | sum of share h], share = softmax over the nodes of h . gate, held within +-limit.
 */
export function nodeScores(
  h: usize,
  rows: i32,
  gate: usize,
  direction: usize,
  scratch: usize, // [rows, 2]
  to: usize,
  limit: f32,
): f64 {
  let sum: f32 = 0;
  let at = scratch;
  for (let row = 0; row < rows; row++) {
    const d = dots(h, direction, direction + 512, gate);
    const held = min<f32>(max<f32>(f32x4.extract_lane(d, 2), -limit), limit);
    const weight = f32x4.extract_lane(exp4(f32x4.splat(held)), 0);
    store<f32>(to + ((<usize>row) << 2), f32x4.extract_lane(d, 0));
    store<f32>(at, f32x4.extract_lane(d, 1));
    store<f32>(at, weight, 4);
    sum += weight;
    h += 512;
    at += 8;
  }
  const mean = <f32>1 / <f32>rows;
  const share = <f32>1 / sum;
  let logit: f64 = 0;
  for (let row = 0; row < rows; row++) {
    const p = to + ((<usize>row) << 2);
    const q = scratch + ((<usize>row) << 3);
    const score = load<f32>(p) * mean + load<f32>(q) * (load<f32>(q, 4) * share);
    store<f32>(p, score);
    logit += score;
  }
  return logit;
}

/**
 * Adds to edges [edges of the batch] what each message carries: the attention its receiver pays it (mean of heads)
 * times the receiver's score, where that is positive. origin >> 1 is a message's edge; attention is that
 * of the last layer.
 */
export function edgeScores(
  rows: i32,
  rowStart: usize,
  origin: usize,
  attention: usize,
  scores: usize,
  edges: usize,
): void {
  const zero = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    const end = load<i32>(rowStart, 4);
    const score = load<f32>(scores);
    if (score > 0) {
      const factor = f32x4.splat(score * 0.25);
      for (let m = load<i32>(rowStart); m < end; m++) {
        const paid = sumLanes(f32x4.mul(v128.load(attention + ((<usize>m) << 4)), factor), zero, zero, zero);
        const edge = edges + ((<usize>(load<i32>(origin + ((<usize>m) << 2)) >> 1)) << 2);
        store<f32>(edge, load<f32>(edge) + f32x4.extract_lane(paid, 0));
      }
    }
    rowStart += 4;
    scores += 4;
  }
}

/**
 * pooled [256] = [mean of h | sum of share h], as nodeScores() describes them. Leaves h . gate in gates [rows] and
 * the shares in shares [rows].
 */
export function readout(
  h: usize,
  rows: i32,
  gate: usize,
  gates: usize,
  shares: usize,
  pooled: usize,
  limit: f32,
): void {
  let sum: f32 = 0;
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const raw = f32x4.extract_lane(dots(h + ((<usize>row) << 9), gate, gate, gate), 0);
    const held = min<f32>(max<f32>(raw, -limit), limit);
    const weight = f32x4.extract_lane(exp4(f32x4.splat(held)), 0);
    store<f32>(gates + at, raw);
    store<f32>(shares + at, weight);
    sum += weight;
  }
  const mean = rows > 0 ? <f32>1 / <f32>rows : 0;
  const one = rows > 0 ? <f32>1 / sum : 0;
  for (let row = 0; row < rows; row++) {
    const at = shares + ((<usize>row) << 2);
    store<f32>(at, load<f32>(at) * one);
  }
  for (let at: usize = 0; at < 512; at += 16) {
    let total = f32x4.splat(0);
    let gated = f32x4.splat(0);
    let p = h + at;
    for (let row = 0; row < rows; row++) {
      const x = v128.load(p);
      total = f32x4.add(total, x);
      gated = madd(x, v128.load32_splat(shares + ((<usize>row) << 2)), gated);
      p += 512;
    }
    v128.store(pooled + at, f32x4.mul(total, f32x4.splat(mean)));
    v128.store(pooled + at, gated, 512);
  }
}

/**
 * The gradient of readout(): from direction [256], the gradient of pooled, it writes dh [rows, 128] and adds to
 * dGate [128].
 */
export function readoutBackward(
  h: usize,
  rows: i32,
  gate: usize,
  gates: usize,
  shares: usize,
  pooled: usize,
  direction: usize,
  dh: usize,
  dGate: usize,
  limit: f32,
): void {
  const one = f32x4.splat(<f32>1 / <f32>rows);
  const attended = direction + 512;
  const mean = f32x4.extract_lane(dots(pooled + 512, attended, attended, attended), 0);
  for (let row = 0; row < rows; row++) {
    const p = h + ((<usize>row) << 9);
    const o = dh + ((<usize>row) << 9);
    const share = load<f32>(shares + ((<usize>row) << 2));
    const held = abs<f32>(load<f32>(gates + ((<usize>row) << 2))) > limit;
    const own = f32x4.extract_lane(dots(p, attended, attended, attended), 0);
    const d = f32x4.splat(held ? <f32>0 : share * (own - mean));
    for (let at: usize = 0; at < 512; at += 16) {
      const straight = madd(
        v128.load(attended + at),
        f32x4.splat(share),
        f32x4.mul(v128.load(direction + at), one),
      );
      v128.store(o + at, madd(v128.load(gate + at), d, straight));
      v128.store(dGate + at, madd(v128.load(p + at), d, v128.load(dGate + at)));
    }
  }
}
