// e^x and ELU on four lanes: e^x = 2^(n + f), n whole and f within +-0.5. Where one operand is never NaN, pmin and pmax
// do with one instruction what min and max do with seven.
import { madd } from './fma.as';

/**
 * 1 / ln 2; 1.5 * 2^23, which added to a number leaves the nearest whole one in its last bits; the polynomial that is
 * never further than 9e-8 from 2^f; the least x. Loaded, not written as vectors: newer V8 makes a vector constant anew
 * at every use, with three instructions, and keeps what was loaded.
 */
const K = memory.data<f32>([
  1.44269502, 12582912, 1.3407259e-3, 9.6718753e-3, 5.5503085e-2, 2.4022235e-1, 6.9314724e-1, 1, -87,
]);

/** e^x for x within +-87; the relative error is 1e-7 near 0 and 7e-7 at +-10. */
export function exp4(x: v128): v128 {
  const p = f32x4.mul(x, v128.load32_splat(K));
  const toWhole = v128.load32_splat(K, 4);
  const n = f32x4.add(p, toWhole);
  const f = f32x4.sub(p, f32x4.sub(n, toWhole));
  let y = madd(v128.load32_splat(K, 8), f, v128.load32_splat(K, 12));
  y = madd(y, f, v128.load32_splat(K, 16));
  y = madd(y, f, v128.load32_splat(K, 20));
  y = madd(y, f, v128.load32_splat(K, 24));
  y = madd(y, f, v128.load32_splat(K, 28));
  return i32x4.add(y, i32x4.shl(n, 23)); // times 2^n: n added to the exponent
}

/** x > 0 ? x : e^x - 1 in place, with an absolute error of 2e-7; count is a multiple of 16. */
export function elu(at: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const log2e = v128.load32_splat(K);
  const toWhole = v128.load32_splat(K, 4);
  const c5 = v128.load32_splat(K, 8);
  const c4 = v128.load32_splat(K, 12);
  const c3 = v128.load32_splat(K, 16);
  const c2 = v128.load32_splat(K, 20);
  const c1 = v128.load32_splat(K, 24);
  const one = v128.load32_splat(K, 28);
  const least = v128.load32_splat(K, 32);
  // four at a time, side by side, so that one does not wait for another
  for (const end = at + ((<usize>count) << 2); at < end; at += 64) {
    const x0 = v128.load(at);
    const x1 = v128.load(at, 16);
    const x2 = v128.load(at, 32);
    const x3 = v128.load(at, 48);
    const p0 = f32x4.mul(f32x4.pmax(f32x4.pmin(x0, zero), least), log2e);
    const p1 = f32x4.mul(f32x4.pmax(f32x4.pmin(x1, zero), least), log2e);
    const p2 = f32x4.mul(f32x4.pmax(f32x4.pmin(x2, zero), least), log2e);
    const p3 = f32x4.mul(f32x4.pmax(f32x4.pmin(x3, zero), least), log2e);
    const n0 = f32x4.add(p0, toWhole);
    const n1 = f32x4.add(p1, toWhole);
    const n2 = f32x4.add(p2, toWhole);
    const n3 = f32x4.add(p3, toWhole);
    const f0 = f32x4.sub(p0, f32x4.sub(n0, toWhole));
    const f1 = f32x4.sub(p1, f32x4.sub(n1, toWhole));
    const f2 = f32x4.sub(p2, f32x4.sub(n2, toWhole));
    const f3 = f32x4.sub(p3, f32x4.sub(n3, toWhole));
    let y0 = madd(c5, f0, c4);
    let y1 = madd(c5, f1, c4);
    let y2 = madd(c5, f2, c4);
    let y3 = madd(c5, f3, c4);
    y0 = madd(y0, f0, c3);
    y1 = madd(y1, f1, c3);
    y2 = madd(y2, f2, c3);
    y3 = madd(y3, f3, c3);
    y0 = madd(y0, f0, c2);
    y1 = madd(y1, f1, c2);
    y2 = madd(y2, f2, c2);
    y3 = madd(y3, f3, c2);
    y0 = madd(y0, f0, c1);
    y1 = madd(y1, f1, c1);
    y2 = madd(y2, f2, c1);
    y3 = madd(y3, f3, c1);
    y0 = f32x4.sub(i32x4.add(madd(y0, f0, one), i32x4.shl(n0, 23)), one); // exactly 0 for x above 0
    y1 = f32x4.sub(i32x4.add(madd(y1, f1, one), i32x4.shl(n1, 23)), one);
    y2 = f32x4.sub(i32x4.add(madd(y2, f2, one), i32x4.shl(n2, 23)), one);
    y3 = f32x4.sub(i32x4.add(madd(y3, f3, one), i32x4.shl(n3, 23)), one);
    v128.store(at, f32x4.add(f32x4.pmax(x0, zero), y0));
    v128.store(at, f32x4.add(f32x4.pmax(x1, zero), y1), 16);
    v128.store(at, f32x4.add(f32x4.pmax(x2, zero), y2), 32);
    v128.store(at, f32x4.add(f32x4.pmax(x3, zero), y3), 48);
  }
}
