// Makes the plan that plan.h describes.
#include <cstdint>
#include <vector>

#include "operation.h"
#include "plan.h"

namespace logster {
namespace {

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

const bool registered = [] {
  define("LogsterPlan", {LOGSTER_MESSAGES}, {"state: int32"});
  implement("LogsterPlan", plan);
  return true;
}();

}  // namespace
}  // namespace logster
