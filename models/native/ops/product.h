// Dense products. TensorFlow's own give a row other last bits depending on how many rows travel with it. A score must not
// depend on its company, so scoring uses these: every element is summed in the order of `inner`, wherever its row
// stands. Training, where a step is one batch, uses TensorFlow's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "vectors.h"

namespace logster {

constexpr int PANEL = 32;      // columns that are worked on together; what is left goes in panels of 8
constexpr int LAST_PANEL = 8;
constexpr int ROWS = LANES == 16 ? 12 : 6;  // as many sums as the registers hold
constexpr int BLOCK = 4 * ROWS;             // rows that meet a panel while it is in the first-level cache

typedef float Eight __attribute__((vector_size(8 * sizeof(float))));

/** Where the rows of a product stand: x every `stride` floats, out every `columns`. */
struct Rows {
  const float* x;
  int64_t stride;
  int64_t inner;
  float* out;
  int64_t columns;
};

/** out[rows, columns of the panel] = bias + x * panel for `R` rows; V is a vector of the panel's width divided by N. */
template <typename V, int N, int R>
inline void panelRows(const Rows& rows, const float* panel, int64_t panelWidth, const float* bias) {
  const float* x = rows.x;
  constexpr int WIDTH = sizeof(V) / sizeof(float);
  V sums[R][N];
  UNROLLED for (int row = 0; row < R; row++) {
    UNROLLED for (int v = 0; v < N; v++) sums[row][v] = bias ? load<V>(bias + v * WIDTH) : V{};
  }
  for (int64_t k = 0; k < rows.inner; k++) {
    V b[N];
    UNROLLED for (int v = 0; v < N; v++) b[v] = load<V>(panel + k * panelWidth + v * WIDTH);
    UNROLLED for (int row = 0; row < R; row++) {
      const V a = all<V>(x[row * rows.stride + k]);
      UNROLLED for (int v = 0; v < N; v++) sums[row][v] = fma(b[v], a, sums[row][v]);
    }
  }
  UNROLLED for (int row = 0; row < R; row++) {
    UNROLLED for (int v = 0; v < N; v++) store(rows.out + row * rows.columns + v * WIDTH, sums[row][v]);
  }
}

/** The same for up to R rows. */
template <typename V, int N, int R>
inline void panelUpTo(int64_t some, const Rows& rows, const float* panel, int64_t panelWidth, const float* bias) {
  if (some == R) return panelRows<V, N, R>(rows, panel, panelWidth, bias);
  if constexpr (R > 1) panelUpTo<V, N, R - 1>(some, rows, panel, panelWidth, bias);
}

/** The columns of one panel for `count` rows. */
inline void multiplyPanel(Rows rows, int64_t count, const float* panel, int64_t width, const float* bias) {
  for (int64_t row = 0; row < count; row += ROWS) {
    const int64_t some = std::min<int64_t>(ROWS, count - row);
    if (width == LAST_PANEL) {
      panelUpTo<Eight, 1, ROWS>(some, rows, panel, width, bias);
    } else {
      for (int v = 0; v < PANEL; v += 2 * LANES) {
        const Rows part = {rows.x, rows.stride, rows.inner, rows.out + v, rows.columns};
        panelUpTo<Vector, 2, ROWS>(some, part, panel + v, width, bias ? bias + v : nullptr);
      }
    }
    rows.x += ROWS * rows.stride;
    rows.out += ROWS * rows.columns;
  }
}

/** x [count, inner] times w, which lies in panels as packPanels() of models/saved-model/panels.ts puts it, plus bias. */
inline void multiply(const Rows& rows, int64_t count, const float* w, const float* bias) {
  for (int64_t block = 0; block < count; block += BLOCK) {
    const int64_t some = std::min<int64_t>(BLOCK, count - block);
    for (int64_t column = 0; column < rows.columns;) {
      const int64_t width = rows.columns - column >= PANEL ? PANEL : LAST_PANEL;
      const Rows part = {rows.x + block * rows.stride, rows.stride, rows.inner,
                         rows.out + block * rows.columns + column, rows.columns};
      multiplyPanel(part, some, w + column * rows.inner, width, bias ? bias + column : nullptr);
      column += width;
    }
  }
}

}  // namespace logster
