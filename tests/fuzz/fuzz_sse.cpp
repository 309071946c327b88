// A stream of events of a provider, after a byte that says how it is cut:
// however it comes, the same events are found.

#include "runtime/net/sse.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::net;
using fuzz::require;

namespace {

struct finding {
  std::vector<sse_event> events;
  std::optional<duration> retry;

  bool operator==(const finding&) const = default;
};

template <class NextSize>
finding read_in_pieces(std::string_view bytes, NextSize next_size) {
  sse_parser by;
  finding result;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, next_size());
    auto found = by.feed(piece);
    require(static_cast<bool>(found));
    for (auto& x : *found) {
      require(x.id.size() <= sse_parser::max_name_bytes);
      require(x.event.size() <= sse_parser::max_name_bytes);
      require(x.event.find_first_of("\r\n") == std::string::npos);
      require(!x.event.empty());
      result.events.push_back(std::move(x));
    }
    bytes.remove_prefix(piece.size());
  }
  result.retry = by.retry();
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  uint32_t random = from.byte();
  auto bytes = from.text();
  auto whole = read_in_pieces(bytes, [bytes] { return bytes.size(); });
  // A linear congruential generator (Numerical Recipes, section 7.1).
  auto next_size = [&random]() -> size_t {
    random = random * 1'664'525 + 1'013'904'223;
    return 1 + (random >> 24) % 24;
  };
  require(read_in_pieces(bytes, next_size) == whole);
  require(read_in_pieces(bytes, [] { return size_t{1}; }) == whole);
  return 0;
}
