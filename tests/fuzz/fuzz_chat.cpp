// The body of a request to /v1/chat/completions; see front.hpp.

#include "tests/fuzz/front.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto front = machine::gateway::proxy::chat_front();
  return machine::fuzz::check_front(*front,
                                    machine::fuzz::input{data, size}.text());
}
