#include "gateway/websocket/reader.hpp"

#include <cstdlib>
#include <vector>

// Bytes of a client, after one that says how they are cut. Whatever they are,
// the reader finds the same however they come, and keeps its bounds.

namespace {

using namespace machine::websocket;

constexpr reader_limits limits{.max_message_bytes = 1'000, .max_fragments = 8};

void require(bool holds) {
  if (!holds)
    std::abort();
}

/// Reads *bytes* in pieces; *next_size* says how long the next one is.
template <class NextSize>
std::vector<event> read_in_pieces(std::string_view bytes, NextSize next_size) {
  reader by{limits};
  std::vector<event> result;
  while (!bytes.empty() && !by.is_done()) {
    auto piece = bytes.substr(0, next_size());
    auto [taken, found] = by.read(piece);
    require(taken <= piece.size());
    require(found || taken == piece.size());
    require(by.held_bytes() <= limits.max_message_bytes + max_control_bytes);
    bytes.remove_prefix(taken);
    if (found)
      result.push_back(std::move(*found));
  }
  require(by.read(by.is_done() ? bytes : std::string_view{}).taken == 0);
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto whole = read_in_pieces(bytes, [bytes] { return bytes.size(); });
  // A linear congruential generator (Numerical Recipes, section 7.1).
  uint32_t random = data[0];
  auto next_size = [&random]() -> size_t {
    random = random * 1'664'525 + 1'013'904'223;
    return 1 + (random >> 24) % 24;
  };
  require(read_in_pieces(bytes, next_size) == whole);
  require(read_in_pieces(bytes, [] { return size_t{1}; }) == whole);
  return 0;
}
