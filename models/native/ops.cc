// The parts of the network for which TensorFlow has no good operation of its own, as TensorFlow operations: attention
// over the messages of a graph, its readout, their gradients, and products that give a row the same bits in any company.
// Registered through TensorFlow's C API (tensorflow/c/ops.h and kernels.h), which holds from version to version.
// Compiled together with the binding of @tensorflow/tfjs-node-gpu, so that loading the binding registers them.
//
// A batch is a row of graphs: node_start and message_start [graphs + 1] say where each begins. Within a graph row_start
// holds, at node_start + graph, its nodes + 1 places where a node's messages begin; source and kind are the messages,
// sorted by receiver, with nodes counted within the graph. Graphs are worked on one after another, so that what one
// needs stays in the processor's cache, and every sum runs in an order that does not depend on the other graphs.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

constexpr int HEADS = 4;
constexpr int HEAD_WIDTH = 32;
constexpr int HIDDEN = HEADS * HEAD_WIDTH;
// a projected node: its value, then its score as a source and as a target of attention, per head
constexpr int PROJECTED = HIDDEN + 2 * HEADS;

// The widest vector the processor has. Sums over a vector's lanes are made in a fixed order below.
#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif
// Sums stay in registers only where the loops over them are laid out one by one.
#define UNROLLED _Pragma("GCC unroll 16")
// as many heads as there are registers for their sums
constexpr int HEADS_AT_ONCE = LANES / 4;
constexpr int VECTORS = HEADS_AT_ONCE * HEAD_WIDTH / LANES;

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Ints __attribute__((vector_size(LANES * sizeof(float))));
typedef float Four __attribute__((vector_size(4 * sizeof(float))));
typedef int32_t FourInts __attribute__((vector_size(4 * sizeof(float))));

template <typename V>
inline V load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof(V));
  return value;
}

template <typename V>
inline void store(float* to, V value) {
  std::memcpy(to, &value, sizeof(V));
}

template <typename V>
inline V all(float value) {
  return V{} + value;
}

/**
 * a * b + c, rounded once where the processor can. Asked for by name: a compiler left to choose (-ffp-contract=fast)
 * chooses differently from place to place, and a row's bits would depend on its company.
 */
template <typename V>
inline V fma(V a, V b, V c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return reinterpret_cast<V>(_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c));
#endif
#if defined(__FMA__)
  if constexpr (sizeof(V) == 32) return reinterpret_cast<V>(_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c));
  if constexpr (sizeof(V) == 16) return reinterpret_cast<V>(_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c));
#endif
  return a * b + c;
}

inline float sumOf(Vector v) {
  float sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += v[lane];
  return sum;
}

/** e^x after the single-precision exp of the Cephes library (S. Moshier), relative error about 1e-7; x within +-87. */
template <typename V, typename I>
inline V exponential(V x) {
  const V rounder = all<V>(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest whole number
  V n = fma(x, all<V>(1.44269502f), rounder);
  n = n - rounder;
  const V high = fma(n, all<V>(-0.693359375f), x);
  const V r = fma(n, all<V>(2.1219444e-4f), high);
  V y = all<V>(1.98756915e-4f);
  y = fma(y, r, all<V>(1.39819995e-3f));
  y = fma(y, r, all<V>(8.33345191e-3f));
  y = fma(y, r, all<V>(4.16657959e-2f));
  y = fma(y, r, all<V>(1.66666655e-1f));
  y = fma(y, r, all<V>(0.5f));
  y = fma(y * r, r, r) + all<V>(1.0f);
  const I power = (__builtin_convertvector(n, I) + 127) << 23;
  V scale;
  std::memcpy(&scale, &power, sizeof(V));
  return y * scale;
}

template <typename V>
inline V held(V x, float limit) {
  const V high = all<V>(limit);
  x = x > high ? high : x;
  return x < -high ? -high : x;
}

/** x > 0 ? x : e^x - 1 */
inline Vector elu(Vector x) {
  const Vector zero = Vector{};
  const Vector below = held(x < zero ? x : zero, 87.0f);
  return x > zero ? x : exponential<Vector, Ints>(below) - 1.0f;
}

/** The slope of the ELU whose result was y. */
inline Vector eluSlope(Vector y) { return y > Vector{} ? all<Vector>(1.0f) : y + 1.0f; }

// ------------------------------------------------------------------------------------------ TensorFlow's C API

/** The inputs and outputs of one call; the first that fails to come tells TensorFlow why and stops the rest. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  bool ok() const { return TF_GetCode(status_) == TF_OK; }

  template <typename T>
  const T* input(int place, int64_t* elements = nullptr, int64_t* columns = nullptr) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, place, &tensor, status_);
    if (!ok()) return nullptr;
    tensors_.push_back(tensor);
    if (elements) *elements = TF_TensorElementCount(tensor);
    if (columns) *columns = TF_NumDims(tensor) == 2 ? TF_Dim(tensor, 1) : 0;
    return static_cast<const T*>(TF_TensorData(tensor));
  }

  float* output(int place, std::initializer_list<int64_t> shape) {
    return static_cast<float*>(allocate(place, TF_FLOAT, shape));
  }
  int32_t* intOutput(int place, std::initializer_list<int64_t> shape) {
    return static_cast<int32_t*>(allocate(place, TF_INT32, shape));
  }

  void refuse(const char* reason) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, reason); }

 private:
  void* allocate(int place, TF_DataType type, std::initializer_list<int64_t> shape) {
    size_t bytes = 4; // of one element of either type
    for (int64_t length : shape) bytes *= static_cast<size_t>(length);
    TF_Tensor* tensor = TF_AllocateOutput(context_, place, type, shape.begin(), static_cast<int>(shape.size()), bytes,
                                          status_);
    if (!ok()) return nullptr;
    tensors_.push_back(tensor);
    return TF_TensorData(tensor);
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

/** Attributes of the attention and readout operations. */
struct Limits {
  float limit = 0;  // attention scores, edge biases and gates are held within +-limit
  float slope = 0;  // of the LeakyReLU below 0
};

void* createLimits(TF_OpKernelConstruction* construction) {
  auto* limits = new Limits();
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction, "limit", &limits->limit, status);
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrFloat(construction, "slope", &limits->slope, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return limits;
}

void deleteLimits(void* limits) { delete static_cast<Limits*>(limits); }

/** The messages of a batch as the head of this file describes them. */
struct Messages {
  const int32_t* node_start = nullptr;
  const int32_t* message_start = nullptr;
  const int32_t* row_start = nullptr;
  const int32_t* source = nullptr;
  const int32_t* kind = nullptr;
  int64_t graphs = 0;
  int64_t nodes = 0;
  int64_t messages = 0;

  /** Takes five inputs from `place` on. */
  bool take(Call& call, int place) {
    int64_t starts = 0;
    int64_t rows = 0;
    int64_t kinds = 0;
    node_start = call.input<int32_t>(place, &starts);
    message_start = call.input<int32_t>(place + 1);
    row_start = call.input<int32_t>(place + 2, &rows);
    source = call.input<int32_t>(place + 3, &messages);
    kind = call.input<int32_t>(place + 4, &kinds);
    if (!call.ok()) return false;
    graphs = starts - 1;
    nodes = graphs >= 0 ? node_start[graphs] : -1;
    if (graphs >= 0 && rows == nodes + graphs && kinds == messages && message_start[graphs] == messages) return true;
    call.refuse("the starts of nodes, rows and messages do not fit together");
    return false;
  }
};

// ---------------------------------------------------------------------------------------------------- attention

/** Reused between calls of a thread, so that a batch costs no page faults. */
struct AttentionRoom {
  std::vector<float> exponents;  // [nodes, 16] e^s and e^(slope s) of the source and the target scores
  std::vector<float> ofKind;     // [kinds, 8] e^b and e^(slope b)
  std::vector<float> weights;    // [messages, HEADS]
  std::vector<float> straight;   // [messages, HEADS] 1 above the bend of the LeakyReLU, its slope below
  std::vector<float> dots;       // [messages, HEADS]
};

AttentionRoom& attentionRoom() {
  static thread_local AttentionRoom room;
  return room;
}

template <typename T>
void grow(std::vector<T>& to, size_t length) {
  if (to.size() < length) to.resize(length);
}

/** e^LeakyReLU(a + b + c) = max(e^a e^b e^c, e^0.2a e^0.2b e^0.2c), so no exp is needed per message. */
void exponentsOfNodes(const float* scores, int64_t stride, int nodes, const Limits& limits, float* to) {
  for (int node = 0; node < nodes; node++, scores += stride) {
    const Four source = held(load<Four>(scores), limits.limit);
    const Four target = held(load<Four>(scores + HEADS), limits.limit);
    float* row = to + static_cast<int64_t>(node) * 16;
    store(row, exponential<Four, FourInts>(source));
    store(row + 4, exponential<Four, FourInts>(source * limits.slope));
    store(row + 8, exponential<Four, FourInts>(target));
    store(row + 12, exponential<Four, FourInts>(target * limits.slope));
  }
}

void exponentsOfKinds(const float* bias, int64_t kinds, const Limits& limits, std::vector<float>& to) {
  grow(to, static_cast<size_t>(kinds) * 8);
  for (int64_t kind = 0; kind < kinds; kind++) {
    const Four b = held(load<Four>(bias + kind * HEADS), limits.limit);
    store(to.data() + kind * 8, exponential<Four, FourInts>(b));
    store(to.data() + kind * 8 + 4, exponential<Four, FourInts>(b * limits.slope));
  }
}

/** Weights of one node's messages, not yet divided by their sum; gives that sum. */
template <bool KEEP_BEND>
inline Four weigh(const AttentionRoom& room, int row, int first, int end, const int32_t* source, const int32_t* kind,
                  float slope, float* weights, float* bends) {
  const float* own = room.exponents.data() + static_cast<int64_t>(row) * 16;
  const Four target = load<Four>(own + 8);
  const Four targetBent = load<Four>(own + 12);
  Four sum = Four{};
  for (int m = first; m < end; m++) {
    const float* from = room.exponents.data() + static_cast<int64_t>(source[m]) * 16;
    const float* of = room.ofKind.data() + static_cast<int64_t>(kind[m]) * 8;
    const Four straight = load<Four>(from) * target * load<Four>(of);
    const Four bent = load<Four>(from + 4) * targetBent * load<Four>(of + 4);
    const Four w = straight > bent ? straight : bent;
    store(weights + static_cast<int64_t>(m) * HEADS, w);
    if (KEEP_BEND) {
      store(bends + static_cast<int64_t>(m) * HEADS, straight > bent ? all<Four>(1.0f) : all<Four>(slope));
    }
    sum = sum + w;
  }
  return sum;
}

void attendGraph(const float* zx, const float* h, const float* bias, const Limits& limits, int nodes,
                 const int32_t* rowStart, const int32_t* source, const int32_t* kind, float* out, float* paid) {
  AttentionRoom& room = attentionRoom();
  grow(room.exponents, static_cast<size_t>(nodes) * 16);
  grow(room.weights, static_cast<size_t>(rowStart[nodes]) * HEADS);
  exponentsOfNodes(zx + HIDDEN, PROJECTED, nodes, limits, room.exponents.data());
  float* weights = room.weights.data();
  for (int row = 0; row < nodes; row++) {
    const int first = rowStart[row];
    const int end = rowStart[row + 1];
    const Four sum = weigh<false>(room, row, first, end, source, kind, limits.slope, weights, nullptr);
    const Four norm = first < end ? 1.0f / sum : Four{};
    for (int m = first; m < end; m++) {
      const Four share = load<Four>(weights + static_cast<int64_t>(m) * HEADS) * norm;
      paid[m] = (share[0] + share[1] + share[2] + share[3]) / HEADS;
    }
    for (int head = 0; head < HEADS; head += HEADS_AT_ONCE) {
      Vector sums[VECTORS] = {};
      for (int m = first; m < end; m++) {
        const float* z = zx + static_cast<int64_t>(source[m]) * PROJECTED + head * HEAD_WIDTH;
        const float* w = weights + static_cast<int64_t>(m) * HEADS + head;
        UNROLLED for (int v = 0; v < VECTORS; v++) {
          sums[v] = fma(load<Vector>(z + v * LANES), all<Vector>(w[v * LANES / HEAD_WIDTH]), sums[v]);
        }
      }
      const int64_t at = static_cast<int64_t>(row) * HIDDEN + head * HEAD_WIDTH;
      for (int v = 0; v < VECTORS; v++) {
        const float scale = norm[head + v * LANES / HEAD_WIDTH];
        const Vector received = sums[v] * scale + load<Vector>(bias + head * HEAD_WIDTH + v * LANES);
        store(out + at + v * LANES, elu(received + load<Vector>(h + at + v * LANES)));
      }
    }
  }
}

/** zx, h, bias, kind_bias, messages -> h of the next layer [nodes, 128], attention paid to each message (mean of heads). */
void attend(void* kernel, TF_OpKernelContext* context) {
  const Limits& limits = *static_cast<Limits*>(kernel);
  Call call(context);
  int64_t projected = 0;
  int64_t kinds = 0;
  const float* zx = call.input<float>(0, &projected);
  const float* h = call.input<float>(1);
  const float* bias = call.input<float>(2);
  const float* kindBias = call.input<float>(3, &kinds);
  Messages batch;
  if (!batch.take(call, 4)) return;
  if (projected != batch.nodes * PROJECTED) return call.refuse("zx does not have a row per node");
  float* out = call.output(0, {batch.nodes, HIDDEN});
  float* paid = call.output(1, {batch.messages});
  if (!call.ok()) return;
  exponentsOfKinds(kindBias, kinds / HEADS, limits, attentionRoom().ofKind);
  for (int64_t g = 0; g < batch.graphs; g++) {
    const int64_t node = batch.node_start[g];
    const int64_t message = batch.message_start[g];
    attendGraph(zx + node * PROJECTED, h + node * HIDDEN, bias, limits, batch.node_start[g + 1] - batch.node_start[g],
                batch.row_start + node + g, batch.source + message, batch.kind + message, out + node * HIDDEN,
                paid + message);
  }
}

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

// ------------------------------------------------------------------------------------------------------ readout

inline float dot(const float* a, const float* b) {
  Vector sum = Vector{};
  for (int v = 0; v < HIDDEN; v += LANES) sum = fma(load<Vector>(a + v), load<Vector>(b + v), sum);
  return sumOf(sum);
}

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

// ------------------------------------------------------------------------------------------------------ product
// TensorFlow's own product gives a row other last bits depending on how many rows travel with it. A score must not
// depend on its company, so scoring uses this one: every element is summed in the order of `inner`, wherever its row
// stands. Training, where a step is one batch, uses TensorFlow's.

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
void panelUpTo(int64_t some, const Rows& rows, const float* panel, int64_t panelWidth, const float* bias) {
  if (some == R) return panelRows<V, N, R>(rows, panel, panelWidth, bias);
  if constexpr (R > 1) panelUpTo<V, N, R - 1>(some, rows, panel, panelWidth, bias);
}

/** The columns of one panel for `count` rows. */
void multiplyPanel(Rows rows, int64_t count, const float* panel, int64_t width, const float* bias) {
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
void multiply(const Rows& rows, int64_t count, const float* w, const float* bias) {
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

// --------------------------------------------------------------------------------------------------------- plan
// Which nodes of a graph are multiplied by a layer's weights, so that all messages get what they carry. What a node
// receives is a sum of attention * (h W). It can be made of rows of h W, one per sender, or as (sum of attention * h) W,
// one row per receiver. A process with a hundred files needs a hundred rows the one way and one the other. So a node
// whose last open neighbour is p stays bare, and p gathers from it; p itself is projected for all its neighbours. What is
// left in the end, rings and the like, is projected. On trees no choice needs fewer rows; it is a vertex cover.

constexpr int32_t OPEN = 0;   // projected; in the end: and gathers from nobody
constexpr int32_t COVER = 1;  // projected for all its neighbours, and gathers from those that are bare
constexpr int32_t BARE = 2;   // not projected; all its neighbours are COVER

/** One graph's nodes, rows and senders. */
struct Graph {
  int32_t nodes;
  const int32_t* rowStart;
  const int32_t* source;
};

void coverGraph(const Graph& graph, int32_t* state, std::vector<int32_t>& open, std::vector<int32_t>& waiting) {
  const int32_t* rowStart = graph.rowStart;
  open.resize(static_cast<size_t>(graph.nodes));
  waiting.clear();
  for (int32_t row = 0; row < graph.nodes; row++) {
    open[row] = rowStart[row + 1] - rowStart[row];
    state[row] = open[row] == 0 ? BARE : OPEN;
    if (open[row] == 1) waiting.push_back(row);
  }
  while (!waiting.empty()) {
    const int32_t leaf = waiting.back();
    waiting.pop_back();
    if (state[leaf] != OPEN || open[leaf] != 1) continue;
    int32_t m = rowStart[leaf];
    while (state[graph.source[m]] != OPEN) m++;
    const int32_t hub = graph.source[m];
    state[leaf] = BARE;
    state[hub] = COVER;
    for (int32_t p = rowStart[hub]; p < rowStart[hub + 1]; p++) {
      const int32_t other = graph.source[p];
      if (state[other] != OPEN) continue;
      open[other]--;
      if (open[other] == 1) waiting.push_back(other);
      if (open[other] == 0) state[other] = BARE;
    }
  }
}

/** Who would gather from one node alone has it projected instead: as many rows, and nothing to gather. */
void spareGatherers(const Graph& graph, int32_t* state) {
  for (int32_t row = 0; row < graph.nodes; row++) {
    if (state[row] != COVER) continue;
    int32_t bare = 0;
    int32_t last = -1;
    for (int32_t m = graph.rowStart[row]; m < graph.rowStart[row + 1]; m++) {
      const int32_t other = graph.source[m];
      if (state[other] != BARE || other == last) continue;
      last = other;
      bare++;
    }
    if (bare == 1) state[last] = OPEN;
  }
}

/** messages -> state of every node [nodes]. */
void plan(void*, TF_OpKernelContext* context) {
  Call call(context);
  Messages batch;
  if (!batch.take(call, 0)) return;
  int32_t* state = call.intOutput(0, {batch.nodes});
  if (!call.ok()) return;
  static thread_local std::vector<int32_t> open;
  static thread_local std::vector<int32_t> waiting;
  for (int64_t g = 0; g < batch.graphs; g++) {
    const int64_t node = batch.node_start[g];
    const Graph graph = {batch.node_start[g + 1] - batch.node_start[g], batch.row_start + node + g,
                         batch.source + batch.message_start[g]};
    coverGraph(graph, state + node, open, waiting);
    spareGatherers(graph, state + node);
  }
}

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

/** What one call of layer() works with. */
struct Layer {
  const float* h;
  const float* w;  // panels of the projection, then of the scores
  const float* bias;
  const int32_t* state;
  Limits limits;
  Messages batch;
  float* out;
  float* paid;
};

/** Projects who is to be projected, and scores everybody. */
void projectSenders(const Layer& layer, LayerRoom& room) {
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
inline void sumProjected(const LayerRoom& room, int64_t base, const int32_t* source, const float* weights, int first,
                         int end, float* to) {
  for (int head = 0; head < HEADS; head += HEADS_AT_ONCE) {
    Vector sums[VECTORS] = {};
    for (int m = first; m < end; m++) {
      const int32_t place = room.place[base + source[m]];
      if (place < 0) continue;
      const float* z = room.z.data() + static_cast<int64_t>(place) * HIDDEN + head * HEAD_WIDTH;
      const float* w = weights + static_cast<int64_t>(m) * HEADS + head;
      UNROLLED for (int v = 0; v < VECTORS; v++) {
        sums[v] = fma(load<Vector>(z + v * LANES), all<Vector>(w[v * LANES / HEAD_WIDTH]), sums[v]);
      }
    }
    for (int v = 0; v < VECTORS; v++) store(to + head * HEAD_WIDTH + v * LANES, sums[v]);
  }
}

/** Attention of one graph: finishes who hears of projected senders alone, and gathers for the others. */
void attendPlanned(const Layer& layer, LayerRoom& room, int64_t g) {
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
  exponentsOfNodes(room.scores.data() + base * 2 * HEADS, 2 * HEADS, nodes, layer.limits, attention.exponents.data());
  float* weights = attention.weights.data();
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
      gathers = gathers || room.place[base + source[m]] < 0;
    }
    sumProjected(room, base, source, weights, first, end, own);
    if (!gathers) {
      finish(layer, base + row, own, nullptr, norm);
      continue;
    }
    const int64_t place = static_cast<int64_t>(room.gathers.size());
    room.gathers.push_back(static_cast<int32_t>(base + row));
    room.gathered.resize((place + 1) * HEADS * HIDDEN);
    room.sums.resize((place + 1) * HIDDEN);
    room.norms.resize((place + 1) * HEADS);
    float* gathered = room.gathered.data() + place * HEADS * HIDDEN;
    gather(room.place.data() + base, layer.h + base * HIDDEN, source, weights, first, end, gathered);
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

/** h, w in panels, bias, kind_bias, state, messages -> what attend() gives, with as few rows multiplied as plan() says. */
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
  for (int64_t g = 0; g < layer.batch.graphs; g++) attendPlanned(layer, room, g);
  finishGathered(layer, room);
}

// -------------------------------------------------------------------------------------- between orders of nodes

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

// ------------------------------------------------------------------------------------------------- registration

using Names = std::initializer_list<const char*>;

void unknownShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

void define(const char* name, Names inputs, Names outputs) {
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(builder, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderAddAttr(builder, "limit: float");
  TF_OpDefinitionBuilderAddAttr(builder, "slope: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, unknownShapes);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(builder, status);
  TF_DeleteStatus(status);
}

void implement(const char* name, void (*compute)(void*, TF_OpKernelContext*)) {
  TF_Status* status = TF_NewStatus();
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", createLimits, compute, deleteLimits);
  TF_RegisterKernelBuilder(name, builder, status);
  TF_DeleteStatus(status);
}

#define LOGSTER_MESSAGES \
  "node_start: int32", "message_start: int32", "row_start: int32", "source: int32", "kind: int32"

bool registerAll() {
  define("LogsterGatherHeld", {"x: float", "order: int32"}, {"rows: float"});
  define("LogsterProduct", {"x: float", "w: float", "bias: float"}, {"out: float"});
  define("LogsterPlan", {LOGSTER_MESSAGES}, {"state: int32"});
  define("LogsterLayer", {"h: float", "w: float", "bias: float", "kind_bias: float", "state: int32", LOGSTER_MESSAGES},
         {"out: float", "paid: float"});
  define("LogsterScatterElu", {"x: float", "order: int32"}, {"out: float"});
  define("LogsterScatterEluGrad", {"d_out: float", "out: float", "order: int32"}, {"dx: float"});
  define("LogsterAttend", {"zx: float", "h: float", "bias: float", "kind_bias: float", LOGSTER_MESSAGES},
         {"out: float", "paid: float"});
  define("LogsterAttendGrad", {"d_out: float", "out: float", "zx: float", "kind_bias: float", LOGSTER_MESSAGES},
         {"d_pre: float", "d_zx: float", "d_kind: float", "d_bias: float"});
  define("LogsterReadout", {"h: float", "gate: float", "direction: float", "node_start: int32"},
         {"logit: float", "node_score: float", "pooled: float", "gates: float", "shares: float"});
  define("LogsterReadoutGrad",
         {"d_logit: float", "h: float", "gate: float", "direction: float", "node_start: int32", "pooled: float",
          "gates: float", "shares: float"},
         {"d_h: float", "d_gate: float", "d_direction: float"});
  implement("LogsterGatherHeld", gatherHeld);
  implement("LogsterProduct", product);
  implement("LogsterPlan", plan);
  implement("LogsterLayer", layer);
  implement("LogsterScatterElu", scatterElu);
  implement("LogsterScatterEluGrad", scatterEluGrad);
  implement("LogsterAttend", attend);
  implement("LogsterAttendGrad", attendGrad);
  implement("LogsterReadout", readout);
  implement("LogsterReadoutGrad", readoutGrad);
  return true;
}

#undef LOGSTER_MESSAGES

const bool registered = registerAll();

}  // namespace
