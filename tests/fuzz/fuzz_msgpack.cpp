// Bytes that may be MessagePack. What is read can be written as JSON; a type
// that was read reads as the same again.

#include "runtime/wire/document.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/runtime/wire/samples.hpp"

using namespace machine;
using fuzz::require;

namespace {

constexpr wire::limits bounds{
  .max_bytes = 1u << 16, .max_depth = 16, .max_items = 2'000};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bytes_view input{data, size};
  auto document = wire::parse_msgpack(input, bounds);
  if (!document) {
    auto sentence = message_of(document.error());
    require(!sentence.empty() && wire::is_utf8(sentence));
    return 0;
  }
  require(wire::is_json(wire::write_json(*document, document->root())));
  auto value =
    wire::from_document<test::sample>(*document, wire::format::msgpack);
  if (!value)
    return 0;
  auto packed = wire::to_msgpack(*value);
  auto same = wire::from_msgpack<test::sample>(packed);
  require(same && wire::to_msgpack(*same) == packed);
  require(wire::is_json(wire::to_json(*value)));
  return 0;
}
