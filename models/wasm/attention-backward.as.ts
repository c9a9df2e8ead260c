// The gradient of attention.as.ts.
import { madd } from './fma.as';
import { sumLanes } from './lanes.as';

/** dz += alpha * g for the 32 floats of one head; returns the partial sums of z * g. */
function headBackward(z: usize, g: usize, dz: usize, alpha: v128): v128 {
  let dot = f32x4.splat(0);
  for (let at: usize = 0; at < 128; at += 32) {
    const g0 = v128.load(g + at);
    const g1 = v128.load(g + at, 16);
    dot = madd(v128.load(z + at), g0, dot);
    dot = madd(v128.load(z + at, 16), g1, dot);
    v128.store(dz + at, madd(alpha, g0, v128.load(dz + at)));
    v128.store(dz + at, madd(alpha, g1, v128.load(dz + at, 16)), 16);
  }
  return dot;
}

/** dz += alpha * g for all heads of a message; returns z * g summed per head. */
function messageBackward(z: usize, g: usize, dz: usize, alpha: v128): v128 {
  return sumLanes(
    headBackward(z, g, dz, f32x4.splat(f32x4.extract_lane(alpha, 0))),
    headBackward(z + 128, g + 128, dz + 128, f32x4.splat(f32x4.extract_lane(alpha, 1))),
    headBackward(z + 256, g + 256, dz + 256, f32x4.splat(f32x4.extract_lane(alpha, 2))),
    headBackward(z + 384, g + 384, dz + 384, f32x4.splat(f32x4.extract_lane(alpha, 3))),
  );
}

/**
 * The gradient of attend(): from gradient [rows, 128] of its output before the ELU it adds to dz [rows, 128], to
 * dScores [rows, 8] (as a source, as a target) and to kindGradient [kinds, 4]. Needs what the forward pass left;
 * dots is scratch for [messages, 4].
 */
export function attendBackward(
  z: usize,
  gradient: usize,
  dz: usize,
  dScores: usize,
  rows: i32,
  rowStart: usize,
  source: usize,
  kind: usize,
  exponents: usize,
  kindExponents: usize,
  attention: usize,
  dots: usize,
  kindGradient: usize,
  slope: f32,
): void {
  const bend = f32x4.splat(slope);
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    const first = load<i32>(rowStart + ((<usize>row) << 2));
    const end = load<i32>(rowStart + ((<usize>row) << 2), 4);
    const g = gradient + ((<usize>row) << 9);
    let mean = f32x4.splat(0);
    for (let m = first; m < end; m++) {
      const from = (<usize>load<i32>(source + ((<usize>m) << 2))) << 9;
      const alpha = v128.load(attention + ((<usize>m) << 4));
      const dot = messageBackward(z + from, g, dz + from, alpha);
      v128.store(dots + ((<usize>m) << 4), dot);
      mean = madd(alpha, dot, mean);
    }
    const own = exponents + ((<usize>row) << 6);
    const target = v128.load(own, 32);
    const targetBent = v128.load(own, 48);
    const dTarget = dScores + ((<usize>row) << 5) + 16;
    let sum = v128.load(dTarget);
    for (let m = first; m < end; m++) {
      const node = <usize>load<i32>(source + ((<usize>m) << 2));
      const edgeKind = <usize>load<i32>(kind + ((<usize>m) << 2));
      const from = exponents + (node << 6);
      const ofKind = kindExponents + (edgeKind << 5);
      const straight = f32x4.mul(f32x4.mul(v128.load(from), target), v128.load(ofKind));
      const bent = f32x4.mul(f32x4.mul(v128.load(from, 16), targetBent), v128.load(ofKind, 16));
      const alpha = v128.load(attention + ((<usize>m) << 4));
      const dAlpha = f32x4.mul(alpha, f32x4.sub(v128.load(dots + ((<usize>m) << 4)), mean));
      const d = f32x4.mul(dAlpha, v128.bitselect(one, bend, f32x4.gt(straight, bent)));
      sum = f32x4.add(sum, d);
      const dSource = dScores + (node << 5);
      v128.store(dSource, f32x4.add(v128.load(dSource), d));
      const dKind = kindGradient + (edgeKind << 4);
      v128.store(dKind, f32x4.add(v128.load(dKind), d));
    }
    v128.store(dTarget, sum);
  }
}

/**
 * The gradient of the scores in attentionScores(): from dScores [rows, 8] it adds to dz [rows, 128] and to the
 * gradients of both attention vectors. Nothing passes through scores that stood beyond the limit.
 */
export function scoresBackward(
  z: usize,
  dz: usize,
  rows: i32,
  scores: usize,
  dScores: usize,
  source: usize,
  target: usize,
  dSource: usize,
  dTarget: usize,
  limit: f32,
): void {
  const high = f32x4.splat(limit);
  for (let row = 0; row < rows; row++) {
    const asSource = v128.load(scores);
    const asTarget = v128.load(scores, 16);
    v128.store(dScores, v128.and(v128.load(dScores), f32x4.le(f32x4.abs(asSource), high)));
    v128.store(dScores, v128.and(v128.load(dScores, 16), f32x4.le(f32x4.abs(asTarget), high)), 16);
    for (let head: usize = 0; head < 4; head++) {
      const s = v128.load32_splat(dScores + (head << 2));
      const t = v128.load32_splat(dScores + (head << 2), 16);
      for (let at = head << 7; at < (head + 1) << 7; at += 16) {
        const x = v128.load(z + at);
        const d = madd(s, v128.load(source + at), v128.load(dz + at));
        v128.store(dz + at, madd(t, v128.load(target + at), d));
        v128.store(dSource + at, madd(s, x, v128.load(dSource + at)));
        v128.store(dTarget + at, madd(t, x, v128.load(dTarget + at)));
      }
    }
    z += 512;
    dz += 512;
    scores += 32;
    dScores += 32;
  }
}
