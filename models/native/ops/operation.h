// What every operation of ours needs of TensorFlow: the inputs and outputs of a call, attributes, and to be known. All of it
// through the C API (tensorflow/c/ops.h and kernels.h), which holds from version to version.
//
// A batch is a row of graphs: node_start and message_start [graphs + 1] say where each begins. Within a graph row_start
// holds, at node_start + graph, its nodes + 1 places where a node's messages begin; source and kind are the messages,
// sorted by receiver, with nodes counted within the graph. Graphs are worked on one after another, so that what one
// needs stays in the processor's cache, and every sum runs in an order that does not depend on the other graphs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace logster {

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

inline void* createLimits(TF_OpKernelConstruction* construction) {
  auto* limits = new Limits();
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction, "limit", &limits->limit, status);
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrFloat(construction, "slope", &limits->slope, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return limits;
}

inline void deleteLimits(void* limits) { delete static_cast<Limits*>(limits); }

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

/** The inputs that Messages takes. */
#define LOGSTER_MESSAGES \
  "node_start: int32", "message_start: int32", "row_start: int32", "source: int32", "kind: int32"

using Names = std::initializer_list<const char*>;

inline void unknownShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

/** Tells TensorFlow of an operation. */
inline void define(const char* name, Names inputs, Names outputs) {
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

/** And what computes it. */
inline void implement(const char* name, void (*compute)(void*, TF_OpKernelContext*)) {
  TF_Status* status = TF_NewStatus();
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", createLimits, compute, deleteLimits);
  TF_RegisterKernelBuilder(name, builder, status);
  TF_DeleteStatus(status);
}

}  // namespace logster
