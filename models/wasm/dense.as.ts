// Dense algebra on row-major float32 matrices. Pointers are byte addresses.
import { exp4 } from './exp.as';

/**
 * out[rows, columns] = start + a[rows, inner] * w, where w is packed by pack(), `columns` is a multiple of 8 and
 * start is out itself (add = 1), the bias [columns], or 0 (bias = 0). Every element is summed in the order of
 * `inner`, wherever its row stands, so a row's result does not depend on its neighbours.
 */
export function multiply(
  a: usize,
  w: usize,
  out: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  bias: usize,
  add: i32,
): void {
  const zero = f32x4.splat(0);
  const aStride = (<usize>inner) << 2;
  const outStride = (<usize>columns) << 2;
  for (let column = 0; column < columns; column += 8) {
    const at = (<usize>column) << 2;
    const panel = w + at * <usize>inner;
    let p = a;
    let o = out + at;
    if (!add) {
      const left = bias ? v128.load(bias + at) : zero;
      const right = bias ? v128.load(bias + at, 16) : zero;
      for (let row = 0; row < rows; row++) {
        v128.store(o, left);
        v128.store(o, right, 16);
        o += outStride;
      }
      o = out + at;
    }
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      addFourRows(p, aStride, panel, o, outStride);
      p += aStride << 2;
      o += outStride << 2;
    }
    for (; row < rows; row++) {
      addOneRow(p, panel, o, inner);
      p += aStride;
      o += outStride;
    }
  }
}

/** Adds four rows times a panel to four rows of 8 columns: as many sums as the registers hold. */
function addFourRows(a: usize, aStride: usize, panel: usize, out: usize, outStride: usize): void {
  const a1 = a + aStride;
  const a2 = a1 + aStride;
  const a3 = a2 + aStride;
  const out1 = out + outStride;
  const out2 = out1 + outStride;
  const out3 = out2 + outStride;
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out1);
  let c11 = v128.load(out1, 16);
  let c20 = v128.load(out2);
  let c21 = v128.load(out2, 16);
  let c30 = v128.load(out3);
  let c31 = v128.load(out3, 16);
  for (let at: usize = 0; at < aStride; at += 4) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const x0 = v128.load32_splat(a + at);
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    c01 = f32x4.add(c01, f32x4.mul(x0, b1));
    const x1 = v128.load32_splat(a1 + at);
    c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    c11 = f32x4.add(c11, f32x4.mul(x1, b1));
    const x2 = v128.load32_splat(a2 + at);
    c20 = f32x4.add(c20, f32x4.mul(x2, b0));
    c21 = f32x4.add(c21, f32x4.mul(x2, b1));
    const x3 = v128.load32_splat(a3 + at);
    c30 = f32x4.add(c30, f32x4.mul(x3, b0));
    c31 = f32x4.add(c31, f32x4.mul(x3, b1));
    panel += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
}

function addOneRow(a: usize, panel: usize, out: usize, inner: i32): void {
  let c0 = v128.load(out);
  let c1 = v128.load(out, 16);
  for (let k = 0; k < inner; k++) {
    const x = v128.load32_splat(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(panel)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(panel, 16)));
    a += 4;
    panel += 32;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
}

/** Lays from[rows, columns] out in panels of 8 columns, each [rows, 8], as multiply() wants its right side. */
export function pack(from: usize, rows: i32, columns: i32, to: usize): void {
  for (let column = 0; column < columns; column += 8) {
    let p = from + ((<usize>column) << 2);
    for (let row = 0; row < rows; row++) {
      v128.store(to, v128.load(p));
      v128.store(to, v128.load(p, 16), 16);
      p += (<usize>columns) << 2;
      to += 32;
    }
  }
}

/** to[columns, rows] = from[rows, columns] turned over. */
export function transpose(from: usize, rows: i32, columns: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    let p = to + ((<usize>row) << 2);
    for (let column = 0; column < columns; column++) {
      store<f32>(p, load<f32>(from));
      from += 4;
      p += (<usize>rows) << 2;
    }
  }
}

/** Holds values within +-limit; what is not a number becomes 0. */
export function clamp(at: usize, count: i32, limit: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  for (const end = at + ((<usize>count) << 2); at < end; at += 16) {
    const x = v128.load(at);
    v128.store(at, f32x4.min(f32x4.max(v128.and(x, f32x4.eq(x, x)), low), high));
  }
}

/** x > 0 ? x : e^x - 1, in place. */
export function elu(at: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (const end = at + ((<usize>count) << 2); at < end; at += 16) {
    const x = v128.load(at);
    const below = f32x4.sub(exp4(f32x4.min(x, zero)), one);
    v128.store(at, v128.bitselect(x, below, f32x4.gt(x, zero)));
  }
}

/** Turns the gradient after an ELU into the one before it, in place; y is what the ELU gave. */
export function eluBackward(y: usize, gradient: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (const end = y + ((<usize>count) << 2); y < end; y += 16) {
    const value = v128.load(y);
    const slope = v128.bitselect(one, f32x4.add(value, one), f32x4.gt(value, zero));
    v128.store(gradient, f32x4.mul(v128.load(gradient), slope));
    gradient += 16;
  }
}

/** to[columns] += the sum of the rows of from[rows, columns]. */
export function addRows(from: usize, rows: i32, columns: i32, to: usize): void {
  for (let column = 0; column < columns; column += 4) {
    let p = from + ((<usize>column) << 2);
    let sum = v128.load(to);
    for (let row = 0; row < rows; row++) {
      sum = f32x4.add(sum, v128.load(p));
      p += (<usize>columns) << 2;
    }
    v128.store(to, sum);
    to += 16;
  }
}
