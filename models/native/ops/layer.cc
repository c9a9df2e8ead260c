// One layer of attention, forward: for scoring by plan, for training of nodes that TensorFlow has projected.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "attention.h"
#include "operation.h"
#include "plan.h"
#include "product.h"
#include "vectors.h"

namespace logster {
namespace {

/** Reused between calls of a thread. */
struct LayerRoom {
  std::vector<int32_t> place;    // [nodes] which row of z a projected node has
  std::vector<float> senders;    // [projected, HIDDEN] their rows of h
  std::vector<float> z;          // [projected, HIDDEN]
  std::vector<float> scores;     // [nodes, 2 HEADS]
  std::vector<int32_t> gathers;  // nodes that gather, in their order
  std::vector<float> gathered;   // [gathers, HEADS, HIDDEN] sums of weight * h
  std::vector<float> sums;       // [gathers, HIDDEN] what came from projected senders, not divided yet
  std::vector<float> products;   // [gathers, HIDDEN]
  std::vector<float> norms;      // [gathers, HEADS]
};

LayerRoom& layerRoom() {
  static thread_local LayerRoom room;
  return room;
}

/** What one call works with. */
struct Layer {
  const float* h;
  const float* w;  // panels of the projection, then of the scores
  const float* bias;
  const int32_t* state;
  Limits limits;
  Messages batch;
  float* out;
  float* paid;
  const float* z;  // projected nodes, every zStride floats
  int64_t zStride;
  const float* scores;  // of all nodes, every scoresStride floats
  int64_t scoresStride;
};

/** Projects who is to be projected, and scores everybody. */
void projectSenders(Layer& layer, LayerRoom& room) {
  const int64_t nodes = layer.batch.nodes;
  grow(room.place, nodes);
  grow(room.scores, nodes * 2 * HEADS);
  int32_t projected = 0;
  for (int64_t node = 0; node < nodes; node++) {
    room.place[node] = layer.state[node] == BARE ? -1 : projected++;
  }
  grow(room.senders, static_cast<int64_t>(projected) * HIDDEN);
  grow(room.z, static_cast<int64_t>(projected) * HIDDEN);
  for (int64_t node = 0; node < nodes; node++) {
    if (room.place[node] < 0) continue;
    std::memcpy(room.senders.data() + static_cast<int64_t>(room.place[node]) * HIDDEN, layer.h + node * HIDDEN,
                HIDDEN * sizeof(float));
  }
  multiply({room.senders.data(), HIDDEN, HIDDEN, room.z.data(), HIDDEN}, projected, layer.w, nullptr);
  const Rows scores = {layer.h, HIDDEN, HIDDEN, room.scores.data(), 2 * HEADS};
  multiplyPanel(scores, nodes, layer.w + HIDDEN * HIDDEN, LAST_PANEL, nullptr);
  layer.z = room.z.data();
  layer.zStride = HIDDEN;
  layer.scores = room.scores.data();
  layer.scoresStride = 2 * HEADS;
}

/**
 * Sums weight * h over the bare senders of messages [first, end), for two heads and some columns at a time: as many sums
 * as the registers hold. place and h begin at the graph's first node.
 */
inline void gather(const int32_t* place, const float* h, const int32_t* source, const float* weights, int first,
                   int end, float* to) {
  constexpr int AT_ONCE = LANES == 16 ? 8 : 4;
  constexpr int COLUMNS = AT_ONCE * LANES;
  for (int head = 0; head < HEADS; head += 2) {
    for (int column = 0; column < HIDDEN; column += COLUMNS) {
      Vector a[AT_ONCE] = {};
      Vector b[AT_ONCE] = {};
      for (int m = first; m < end; m++) {
        if (place[source[m]] >= 0) continue;
        const float* from = h + static_cast<int64_t>(source[m]) * HIDDEN + column;
        const Vector left = all<Vector>(weights[static_cast<int64_t>(m) * HEADS + head]);
        const Vector right = all<Vector>(weights[static_cast<int64_t>(m) * HEADS + head + 1]);
        UNROLLED for (int v = 0; v < AT_ONCE; v++) {
          const Vector value = load<Vector>(from + v * LANES);
          a[v] = fma(value, left, a[v]);
          b[v] = fma(value, right, b[v]);
        }
      }
      UNROLLED for (int v = 0; v < AT_ONCE; v++) {
        store(to + head * HIDDEN + column + v * LANES, a[v]);
        store(to + (head + 1) * HIDDEN + column + v * LANES, b[v]);
      }
    }
  }
}

/** out = elu((sums + more) * norm + bias + h) for one node; `more` may be missing. */
inline void finish(const Layer& layer, int64_t node, const float* sums, const float* more, Four norm) {
  for (int v = 0; v < HIDDEN; v += LANES) {
    Vector received = load<Vector>(sums + v);
    if (more) received = received + load<Vector>(more + v);
    const Vector whole = received * norm[v / HEAD_WIDTH] + load<Vector>(layer.bias + v);
    store(layer.out + node * HIDDEN + v, elu(whole + load<Vector>(layer.h + node * HIDDEN + v)));
  }
}

/** Sums what projected senders of messages [first, end) send, weighed per head. */
inline void sumProjected(const Layer& layer, const int32_t* place, const int32_t* source, const float* weights,
                         int first, int end, float* to) {
  for (int head = 0; head < HEADS; head += HEADS_AT_ONCE) {
    Vector sums[VECTORS] = {};
    for (int m = first; m < end; m++) {
      const int64_t row = place[source[m]];
      if (row < 0) continue;
      const float* z = layer.z + row * layer.zStride + head * HEAD_WIDTH;
      const float* w = weights + static_cast<int64_t>(m) * HEADS + head;
      UNROLLED for (int v = 0; v < VECTORS; v++) {
        sums[v] = fma(load<Vector>(z + v * LANES), all<Vector>(w[v * LANES / HEAD_WIDTH]), sums[v]);
      }
    }
    for (int v = 0; v < VECTORS; v++) store(to + head * HEAD_WIDTH + v * LANES, sums[v]);
  }
}

/** Attention of one graph: finishes who hears of projected senders alone, and gathers for the others. */
void attendGraph(const Layer& layer, LayerRoom& room, int64_t g) {
  const Messages& batch = layer.batch;
  const int64_t base = batch.node_start[g];
  const int nodes = batch.node_start[g + 1] - batch.node_start[g];
  const int32_t* rowStart = batch.row_start + base + g;
  const int32_t* source = batch.source + batch.message_start[g];
  const int32_t* kind = batch.kind + batch.message_start[g];
  float* paid = layer.paid + batch.message_start[g];
  AttentionRoom& attention = attentionRoom();
  grow(attention.exponents, static_cast<int64_t>(nodes) * 16);
  grow(attention.weights, static_cast<int64_t>(rowStart[nodes]) * HEADS);
  exponentsOfNodes(layer.scores + base * layer.scoresStride, layer.scoresStride, nodes, layer.limits,
                   attention.exponents.data());
  float* weights = attention.weights.data();
  const int32_t* places = room.place.data() + base;
  float own[HIDDEN];
  for (int row = 0; row < nodes; row++) {
    const int first = rowStart[row];
    const int end = rowStart[row + 1];
    const Four sum = weigh<false>(attention, row, first, end, source, kind, layer.limits.slope, weights, nullptr);
    const Four norm = first < end ? 1.0f / sum : Four{};
    bool gathers = false;
    for (int m = first; m < end; m++) {
      const Four share = load<Four>(weights + static_cast<int64_t>(m) * HEADS) * norm;
      paid[m] = (share[0] + share[1] + share[2] + share[3]) / HEADS;
      gathers = gathers || places[source[m]] < 0;
    }
    sumProjected(layer, places, source, weights, first, end, own);
    if (!gathers) {
      finish(layer, base + row, own, nullptr, norm);
      continue;
    }
    const int64_t place = static_cast<int64_t>(room.gathers.size());
    room.gathers.push_back(static_cast<int32_t>(base + row));
    grow(room.gathered, (place + 1) * HEADS * HIDDEN);
    grow(room.sums, (place + 1) * HIDDEN);
    grow(room.norms, (place + 1) * HEADS);
    float* gathered = room.gathered.data() + place * HEADS * HIDDEN;
    gather(places, layer.h + base * HIDDEN, source, weights, first, end, gathered);
    std::memcpy(room.sums.data() + place * HIDDEN, own, sizeof(own));
    store(room.norms.data() + place * HEADS, norm);
  }
}

/** Multiplies what was gathered, head by head, and finishes those nodes. */
void finishGathered(const Layer& layer, LayerRoom& room) {
  const int64_t count = static_cast<int64_t>(room.gathers.size());
  grow(room.products, count * HIDDEN);
  for (int64_t block = 0; block < count; block += BLOCK) {
    const int64_t some = std::min<int64_t>(BLOCK, count - block);
    for (int head = 0; head < HEADS; head++) {
      const Rows rows = {room.gathered.data() + (block * HEADS + head) * HIDDEN, HEADS * HIDDEN, HIDDEN,
                         room.products.data() + block * HIDDEN + head * HEAD_WIDTH, HIDDEN};
      multiplyPanel(rows, some, layer.w + head * HEAD_WIDTH * HIDDEN, PANEL, nullptr);
    }
  }
  for (int64_t i = 0; i < count; i++) {
    finish(layer, room.gathers[i], room.sums.data() + i * HIDDEN, room.products.data() + i * HIDDEN,
           load<Four>(room.norms.data() + i * HEADS));
  }
}

/**
 * h, w in panels, bias, kind_bias, state, messages -> h of the next layer [nodes, 128] and the attention paid to each
 * message (mean of heads), with as few rows multiplied as the plan says.
 */
void layer(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  int64_t hidden = 0;
  int64_t weights = 0;
  int64_t kinds = 0;
  int64_t states = 0;
  Layer layer = {};
  layer.limits = *static_cast<Limits*>(kernel);
  layer.h = call.input<float>(0, &hidden);
  layer.w = call.input<float>(1, &weights);
  layer.bias = call.input<float>(2);
  const float* kindBias = call.input<float>(3, &kinds);
  layer.state = call.input<int32_t>(4, &states);
  if (!layer.batch.take(call, 5)) return;
  const int64_t nodes = layer.batch.nodes;
  if (hidden != nodes * HIDDEN || states != nodes || weights != HIDDEN * PROJECTED) {
    return call.refuse("h, state and weights do not fit together");
  }
  layer.out = call.output(0, {nodes, HIDDEN});
  layer.paid = call.output(1, {layer.batch.messages});
  if (!call.ok()) return;
  LayerRoom& room = layerRoom();
  room.gathers.clear();
  exponentsOfKinds(kindBias, kinds / HEADS, layer.limits, attentionRoom().ofKind);
  projectSenders(layer, room);
  for (int64_t g = 0; g < layer.batch.graphs; g++) attendGraph(layer, room, g);
  finishGathered(layer, room);
}

/** zx, h, bias, kind_bias, messages -> the same where TensorFlow has projected every node, scores beside values. */
void attend(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  int64_t projected = 0;
  int64_t kinds = 0;
  Layer layer = {};
  layer.limits = *static_cast<Limits*>(kernel);
  layer.z = call.input<float>(0, &projected);
  layer.h = call.input<float>(1);
  layer.bias = call.input<float>(2);
  const float* kindBias = call.input<float>(3, &kinds);
  if (!layer.batch.take(call, 4)) return;
  const int64_t nodes = layer.batch.nodes;
  if (projected != nodes * PROJECTED) return call.refuse("zx does not have a row per node");
  layer.out = call.output(0, {nodes, HIDDEN});
  layer.paid = call.output(1, {layer.batch.messages});
  if (!call.ok()) return;
  layer.zStride = PROJECTED;
  layer.scores = layer.z + HIDDEN;
  layer.scoresStride = PROJECTED;
  LayerRoom& room = layerRoom();
  grow(room.place, nodes);
  std::iota(room.place.begin(), room.place.begin() + nodes, 0);
  exponentsOfKinds(kindBias, kinds / HEADS, layer.limits, attentionRoom().ofKind);
  for (int64_t g = 0; g < layer.batch.graphs; g++) attendGraph(layer, room, g);
}

const bool registered = [] {
  define("LogsterLayer", {"h: float", "w: float", "bias: float", "kind_bias: float", "state: int32", LOGSTER_MESSAGES},
         {"out: float", "paid: float"});
  implement("LogsterLayer", layer);
  define("LogsterAttend", {"zx: float", "h: float", "bias: float", "kind_bias: float", LOGSTER_MESSAGES},
         {"out: float", "paid: float"});
  implement("LogsterAttend", attend);
  return true;
}();

}  // namespace
}  // namespace logster
