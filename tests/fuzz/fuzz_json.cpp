// Text that may be JSON. Whatever is read is written so that it reads as the
// same, as a document and as a type, and by both readers; and what does not
// read is refused briefly.

#include "runtime/wire/document.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/runtime/wire/samples.hpp"

using namespace machine;
using fuzz::require;

namespace {

constexpr wire::limits bounds{
  .max_bytes = 1u << 16, .max_depth = 16, .max_items = 2'000};

void check_refusal(const caf::error& why) {
  auto sentence = message_of(why);
  require(!sentence.empty() && sentence.size() < 2'000);
  require(wire::is_utf8(sentence));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::input{data, size}.text();
  auto document = wire::parse_json(text, bounds);
  auto viewed = wire::view_json(text, bounds);
  require(bool{document} == bool{viewed});
  if (!document) {
    check_refusal(document.error());
    return 0;
  }
  require(wire::is_json(text));
  auto written = wire::write_json(*document, document->root());
  require(wire::is_utf8(written));
  require(wire::write_json(*viewed, viewed->root()) == written);
  auto again = wire::parse_json(written, bounds);
  require(again && wire::write_json(*again, again->root()) == written);
  auto value = wire::from_document<test::sample>(*document, wire::format::json);
  if (!value) {
    check_refusal(value.error());
    return 0;
  }
  auto same = wire::from_json<test::sample>(wire::to_json(*value));
  require(same && wire::to_json(*same) == wire::to_json(*value));
  auto packed = wire::from_msgpack<test::sample>(wire::to_msgpack(*value));
  require(packed && wire::to_json(*packed) == wire::to_json(*value));
  return 0;
}
