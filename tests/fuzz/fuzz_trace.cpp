// The headers traceparent and tracestate, in two lines: what is read is passed
// on so that it reads as the same.

#include "runtime/telemetry/trace_context.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto lines = fuzz::input{data, size}.parts('\n', 2);
  auto parent = lines.front();
  auto state = lines.back();
  if (auto read = parse_traceparent(parent)) {
    require(read->trace && read->span);
    auto again = parse_traceparent(format_traceparent(*read));
    require(again && *again == *read);
  }
  if (auto read = parse_tracestate(state)) {
    require(read->size() <= max_tracestate_bytes);
    require(read->find_first_of("\r\n") == std::string::npos);
    auto again = parse_tracestate(*read);
    require(again && *again == *read);
  }
  if (auto read = read_trace_context(parent, state)) {
    require(read->trace && read->state.size() <= max_tracestate_bytes);
    require(new_child(*read, 0).trace == read->trace);
  }
  return 0;
}
