// The gradient of a layer of attention.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attention.h"
#include "operation.h"
#include "vectors.h"

namespace logster {
namespace {

/** The part of a message's gradient that has the width of a hidden vector; gives z . g per head. */
inline Four messageGradient(const float* z, const float* g, float* dz, Four alpha) {
  Four dot = Four{};
  for (int head = 0; head < HEADS; head++) {
    Vector product = Vector{};
    for (int v = head * HEAD_WIDTH; v < (head + 1) * HEAD_WIDTH; v += LANES) {
      const Vector gradient = load<Vector>(g + v);
      product = fma(load<Vector>(z + v), gradient, product);
      store(dz + v, fma(gradient, all<Vector>(alpha[head]), load<Vector>(dz + v)));
    }
    dot[head] = sumOf(product);
  }
  return dot;
}

/** No gradient passes where the forward pass held a score at its limit. */
inline void stopAtLimit(const float* scores, float limit, float* gradient) {
  for (int i = 0; i < 2 * HEADS; i++) {
    if (std::fabs(scores[i]) > limit) gradient[i] = 0;
  }
}

void attendGradGraph(const float* zx, const float* dPre, const Limits& limits, int nodes, const int32_t* rowStart,
                     const int32_t* source, const int32_t* kind, float* dzx, float* dKind) {
  AttentionRoom& room = attentionRoom();
  const size_t messages = static_cast<size_t>(rowStart[nodes]);
  grow(room.exponents, static_cast<size_t>(nodes) * 16);
  grow(room.weights, messages * HEADS);
  grow(room.straight, messages * HEADS);
  grow(room.dots, messages * HEADS);
  exponentsOfNodes(zx + HIDDEN, PROJECTED, nodes, limits, room.exponents.data());
  std::fill(dzx, dzx + static_cast<int64_t>(nodes) * PROJECTED, 0.0f);
  float* weights = room.weights.data();
  for (int row = 0; row < nodes; row++) {
    const int first = rowStart[row];
    const int end = rowStart[row + 1];
    if (first == end) continue;
    const float* g = dPre + static_cast<int64_t>(row) * HIDDEN;
    const Four norm =
        1.0f / weigh<true>(room, row, first, end, source, kind, limits.slope, weights, room.straight.data());
    Four mean = Four{};
    for (int m = first; m < end; m++) {
      const int64_t from = static_cast<int64_t>(source[m]) * PROJECTED;
      const Four alpha = load<Four>(weights + static_cast<int64_t>(m) * HEADS) * norm;
      const Four dot = messageGradient(zx + from, g, dzx + from, alpha);
      store(room.dots.data() + static_cast<int64_t>(m) * HEADS, dot);
      mean += alpha * dot;
    }
    float* dTarget = dzx + static_cast<int64_t>(row) * PROJECTED + HIDDEN + HEADS;
    Four sum = load<Four>(dTarget);
    for (int m = first; m < end; m++) {
      const int64_t at = static_cast<int64_t>(m) * HEADS;
      const Four alpha = load<Four>(weights + at) * norm;
      const Four d = alpha * (load<Four>(room.dots.data() + at) - mean) * load<Four>(room.straight.data() + at);
      float* dSource = dzx + static_cast<int64_t>(source[m]) * PROJECTED + HIDDEN;
      float* dOfKind = dKind + static_cast<int64_t>(kind[m]) * HEADS;
      store(dSource, load<Four>(dSource) + d);
      store(dOfKind, load<Four>(dOfKind) + d);
      sum += d;
    }
    store(dTarget, sum);
  }
  for (int row = 0; row < nodes; row++) {
    const int64_t scores = static_cast<int64_t>(row) * PROJECTED + HIDDEN;
    stopAtLimit(zx + scores, limits.limit, dzx + scores);
  }
}

/** d_out, out, zx, kind_bias, messages -> gradients: before the ELU [nodes, 128], of zx, of kind_bias, of bias. */
void attendGrad(void* kernel, TF_OpKernelContext* context) {
  const Limits& limits = *static_cast<Limits*>(kernel);
  Call call(context);
  int64_t projected = 0;
  int64_t kinds = 0;
  const float* dOut = call.input<float>(0);
  const float* out = call.input<float>(1);
  const float* zx = call.input<float>(2, &projected);
  const float* kindBias = call.input<float>(3, &kinds);
  Messages batch;
  if (!batch.take(call, 4)) return;
  if (projected != batch.nodes * PROJECTED) return call.refuse("zx does not have a row per node");
  float* dPre = call.output(0, {batch.nodes, HIDDEN});
  float* dzx = call.output(1, {batch.nodes, PROJECTED});
  float* dKind = call.output(2, {kinds / HEADS, HEADS});
  float* dBias = call.output(3, {HIDDEN});
  if (!call.ok()) return;
  std::fill(dKind, dKind + kinds, 0.0f);
  std::fill(dBias, dBias + HIDDEN, 0.0f);
  exponentsOfKinds(kindBias, kinds / HEADS, limits, attentionRoom().ofKind);
  for (int64_t g = 0; g < batch.graphs; g++) {
    const int64_t node = batch.node_start[g];
    const int64_t message = batch.message_start[g];
    const int nodes = batch.node_start[g + 1] - batch.node_start[g];
    for (int64_t at = node * HIDDEN; at < (node + nodes) * HIDDEN; at += HIDDEN) {
      for (int v = 0; v < HIDDEN; v += LANES) {
        const Vector d = load<Vector>(dOut + at + v) * eluSlope(load<Vector>(out + at + v));
        store(dPre + at + v, d);
        store(dBias + v, load<Vector>(dBias + v) + d);
      }
    }
    attendGradGraph(zx + node * PROJECTED, dPre + node * HIDDEN, limits, nodes, batch.row_start + node + g,
                    batch.source + message, batch.kind + message, dzx + node * PROJECTED, dKind);
  }
  for (int64_t i = 0; i < kinds; i++) {
    if (std::fabs(kindBias[i]) > limits.limit) dKind[i] = 0;
  }
}

const bool registered = [] {
  define("LogsterAttendGrad", {"d_out: float", "out: float", "zx: float", "kind_bias: float", LOGSTER_MESSAGES},
         {"d_pre: float", "d_zx: float", "d_kind: float", "d_bias: float"});
  implement("LogsterAttendGrad", attendGrad);
  return true;
}();

}  // namespace
}  // namespace logster
