// Attention over the messages that end at a node. The four heads are the four lanes of a vector; rows of zx are
// [z 128 | source score 4 | target score 4] = 544 bytes, rows of h 128 floats = 512 bytes.
import { exp4 } from './exp.as';

/**
 * Per node e^s, e^0.2s of the source score and of the target score: 64 bytes a row. With those,
 * e^LeakyReLU(a + b + c) = max(e^a e^b e^c, e^0.2a e^0.2b e^0.2c) needs no exp per edge.
 */
export function exponentials(zx: usize, rows: i32, to: usize, limit: f32, slope: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  const bend = f32x4.splat(slope);
  for (let row = 0; row < rows; row++) {
    const source = f32x4.min(f32x4.max(v128.load(zx, 512), low), high);
    const target = f32x4.min(f32x4.max(v128.load(zx, 528), low), high);
    v128.store(to, exp4(source));
    v128.store(to, exp4(f32x4.mul(source, bend)), 16);
    v128.store(to, exp4(target), 32);
    v128.store(to, exp4(f32x4.mul(target, bend)), 48);
    zx += 544;
    to += 64;
  }
}

/**
 * out = sum of w z over a node's messages / sum of w + bias + h, before the ELU. `exponents` is what
 * exponentials() gave, `kindExponents` e^b and e^0.2b per edge kind (32 bytes). Leaves w in weights [messages, 4]
 * and 1 / sum of w in inverse [rows, 4], 0 for a node without messages.
 */
export function attend(
  zx: usize,
  h: usize,
  out: usize,
  rows: i32,
  rowStart: usize,
  source: usize,
  kind: usize,
  exponents: usize,
  kindExponents: usize,
  weights: usize,
  inverse: usize,
  bias: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const first = load<i32>(rowStart + ((<usize>row) << 2));
    const end = load<i32>(rowStart + ((<usize>row) << 2), 4);
    const own = exponents + ((<usize>row) << 6);
    const target = v128.load(own, 32);
    const targetBent = v128.load(own, 48);
    let sum = f32x4.splat(0);
    for (let m = first; m < end; m++) {
      const at = (<usize>m) << 2;
      const from = exponents + ((<usize>load<i32>(source + at)) << 6);
      const ofKind = kindExponents + ((<usize>load<i32>(kind + at)) << 5);
      const straight = f32x4.mul(f32x4.mul(v128.load(from), target), v128.load(ofKind));
      const bent = f32x4.mul(f32x4.mul(v128.load(from, 16), targetBent), v128.load(ofKind, 16));
      const w = f32x4.max(straight, bent);
      v128.store(weights + ((<usize>m) << 4), w);
      sum = f32x4.add(sum, w);
    }
    const one = first < end ? f32x4.div(f32x4.splat(1), sum) : f32x4.splat(0);
    v128.store(inverse + ((<usize>row) << 4), one);
    for (let head: usize = 0; head < 4; head++) {
      const at = ((<usize>row) << 9) + (head << 7);
      const norm = f32x4.splat(load<f32>(inverse + ((<usize>row) << 4) + (head << 2)));
      const z = zx + (head << 7);
      receive(z, source, weights + (head << 2), first, end, norm, bias + (head << 7), h + at, out + at);
    }
  }
}

/** One head of one node: out = norm * sum of w z + bias + h, 32 floats. */
function receive(
  zx: usize,
  source: usize,
  weights: usize,
  first: i32,
  end: i32,
  norm: v128,
  bias: usize,
  h: usize,
  out: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (let m = first; m < end; m++) {
    const z = zx + <usize>load<i32>(source + ((<usize>m) << 2)) * 544;
    const w = v128.load32_splat(weights + ((<usize>m) << 4));
    a0 = f32x4.add(a0, f32x4.mul(w, v128.load(z)));
    a1 = f32x4.add(a1, f32x4.mul(w, v128.load(z, 16)));
    a2 = f32x4.add(a2, f32x4.mul(w, v128.load(z, 32)));
    a3 = f32x4.add(a3, f32x4.mul(w, v128.load(z, 48)));
    a4 = f32x4.add(a4, f32x4.mul(w, v128.load(z, 64)));
    a5 = f32x4.add(a5, f32x4.mul(w, v128.load(z, 80)));
    a6 = f32x4.add(a6, f32x4.mul(w, v128.load(z, 96)));
    a7 = f32x4.add(a7, f32x4.mul(w, v128.load(z, 112)));
  }
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a0, norm), v128.load(bias)), v128.load(h)));
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a1, norm), v128.load(bias, 16)), v128.load(h, 16)), 16);
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a2, norm), v128.load(bias, 32)), v128.load(h, 32)), 32);
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a3, norm), v128.load(bias, 48)), v128.load(h, 48)), 48);
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a4, norm), v128.load(bias, 64)), v128.load(h, 64)), 64);
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a5, norm), v128.load(bias, 80)), v128.load(h, 80)), 80);
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a6, norm), v128.load(bias, 96)), v128.load(h, 96)), 96);
  v128.store(out, f32x4.add(f32x4.add(f32x4.mul(a7, norm), v128.load(bias, 112)), v128.load(h, 112)), 112);
}

/** The sums of four vectors, one per lane. */
function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** dz += alpha * g for the 32 floats of one head; returns the partial sums of z * g. */
function headBackward(z: usize, g: usize, dz: usize, alpha: v128): v128 {
  let dot = f32x4.splat(0);
  for (let at: usize = 0; at < 128; at += 32) {
    const g0 = v128.load(g + at);
    const g1 = v128.load(g + at, 16);
    dot = f32x4.add(dot, f32x4.mul(v128.load(z + at), g0));
    dot = f32x4.add(dot, f32x4.mul(v128.load(z + at, 16), g1));
    v128.store(dz + at, f32x4.add(v128.load(dz + at), f32x4.mul(alpha, g0)));
    v128.store(dz + at, f32x4.add(v128.load(dz + at, 16), f32x4.mul(alpha, g1)), 16);
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
 * The gradient of attend(): from gradient [rows, 128] of its output it adds to dzx [rows, 136] (laid out as zx)
 * and to kindGradient [kinds, 4]. Needs what the forward pass left; dots is scratch for [messages, 4].
 */
export function attendBackward(
  zx: usize,
  gradient: usize,
  dzx: usize,
  rows: i32,
  rowStart: usize,
  source: usize,
  kind: usize,
  exponents: usize,
  kindExponents: usize,
  weights: usize,
  inverse: usize,
  dots: usize,
  kindGradient: usize,
  slope: f32,
): void {
  const bend = f32x4.splat(slope);
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    const first = load<i32>(rowStart + ((<usize>row) << 2));
    const end = load<i32>(rowStart + ((<usize>row) << 2), 4);
    const norm = v128.load(inverse + ((<usize>row) << 4));
    const g = gradient + ((<usize>row) << 9);
    let mean = f32x4.splat(0);
    for (let m = first; m < end; m++) {
      const from = <usize>load<i32>(source + ((<usize>m) << 2)) * 544;
      const alpha = f32x4.mul(v128.load(weights + ((<usize>m) << 4)), norm);
      const dot = messageBackward(zx + from, g, dzx + from, alpha);
      v128.store(dots + ((<usize>m) << 4), dot);
      mean = f32x4.add(mean, f32x4.mul(alpha, dot));
    }
    const own = exponents + ((<usize>row) << 6);
    const target = v128.load(own, 32);
    const targetBent = v128.load(own, 48);
    const dTarget = dzx + <usize>row * 544 + 528;
    let sum = v128.load(dTarget);
    for (let m = first; m < end; m++) {
      const node = <usize>load<i32>(source + ((<usize>m) << 2));
      const edgeKind = <usize>load<i32>(kind + ((<usize>m) << 2));
      const from = exponents + (node << 6);
      const ofKind = kindExponents + (edgeKind << 5);
      const straight = f32x4.mul(f32x4.mul(v128.load(from), target), v128.load(ofKind));
      const bent = f32x4.mul(f32x4.mul(v128.load(from, 16), targetBent), v128.load(ofKind, 16));
      const alpha = f32x4.mul(v128.load(weights + ((<usize>m) << 4)), norm);
      const dAlpha = f32x4.mul(alpha, f32x4.sub(v128.load(dots + ((<usize>m) << 4)), mean));
      const d = f32x4.mul(dAlpha, v128.bitselect(one, bend, f32x4.gt(straight, bent)));
      sum = f32x4.add(sum, d);
      const dSource = dzx + node * 544 + 512;
      v128.store(dSource, f32x4.add(v128.load(dSource), d));
      const dKind = kindGradient + (edgeKind << 4);
      v128.store(dKind, f32x4.add(v128.load(dKind), d));
    }
    v128.store(dTarget, sum);
  }
}

/** Takes the gradient away from attention scores that stand beyond the limit, where the forward pass held them. */
export function limitBackward(zx: usize, dzx: usize, rows: i32, limit: f32): void {
  const high = f32x4.splat(limit);
  for (let row = 0; row < rows; row++) {
    const source = f32x4.le(f32x4.abs(v128.load(zx, 512)), high);
    const target = f32x4.le(f32x4.abs(v128.load(zx, 528)), high);
    v128.store(dzx, v128.and(v128.load(dzx, 512), source), 512);
    v128.store(dzx, v128.and(v128.load(dzx, 528), target), 528);
    zx += 544;
    dzx += 544;
  }
}
