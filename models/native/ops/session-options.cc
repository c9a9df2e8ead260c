// Sessions that run in the thread that calls them. The binding opens sessions with TF_NewSessionOptions() and offers no
// way to configure them; it is compiled with that name standing for this function instead (platform/setup-native).
// One scorer process has one core, so TensorFlow's own threads would only hand the work to and fro.
#include "tensorflow/c/c_api.h"

extern "C" TF_SessionOptions* LogsterSessionOptions() {
  // a ConfigProto (tensorflow/core/protobuf/config.proto) in the wire format of protocol buffers
  const unsigned char config[] = {
      0x10, 0x01,                                                         // intra_op_parallelism_threads: 1
      0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,  // inter_op_parallelism_threads: -1, the caller's
  };
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Status* status = TF_NewStatus();
  TF_SetConfig(options, config, sizeof(config), status);
  TF_DeleteStatus(status);
  return options;
}
