// The readout of a graph, its mean and gated mean, and its gradient.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "operation.h"
#include "vectors.h"

namespace logster {
namespace {

/**
 * h [nodes, 128], gate [128], direction [256], node_start -> logit [graphs] without the output bias, what each node adds
 * to it [nodes], the pooled vectors [graphs, 256] (mean, then gated mean), gates and shares [nodes].
 */
void readout(void* kernel, TF_OpKernelContext* context) {
  const Limits& limits = *static_cast<Limits*>(kernel);
  Call call(context);
  int64_t hidden = 0;
  int64_t starts = 0;
  const float* h = call.input<float>(0, &hidden);
  const float* gate = call.input<float>(1);
  const float* direction = call.input<float>(2);
  const int32_t* nodeStart = call.input<int32_t>(3, &starts);
  if (!call.ok()) return;
  const int64_t graphs = starts - 1;
  const int64_t nodes = hidden / HIDDEN;
  if (graphs < 0 || nodeStart[graphs] != nodes) return call.refuse("h does not have a row per node");
  float* logit = call.output(0, {graphs});
  float* nodeScore = call.output(1, {nodes});
  float* pooled = call.output(2, {graphs, 2 * HIDDEN});
  float* gates = call.output(3, {nodes});
  float* shares = call.output(4, {nodes});
  if (!call.ok()) return;
  for (int64_t g = 0; g < graphs; g++) {
    const int64_t first = nodeStart[g];
    const int64_t end = nodeStart[g + 1];
    float sum = 0;
    for (int64_t node = first; node < end; node++) {
      gates[node] = dot(h + node * HIDDEN, gate);
      shares[node] = exponential<Four, FourInts>(held(all<Four>(gates[node]), limits.limit))[0];
      sum += shares[node];
    }
    const float one = end > first ? 1.0f / static_cast<float>(end - first) : 0.0f;
    float* mean = pooled + g * 2 * HIDDEN;
    float* gated = mean + HIDDEN;
    std::fill(mean, mean + 2 * HIDDEN, 0.0f);
    for (int64_t node = first; node < end; node++) {
      const float* row = h + node * HIDDEN;
      const float share = shares[node] / sum;
      shares[node] = share;
      for (int v = 0; v < HIDDEN; v += LANES) {
        const Vector x = load<Vector>(row + v);
        store(mean + v, load<Vector>(mean + v) + x);
        store(gated + v, load<Vector>(gated + v) + x * share);
      }
      nodeScore[node] = dot(row, direction) * one + dot(row, direction + HIDDEN) * share;
    }
    double total = 0;
    for (int i = 0; i < 2 * HIDDEN; i++) {
      if (i < HIDDEN) mean[i] *= one;
      total += static_cast<double>(direction[i]) * mean[i];
    }
    logit[g] = static_cast<float>(total);
  }
}

/** d_logit [graphs], h, gate, direction, node_start, pooled, gates, shares -> gradients of h, gate and direction. */
void readoutGrad(void* kernel, TF_OpKernelContext* context) {
  const Limits& limits = *static_cast<Limits*>(kernel);
  Call call(context);
  int64_t graphs = 0;
  int64_t hidden = 0;
  const float* dLogit = call.input<float>(0, &graphs);
  const float* h = call.input<float>(1, &hidden);
  const float* gate = call.input<float>(2);
  const float* direction = call.input<float>(3);
  const int32_t* nodeStart = call.input<int32_t>(4);
  const float* pooled = call.input<float>(5);
  const float* gates = call.input<float>(6);
  const float* shares = call.input<float>(7);
  if (!call.ok()) return;
  const int64_t nodes = hidden / HIDDEN;
  if (nodeStart[graphs] != nodes) return call.refuse("h does not have a row per node");
  float* dh = call.output(0, {nodes, HIDDEN});
  float* dGate = call.output(1, {HIDDEN});
  float* dDirection = call.output(2, {2 * HIDDEN});
  if (!call.ok()) return;
  std::fill(dGate, dGate + HIDDEN, 0.0f);
  std::fill(dDirection, dDirection + 2 * HIDDEN, 0.0f);
  const float* attended = direction + HIDDEN;
  for (int64_t g = 0; g < graphs; g++) {
    const float slope = dLogit[g];
    const float* own = pooled + g * 2 * HIDDEN;
    for (int v = 0; v < 2 * HIDDEN; v += LANES) {
      store(dDirection + v, load<Vector>(dDirection + v) + load<Vector>(own + v) * slope);
    }
    const int64_t first = nodeStart[g];
    const int64_t end = nodeStart[g + 1];
    const float mean = dot(own + HIDDEN, attended);
    const float one = end > first ? slope / static_cast<float>(end - first) : 0.0f;
    for (int64_t node = first; node < end; node++) {
      const float* row = h + node * HIDDEN;
      float* d = dh + node * HIDDEN;
      const float share = shares[node] * slope;
      const float dOfGate = std::fabs(gates[node]) > limits.limit ? 0.0f : share * (dot(row, attended) - mean);
      for (int v = 0; v < HIDDEN; v += LANES) {
        const Vector straight = load<Vector>(direction + v) * one + load<Vector>(attended + v) * share;
        store(d + v, straight + load<Vector>(gate + v) * dOfGate);
        store(dGate + v, load<Vector>(dGate + v) + load<Vector>(row + v) * dOfGate);
      }
    }
  }
}

const bool registered = [] {
  define("LogsterReadout", {"h: float", "gate: float", "direction: float", "node_start: int32"},
         {"logit: float", "node_score: float", "pooled: float", "gates: float", "shares: float"});
  implement("LogsterReadout", readout);
  define("LogsterReadoutGrad",
         {"d_logit: float", "h: float", "gate: float", "direction: float", "node_start: int32", "pooled: float",
          "gates: float", "shares: float"},
         {"d_h: float", "d_gate: float", "d_direction: float"});
  implement("LogsterReadoutGrad", readoutGrad);
  return true;
}();

}  // namespace
}  // namespace logster
