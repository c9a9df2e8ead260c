// Pooling of a graph's nodes: their mean and their mean weighted by a learned gate. Rows are 128 floats.
import { exp4 } from './exp.as';

function dot(a: usize, b: usize): f32 {
  let even = f32x4.splat(0);
  let odd = even;
  for (let at: usize = 0; at < 512; at += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a + at), v128.load(b + at)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  const s = f32x4.add(even, odd);
  return (
    f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3)
  );
}

/**
 * pooled [256] = [mean of h | sum of share h]; share = softmax over the nodes of h . gate, held within +-limit.
 * Leaves h . gate in gates [rows] and the shares in shares [rows].
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
    const raw = dot(h + ((<usize>row) << 9), gate);
    const held = min<f32>(max<f32>(raw, -limit), limit);
    const weight = f32x4.extract_lane(exp4(f32x4.splat(held)), 0);
    store<f32>(gates + at, raw);
    store<f32>(shares + at, weight);
    sum += weight;
  }
  const one: f32 = rows > 0 ? <f32>1 / <f32>rows : 0;
  for (let at: usize = 0; at < 1024; at += 16) v128.store(pooled + at, f32x4.splat(0));
  for (let row = 0; row < rows; row++) {
    const share = load<f32>(shares + ((<usize>row) << 2)) / sum;
    store<f32>(shares + ((<usize>row) << 2), share);
    const p = h + ((<usize>row) << 9);
    for (let at: usize = 0; at < 512; at += 16) {
      const x = v128.load(p + at);
      const o = pooled + at;
      v128.store(o, f32x4.add(v128.load(o), x));
      v128.store(o, f32x4.add(v128.load(o, 512), f32x4.mul(x, f32x4.splat(share))), 512);
    }
  }
  for (let at: usize = 0; at < 512; at += 16) {
    v128.store(pooled + at, f32x4.mul(v128.load(pooled + at), f32x4.splat(one)));
  }
}

/** to[rows] = h . direction / rows + share * (h . direction[128..]): what each node adds to direction . pooled. */
export function contributions(h: usize, rows: i32, shares: usize, direction: usize, to: usize): void {
  const one = <f32>1 / <f32>rows;
  for (let row = 0; row < rows; row++) {
    const p = h + ((<usize>row) << 9);
    const share = load<f32>(shares + ((<usize>row) << 2));
    store<f32>(to + ((<usize>row) << 2), dot(p, direction) * one + dot(p, direction + 512) * share);
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
  const mean = dot(pooled + 512, attended);
  for (let row = 0; row < rows; row++) {
    const p = h + ((<usize>row) << 9);
    const o = dh + ((<usize>row) << 9);
    const share = load<f32>(shares + ((<usize>row) << 2));
    const held = abs<f32>(load<f32>(gates + ((<usize>row) << 2))) > limit;
    const d = f32x4.splat(held ? <f32>0 : share * (dot(p, attended) - mean));
    for (let at: usize = 0; at < 512; at += 16) {
      const straight = f32x4.add(
        f32x4.mul(v128.load(direction + at), one),
        f32x4.mul(v128.load(attended + at), f32x4.splat(share)),
      );
      v128.store(o + at, f32x4.add(straight, f32x4.mul(v128.load(gate + at), d)));
      v128.store(dGate + at, f32x4.add(v128.load(dGate + at), f32x4.mul(v128.load(p + at), d)));
    }
  }
}
