// The way of features into the network: ordered by node type, projected, and back in the order of the batch.
#include <cstdint>

#include "operation.h"
#include "product.h"
#include "vectors.h"

namespace logster {
namespace {

/** x [rows, columns], order [rows] -> its rows in that order, held within +-limit; what is not a number becomes 0. */
void gatherHeld(void* kernel, TF_OpKernelContext* context) {
  const Limits& limits = *static_cast<Limits*>(kernel);
  Call call(context);
  int64_t elements = 0;
  int64_t columns = 0;
  int64_t rows = 0;
  const float* x = call.input<float>(0, &elements, &columns);
  const int32_t* order = call.input<int32_t>(1, &rows);
  if (!call.ok()) return;
  if (rows * columns != elements || columns % LANES != 0) return call.refuse("x does not have a row per place of order");
  float* out = call.output(0, {rows, columns});
  if (!call.ok()) return;
  for (int64_t row = 0; row < rows; row++) {
    const float* from = x + order[row] * columns;
    for (int64_t column = 0; column < columns; column += LANES) {
      const Vector value = load<Vector>(from + column);
      store(out + row * columns + column, held(value == value ? value : Vector{}, limits.limit));
    }
  }
}

/** x [rows, inner], w in panels, bias [columns] -> x * w + bias [rows, columns]. */
void product(void*, TF_OpKernelContext* context) {
  Call call(context);
  int64_t elements = 0;
  int64_t inner = 0;
  int64_t weights = 0;
  int64_t columns = 0;
  const float* x = call.input<float>(0, &elements, &inner);
  const float* w = call.input<float>(1, &weights);
  const float* bias = call.input<float>(2, &columns);
  if (!call.ok()) return;
  if (inner == 0 || weights != inner * columns || columns % LAST_PANEL != 0) {
    return call.refuse("the weights do not fit the rows");
  }
  const int64_t rows = elements / inner;
  float* out = call.output(0, {rows, columns});
  if (call.ok()) multiply({x, inner, inner, out, columns}, rows, w, bias);
}

/** x [rows, 128], order [rows] -> out with out[order[row]] = elu(x[row]). */
void scatterElu(void*, TF_OpKernelContext* context) {
  Call call(context);
  int64_t rows = 0;
  const float* x = call.input<float>(0);
  const int32_t* order = call.input<int32_t>(1, &rows);
  float* out = call.output(0, {rows, HIDDEN});
  if (!call.ok()) return;
  for (int64_t row = 0; row < rows; row++) {
    float* to = out + static_cast<int64_t>(order[row]) * HIDDEN;
    for (int v = 0; v < HIDDEN; v += LANES) store(to + v, elu(load<Vector>(x + row * HIDDEN + v)));
  }
}

/** The gradient of scatterElu: d_out, out, order -> d of x. */
void scatterEluGrad(void*, TF_OpKernelContext* context) {
  Call call(context);
  int64_t rows = 0;
  const float* dOut = call.input<float>(0);
  const float* out = call.input<float>(1);
  const int32_t* order = call.input<int32_t>(2, &rows);
  float* dx = call.output(0, {rows, HIDDEN});
  if (!call.ok()) return;
  for (int64_t row = 0; row < rows; row++) {
    const int64_t from = static_cast<int64_t>(order[row]) * HIDDEN;
    for (int v = 0; v < HIDDEN; v += LANES) {
      store(dx + row * HIDDEN + v, load<Vector>(dOut + from + v) * eluSlope(load<Vector>(out + from + v)));
    }
  }
}

const bool registered = [] {
  define("LogsterGatherHeld", {"x: float", "order: int32"}, {"rows: float"});
  implement("LogsterGatherHeld", gatherHeld);
  define("LogsterProduct", {"x: float", "w: float", "bias: float"}, {"out: float"});
  implement("LogsterProduct", product);
  define("LogsterScatterElu", {"x: float", "order: int32"}, {"out: float"});
  implement("LogsterScatterElu", scatterElu);
  define("LogsterScatterEluGrad", {"d_out: float", "out: float", "order: int32"}, {"dx: float"});
  implement("LogsterScatterEluGrad", scatterEluGrad);
  return true;
}();

}  // namespace
}  // namespace logster
