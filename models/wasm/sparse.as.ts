// The input projection. Four of five features of a real node are 0, and 0 times a weight need not be added.
import { twoRows } from './dense.as';
import { elu } from './exp.as';
import { madd } from './fma.as';

/** Per column that is not 0 in both of two rows: where it stands in a panel, the value in either row. */
const COLUMNS = memory.data(12 * 256);
const COLUMN: usize = 12;

/**
 * out[rows, 128] = ELU of bias + x[rows, inner] * w, w packed by pack(), inner 256 at most. Every element is summed in
 * the order of `inner`.
 */
export function project(x: usize, w: usize, out: usize, rows: i32, inner: i32, bias: usize): void {
  const stride = (<usize>inner) << 2;
  const first = out;
  for (let row = 0; row < rows; row += 2) {
    const alone = row + 1 === rows;
    const x2 = alone ? x : x + stride;
    const dense = !alone && countColumns(x, x2, stride) * 8 > inner * 7; // then leaving out costs more than it saves
    const end = dense ? 0 : listColumns(x, x2, stride);
    let panel = w;
    for (let at: usize = 0; at < 512; at += 64) {
      if (dense) twoRows(x, x2, stride, panel, out + at, out + at + 512, bias + at, bias + at);
      else projectTwo(end, panel, bias + at, out + at, alone ? out + at : out + at + 512);
      panel += stride << 4;
    }
    x += stride << 1;
    out += 1024;
  }
  elu(first, rows << 7);
}

/** How many columns are not 0 in both of two rows. */
function countColumns(x: usize, x2: usize, stride: usize): i32 {
  let count = 0;
  for (let at: usize = 0; at < stride; at += 16) {
    const either = i32x4.shl(v128.or(v128.load(x + at), v128.load(x2 + at)), 1); // without the signs
    count += popcnt(i32x4.bitmask(i32x4.ne(either, i32x4.splat(0))));
  }
  return count;
}

/** Fills COLUMNS for two rows; gives its end. */
function listColumns(x: usize, x2: usize, stride: usize): usize {
  let p: usize = COLUMNS;
  let at: usize = 0;
  for (const end = x + stride; x < end; x += 4) {
    const a = load<i32>(x);
    const b = load<i32>(x2);
    store<usize>(p, at);
    store<i32>(p, a, 4);
    store<i32>(p, b, 8);
    p += (a | b) << 1 !== 0 ? COLUMN : 0; // a jump would be guessed wrong too often
    x2 += 4;
    at += 64;
  }
  return p;
}

function projectTwo(end: usize, panel: usize, bias: usize, out: usize, out2: usize): void {
  let c0 = v128.load(bias);
  let c1 = v128.load(bias, 16);
  let c2 = v128.load(bias, 32);
  let c3 = v128.load(bias, 48);
  let d0 = c0;
  let d1 = c1;
  let d2 = c2;
  let d3 = c3;
  for (let p: usize = COLUMNS; p < end; p += COLUMN) {
    const from = panel + load<usize>(p);
    const x = v128.load32_splat(p, 4);
    const y = v128.load32_splat(p, 8);
    const b0 = v128.load(from);
    const b1 = v128.load(from, 16);
    const b2 = v128.load(from, 32);
    const b3 = v128.load(from, 48);
    c0 = madd(x, b0, c0);
    c1 = madd(x, b1, c1);
    c2 = madd(x, b2, c2);
    c3 = madd(x, b3, c3);
    d0 = madd(y, b0, d0);
    d1 = madd(y, b1, d1);
    d2 = madd(y, b2, d2);
    d3 = madd(y, b3, d3);
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
  v128.store(out2, d0);
  v128.store(out2, d1, 16);
  v128.store(out2, d2, 32);
  v128.store(out2, d3, 48);
}

/** into[inner, 128] += the sum over rows of x[rows, inner] times gradient[rows, 128]: the gradient of project()'s w. */
export function projectBackward(x: usize, gradient: usize, rows: i32, inner: i32, into: usize): void {
  const stride = (<usize>inner) << 2;
  for (let row = 0; row < rows; row += 2) {
    const alone = row + 1 === rows;
    const end = listColumns(x, alone ? x : x + stride, stride);
    for (let at: usize = 0; at < 512; at += 64) {
      addTwo(end, gradient + at, alone, into + at);
    }
    x += stride << 1;
    gradient += 1024;
  }
}

function addTwo(end: usize, gradient: usize, alone: bool, into: usize): void {
  const c0 = v128.load(gradient);
  const c1 = v128.load(gradient, 16);
  const c2 = v128.load(gradient, 32);
  const c3 = v128.load(gradient, 48);
  const zero = f32x4.splat(0);
  const d0 = alone ? zero : v128.load(gradient, 512);
  const d1 = alone ? zero : v128.load(gradient, 528);
  const d2 = alone ? zero : v128.load(gradient, 544);
  const d3 = alone ? zero : v128.load(gradient, 560);
  for (let p: usize = COLUMNS; p < end; p += COLUMN) {
    const to = into + (load<usize>(p) << 3); // a row of w has eight panels
    const x = v128.load32_splat(p, 4);
    const y = v128.load32_splat(p, 8);
    v128.store(to, madd(y, d0, madd(x, c0, v128.load(to))));
    v128.store(to, madd(y, d1, madd(x, c1, v128.load(to, 16))), 16);
    v128.store(to, madd(y, d2, madd(x, c2, v128.load(to, 32))), 32);
    v128.store(to, madd(y, d3, madd(x, c3, v128.load(to, 48))), 48);
  }
}
