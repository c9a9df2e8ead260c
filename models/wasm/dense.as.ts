// Dense algebra on row-major float32 matrices. Pointers are byte addresses.
import { madd } from './fma.as';

/** Rows that go through all panels before the next: with a panel they fit the smallest of first-level caches. */
const BLOCK: i32 = 32;

/**
 * out[rows, 128] = a[rows, inner] * w, or that added to it; w is packed by pack(). Every element is summed in the order
 * of `inner`, wherever its row stands, so it does not depend on the rows beside it.
 */
export function multiply(a: usize, w: usize, out: usize, rows: i32, inner: i32, add: bool): void {
  const size = (<usize>inner) << 2;
  for (let first = 0; first < rows; first += BLOCK) {
    const end = min(first + BLOCK, rows);
    let panel = w;
    for (let at: usize = 0; at < 512; at += 64) {
      let p = a;
      let o = out + at;
      let row = first;
      for (; row + 2 <= end; row += 2) {
        twoRows(p, p + size, size, panel, o, o + 512, add ? o : 0, add ? o + 512 : 0);
        p += size << 1;
        o += 1024;
      }
      if (row < end) oneRow(p, size, panel, o, add ? o : 0);
      panel += size << 4;
    }
    a += size * BLOCK;
    out += 512 * BLOCK;
  }
}

/**
 * Two rows of `size` bytes times a panel of 16 columns, each added to what stands at its start, or to 0: eight sums,
 * which with a step's six loads just fit the 16 registers of x86. Two steps a turn, with a way out between them for an
 * odd number of steps; the branch also keeps the compiler from loading for both at once, which would spill the sums.
 */
export function twoRows(
  a: usize,
  b: usize,
  size: usize,
  panel: usize,
  out: usize,
  below: usize,
  start: usize,
  startBelow: usize,
): void {
  const zero = f32x4.splat(0);
  let c0 = start ? v128.load(start) : zero;
  let c1 = start ? v128.load(start, 16) : zero;
  let c2 = start ? v128.load(start, 32) : zero;
  let c3 = start ? v128.load(start, 48) : zero;
  let d0 = startBelow ? v128.load(startBelow) : zero;
  let d1 = startBelow ? v128.load(startBelow, 16) : zero;
  let d2 = startBelow ? v128.load(startBelow, 32) : zero;
  let d3 = startBelow ? v128.load(startBelow, 48) : zero;
  let p = a;
  let q = b;
  const last = a + size - 4;
  while (p <= last) {
    let x = v128.load32_splat(p);
    let y = v128.load32_splat(q);
    let b0 = v128.load(panel);
    let b1 = v128.load(panel, 16);
    let b2 = v128.load(panel, 32);
    let b3 = v128.load(panel, 48);
    c0 = madd(x, b0, c0);
    c1 = madd(x, b1, c1);
    c2 = madd(x, b2, c2);
    c3 = madd(x, b3, c3);
    d0 = madd(y, b0, d0);
    d1 = madd(y, b1, d1);
    d2 = madd(y, b2, d2);
    d3 = madd(y, b3, d3);
    if (p === last) break;
    x = v128.load32_splat(p, 4);
    y = v128.load32_splat(q, 4);
    b0 = v128.load(panel, 64);
    b1 = v128.load(panel, 80);
    b2 = v128.load(panel, 96);
    b3 = v128.load(panel, 112);
    c0 = madd(x, b0, c0);
    c1 = madd(x, b1, c1);
    c2 = madd(x, b2, c2);
    c3 = madd(x, b3, c3);
    d0 = madd(y, b0, d0);
    d1 = madd(y, b1, d1);
    d2 = madd(y, b2, d2);
    d3 = madd(y, b3, d3);
    p += 8;
    q += 8;
    panel += 128;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
  v128.store(below, d0);
  v128.store(below, d1, 16);
  v128.store(below, d2, 32);
  v128.store(below, d3, 48);
}

function oneRow(a: usize, size: usize, panel: usize, out: usize, start: usize): void {
  const zero = f32x4.splat(0);
  let c0 = start ? v128.load(start) : zero;
  let c1 = start ? v128.load(start, 16) : zero;
  let c2 = start ? v128.load(start, 32) : zero;
  let c3 = start ? v128.load(start, 48) : zero;
  for (const end = a + size; a < end; a += 4) {
    const x = v128.load32_splat(a);
    c0 = madd(x, v128.load(panel), c0);
    c1 = madd(x, v128.load(panel, 16), c1);
    c2 = madd(x, v128.load(panel, 32), c2);
    c3 = madd(x, v128.load(panel, 48), c3);
    panel += 64;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
}

/** out[r, 128] = a[r, 128] * w for the rows r of a list. */
export function multiplyRows(a: usize, w: usize, out: usize, list: usize, count: i32): void {
  for (let first = 0; first < count; first += BLOCK) {
    const end = min(first + BLOCK, count);
    for (let at: usize = 0; at < 512; at += 64) {
      for (let i = first; i < end; i += 2) {
        const row = rowOf(list, i);
        const other = rowOf(list, min(i + 1, end - 1)); // the last one alone is its own neighbour
        twoRows(a + row, a + other, 512, w + (at << 7), out + row + at, out + other + at, 0, 0);
      }
    }
  }
}

/** out[r, 128] += gathered * w for the rows r of a list; gathered [count, 4, 128] holds what each head is to project. */
export function addGathered(gathered: usize, w: usize, out: usize, list: usize, count: i32): void {
  for (let first = 0; first < count; first += BLOCK) {
    const end = min(first + BLOCK, count);
    for (let at: usize = 0; at < 512; at += 64) {
      const ofHead = gathered + ((at >> 7) << 9);
      let i = first;
      for (; i + 2 <= end; i += 2) {
        const from = ofHead + ((<usize>i) << 11);
        const row = out + rowOf(list, i) + at;
        const next = out + rowOf(list, i + 1) + at;
        twoRows(from, from + 2048, 512, w + (at << 7), row, next, row, next);
      }
      if (i === end) continue;
      const row = out + rowOf(list, i) + at;
      oneRow(ofHead + ((<usize>i) << 11), 512, w + (at << 7), row, row);
    }
  }
}

/** Where a row of 128 floats begins. */
function rowOf(list: usize, place: i32): usize {
  return (<usize>load<i32>(list + ((<usize>place) << 2))) << 9;
}

/** Lays from[rows, columns] out in panels of 16 columns, each [rows, 16], as multiply() wants its right side. */
export function pack(from: usize, rows: i32, columns: i32, to: usize): void {
  const stride = (<usize>columns) << 2;
  for (let at: usize = 0; at < stride; at += 64) {
    let p = from + at;
    for (let row = 0; row < rows; row++) {
      v128.store(to, v128.load(p));
      v128.store(to, v128.load(p, 16), 16);
      v128.store(to, v128.load(p, 32), 32);
      v128.store(to, v128.load(p, 48), 48);
      p += stride;
      to += 64;
    }
  }
}

/** to[columns, rows] = from[rows, columns] turned over; `columns` is a multiple of 4. */
export function transpose(from: usize, rows: i32, columns: i32, to: usize): void {
  const stride = (<usize>columns) << 2;
  const toStride = (<usize>rows) << 2;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let o = to + ((<usize>row) << 2);
    for (const end = from + stride; from < end; from += 16) {
      const a = v128.load(from);
      const b = v128.load(from + stride);
      const c = v128.load(from + (stride << 1));
      const d = v128.load(from + stride * 3);
      const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(o, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
      v128.store(o + toStride, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7));
      v128.store(o + (toStride << 1), v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
      v128.store(o + toStride * 3, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
      o += toStride << 2;
    }
    from += stride * 3;
  }
  for (; row < rows; row++) {
    let o = to + ((<usize>row) << 2);
    for (const end = from + stride; from < end; from += 4) {
      store<f32>(o, load<f32>(from));
      o += toStride;
    }
  }
}

/** Holds values within +-limit; what is not a number becomes 0. */
export function clamp(at: usize, count: i32, limit: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  for (const end = at + ((<usize>count) << 2); at < end; at += 16) {
    const x = v128.load(at);
    v128.store(at, f32x4.pmin(f32x4.pmax(v128.and(x, f32x4.eq(x, x)), low), high));
  }
}

/**
 * Turns the gradient [rows, 128] after an ELU into the one before it, in place, and adds its rows to bias [128]; y is
 * what the ELU gave.
 */
export function eluBackward(y: usize, gradient: usize, rows: i32, bias: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < 512; at += 16) {
      const d = f32x4.mul(
        v128.load(gradient + at),
        f32x4.add(f32x4.pmin(v128.load(y + at), zero), one), // e^x below 0, 1 above
      );
      v128.store(gradient + at, d);
      v128.store(bias + at, f32x4.add(v128.load(bias + at), d));
    }
    y += 512;
    gradient += 512;
  }
}
