// Which nodes of a graph are multiplied by a layer's weights, so that all messages get what they carry. What a node
// receives is a sum of attention * (h W). It can be made of rows of h W, one per sender, or as (sum of attention * h) W,
// one row per receiver. A process with a hundred files needs a hundred rows the one way and one the other. So a node
// whose last open neighbour is p stays bare, and p gathers from it; p itself is projected for all its neighbours. What is
// left in the end, rings and the like, is projected. On trees no choice needs fewer rows; it is a vertex cover.
#pragma once

#include <cstdint>

namespace logster {

constexpr int32_t OPEN = 0;   // projected; in the end: and gathers from nobody
constexpr int32_t COVER = 1;  // projected for all its neighbours, and gathers from those that are bare
constexpr int32_t BARE = 2;   // not projected; all its neighbours are COVER

}  // namespace logster
