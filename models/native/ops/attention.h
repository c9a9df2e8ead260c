// The weights of attention, for the forward passes and for their gradient.
#pragma once

#include <cstdint>
#include <vector>

#include "operation.h"
#include "vectors.h"

namespace logster {

/** Reused between calls of a thread. */
struct AttentionRoom {
  std::vector<float> exponents;  // [nodes, 16] e^s and e^(slope s) of the source and the target scores
  std::vector<float> ofKind;     // [kinds, 8] e^b and e^(slope b)
  std::vector<float> weights;    // [messages, HEADS]
  std::vector<float> straight;   // [messages, HEADS] 1 above the bend of the LeakyReLU, its slope below
  std::vector<float> dots;       // [messages, HEADS]
};

inline AttentionRoom& attentionRoom() {
  static thread_local AttentionRoom room;
  return room;
}

/** e^LeakyReLU(a + b + c) = max(e^a e^b e^c, e^0.2a e^0.2b e^0.2c), so no exp is needed per message. */
inline void exponentsOfNodes(const float* scores, int64_t stride, int nodes, const Limits& limits, float* to) {
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

inline void exponentsOfKinds(const float* bias, int64_t kinds, const Limits& limits, std::vector<float>& to) {
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

}  // namespace logster
