// What happens to one subscription, a byte for each: events are published,
// pages are read, credit is granted. Whatever the order, what is sent has no
// gap and nothing twice, and no more than the credit.

#include "gateway/session/cursor.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>

using namespace machine;
using fuzz::require;
using gateway::session::cursor;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  // So many events are stored, and more is told of those that come.
  uint64_t stored = from.byte();
  uint64_t sent = from.byte() % (stored + 1);
  std::optional<uint64_t> credit;
  if (auto given = from.byte(); given != 255)
    credit = given;
  cursor it{sent, credit};
  std::optional<size_t> page;
  auto goes = [&](uint64_t count) {
    require(!credit || count <= *credit);
    if (credit)
      *credit -= count;
    sent += count;
    require(sent <= stored);
    require(it.sent() == sent);
  };
  while (!from.is_empty()) {
    auto what = from.byte();
    uint64_t count = what >> 2;
    switch (what & 3) {
      case 0: {
        auto first = stored + 1;
        stored += count;
        auto part = it.publish(first, count);
        require(part.begin <= part.end && part.end <= count);
        // What is sent begins where the last ended.
        require(part.size() == 0 || first + part.begin == sent + 1);
        goes(part.size());
        break;
      }
      case 1:
        if (!page && it.wants_page())
          page = it.begin_page(count + 1);
        break;
      case 2:
        if (page) {
          auto there = std::min<uint64_t>(*page, stored - sent);
          it.end_page(there);
          goes(there);
          page.reset();
        }
        break;
      default:
        require(it.grant(count) == credit.has_value());
        if (credit)
          *credit += count;
    }
    require(!it.is_live() || sent == stored);
  }
  return 0;
}
