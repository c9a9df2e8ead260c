/** Columns that the products of models/native/ops work on together, and those they take of what is left. */
const PANEL = 32;
const LAST_PANEL = 8;

/** Lays w [rows, columns] out in panels of 32 columns, then of 8, each [rows, width], as models/native/ops/product.h reads them. */
export function packPanels(w: Float32Array, columns: number): Float32Array {
  const rows = w.length / columns;
  const packed = new Float32Array(w.length);
  let at = 0;
  for (let column = 0; column < columns; ) {
    const width = columns - column >= PANEL ? PANEL : LAST_PANEL;
    for (let row = 0; row < rows; row++) {
      packed.set(w.subarray(row * columns + column, row * columns + column + width), at);
      at += width;
    }
    column += width;
  }
  return packed;
}
