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
  const aStride = (<usize>inner) << 2;
  const outStride = (<usize>columns) << 2;
  for (let column = 0; column < columns; column += 8) {
    const panel = w + ((<usize>(column * inner)) << 2);
    let start0 = f32x4.splat(0);
    let start1 = start0;
    if (bias) {
      start0 = v128.load(bias + ((<usize>column) << 2));
      start1 = v128.load(bias + ((<usize>column) << 2), 16);
    }
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      const o0 = out + ((<usize>(row * columns + column)) << 2);
      const o1 = o0 + outStride;
      const o2 = o1 + outStride;
      const o3 = o2 + outStride;
      let c00 = add ? v128.load(o0) : start0;
      let c01 = add ? v128.load(o0, 16) : start1;
      let c10 = add ? v128.load(o1) : start0;
      let c11 = add ? v128.load(o1, 16) : start1;
      let c20 = add ? v128.load(o2) : start0;
      let c21 = add ? v128.load(o2, 16) : start1;
      let c30 = add ? v128.load(o3) : start0;
      let c31 = add ? v128.load(o3, 16) : start1;
      let p0 = a + <usize>row * aStride;
      let p1 = p0 + aStride;
      let p2 = p1 + aStride;
      let p3 = p2 + aStride;
      let b = panel;
      let left = inner;
      // two steps a turn: fewer address sums per multiplication
      for (; left >= 2; left -= 2) {
        let b0 = v128.load(b);
        let b1 = v128.load(b, 16);
        let x0 = v128.load32_splat(p0);
        let x1 = v128.load32_splat(p1);
        let x2 = v128.load32_splat(p2);
        let x3 = v128.load32_splat(p3);
        c00 = f32x4.add(c00, f32x4.mul(x0, b0));
        c01 = f32x4.add(c01, f32x4.mul(x0, b1));
        c10 = f32x4.add(c10, f32x4.mul(x1, b0));
        c11 = f32x4.add(c11, f32x4.mul(x1, b1));
        c20 = f32x4.add(c20, f32x4.mul(x2, b0));
        c21 = f32x4.add(c21, f32x4.mul(x2, b1));
        c30 = f32x4.add(c30, f32x4.mul(x3, b0));
        c31 = f32x4.add(c31, f32x4.mul(x3, b1));
        b0 = v128.load(b, 32);
        b1 = v128.load(b, 48);
        x0 = v128.load32_splat(p0, 4);
        x1 = v128.load32_splat(p1, 4);
        x2 = v128.load32_splat(p2, 4);
        x3 = v128.load32_splat(p3, 4);
        c00 = f32x4.add(c00, f32x4.mul(x0, b0));
        c01 = f32x4.add(c01, f32x4.mul(x0, b1));
        c10 = f32x4.add(c10, f32x4.mul(x1, b0));
        c11 = f32x4.add(c11, f32x4.mul(x1, b1));
        c20 = f32x4.add(c20, f32x4.mul(x2, b0));
        c21 = f32x4.add(c21, f32x4.mul(x2, b1));
        c30 = f32x4.add(c30, f32x4.mul(x3, b0));
        c31 = f32x4.add(c31, f32x4.mul(x3, b1));
        b += 64;
        p0 += 8;
        p1 += 8;
        p2 += 8;
        p3 += 8;
      }
      if (left) {
        const b0 = v128.load(b);
        const b1 = v128.load(b, 16);
        const x0 = v128.load32_splat(p0);
        const x1 = v128.load32_splat(p1);
        const x2 = v128.load32_splat(p2);
        const x3 = v128.load32_splat(p3);
        c00 = f32x4.add(c00, f32x4.mul(x0, b0));
        c01 = f32x4.add(c01, f32x4.mul(x0, b1));
        c10 = f32x4.add(c10, f32x4.mul(x1, b0));
        c11 = f32x4.add(c11, f32x4.mul(x1, b1));
        c20 = f32x4.add(c20, f32x4.mul(x2, b0));
        c21 = f32x4.add(c21, f32x4.mul(x2, b1));
        c30 = f32x4.add(c30, f32x4.mul(x3, b0));
        c31 = f32x4.add(c31, f32x4.mul(x3, b1));
      }
      v128.store(o0, c00);
      v128.store(o0, c01, 16);
      v128.store(o1, c10);
      v128.store(o1, c11, 16);
      v128.store(o2, c20);
      v128.store(o2, c21, 16);
      v128.store(o3, c30);
      v128.store(o3, c31, 16);
    }
    for (; row < rows; row++) {
      const o = out + ((<usize>(row * columns + column)) << 2);
      let c0 = add ? v128.load(o) : start0;
      let c1 = add ? v128.load(o, 16) : start1;
      let p = a + <usize>row * aStride;
      let b = panel;
      for (let k = 0; k < inner; k++) {
        const x = v128.load32_splat(p);
        c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b)));
        c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b, 16)));
        p += 4;
        b += 32;
      }
      v128.store(o, c0);
      v128.store(o, c1, 16);
    }
  }
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
