#include "gateway/session/cursor.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

using namespace machine::gateway::session;
using machine::test::chance;
using machine::test::draw;

namespace {

constexpr auto no_bound = std::nullopt;

/// A subscription that has all of a log that ends with *last*.
cursor live_at(uint64_t last, std::optional<uint64_t> credit = {}) {
  cursor result{last, credit};
  result.begin_page(10);
  result.end_page(0);
  return result;
}

} // namespace

TEST_CASE("what is stored comes first, page by page") {
  cursor it{0, no_bound};
  CHECK(!it.is_live());
  CHECK(it.wants_page());
  CHECK(it.begin_page(200) == 200);
  CHECK(!it.wants_page());
  it.end_page(200);
  CHECK(it.sent() == 200);
  CHECK(it.wants_page());
  it.begin_page(200);
  it.end_page(0);
  CHECK(it.is_live());
  CHECK(!it.wants_page());
}

TEST_CASE("what is published while a page is read has it read again") {
  cursor it{0, no_bound};
  it.begin_page(200);
  CHECK(it.publish(1, 1).size() == 0);
  it.end_page(0);
  CHECK(!it.is_live());
  CHECK(it.wants_page());
  it.begin_page(200);
  it.end_page(1);
  it.begin_page(200);
  it.end_page(0);
  CHECK(it.is_live());
}

TEST_CASE("of a batch, what the client has already is left out") {
  auto it = live_at(5);
  CHECK(it.publish(4, 2).size() == 0);
  CHECK(it.publish(4, 4) == slice{2, 4});
  CHECK(it.sent() == 7);
  CHECK(it.publish(8, 1) == slice{0, 1});
}

TEST_CASE("a batch that is missing is read") {
  auto it = live_at(5);
  CHECK(it.publish(7, 1).size() == 0);
  CHECK(!it.is_live());
  CHECK(it.wants_page());
}

TEST_CASE("news that only says how far the log reaches is heard") {
  auto it = live_at(5);
  CHECK(it.publish(6, 0).size() == 0);
  CHECK(it.is_live());
  CHECK(it.publish(7, 0).size() == 0);
  CHECK(it.wants_page());
}

TEST_CASE("no more is sent than there is credit, and the rest is read") {
  auto it = live_at(0, 3);
  CHECK(it.publish(1, 2) == slice{0, 2});
  CHECK(it.publish(3, 4) == slice{0, 1});
  CHECK(it.publish(7, 1).size() == 0);
  CHECK(!it.wants_page());
  CHECK(it.grant(2));
  CHECK(it.wants_page());
  CHECK(it.begin_page(200) == 2);
  it.end_page(2);
  CHECK(it.sent() == 5);
  CHECK(!it.wants_page());
}

TEST_CASE("credit that is used up exactly leaves the client live") {
  auto it = live_at(0, 2);
  CHECK(it.publish(1, 2) == slice{0, 2});
  CHECK(it.is_live());
  CHECK(it.publish(3, 1).size() == 0);
  CHECK(!it.is_live());
}

TEST_CASE("without a bound there is no credit to grant") {
  auto it = live_at(0);
  CHECK(!it.grant(1));
  auto bounded = live_at(0, ~uint64_t{0});
  CHECK(bounded.grant(~uint64_t{0}));
  CHECK(bounded.publish(1, 1).size() == 1);
}

TEST_CASE("whatever happens in whatever order: no gap, nothing twice, within "
          "the credit") {
  CHECK(rc::check([] {
    // The log, and what of it was published; the two differ in time.
    uint64_t committed = draw<uint64_t>(0, 20);
    uint64_t published = committed;
    auto bounded = chance(2);
    uint64_t granted = bounded ? draw<uint64_t>(0, 5) : ~uint64_t{0};
    auto after = draw<uint64_t>(0, committed + 1);
    auto last = after;
    cursor it{after, bounded ? std::optional{granted} : std::nullopt};
    std::optional<size_t> page;
    auto receive = [&](uint64_t first, uint64_t count) {
      for (auto seq = first; seq < first + count; ++seq)
        RC_ASSERT(seq == ++last);
      if (bounded)
        RC_ASSERT(last - after <= granted);
    };
    auto publish = [&] {
      auto count = draw<uint64_t>(0, committed - published + 1);
      auto which = it.publish(published + 1, count);
      receive(published + 1 + which.begin, which.size());
      published += count;
    };
    auto read = [&] {
      if (page) {
        auto there = std::min<uint64_t>(*page, committed - last);
        // A page may be shorter than it could be, but not empty.
        auto count = there == 0 ? 0 : draw<uint64_t>(1, there + 1);
        receive(last + 1, count);
        it.end_page(count);
        page.reset();
      } else if (it.wants_page()) {
        page = it.begin_page(draw<size_t>(1, 8));
      }
    };
    for (int i = 0; i < 100; ++i) {
      switch (draw(0, 4)) {
        case 0: committed += draw<uint64_t>(0, 5); break;
        case 1: publish(); break;
        case 2: read(); break;
        default:
          if (bounded && chance(2)) {
            auto more = draw<uint64_t>(1, 4);
            granted += more;
            RC_ASSERT(it.grant(more));
          }
      }
      RC_ASSERT(it.sent() == last);
    }
    // In the end it has all that it may have.
    for (int i = 0; i < 200; ++i) {
      publish();
      read();
    }
    while (published < committed)
      publish();
    for (int i = 0; i < 200; ++i)
      read();
    RC_ASSERT(last
              == (bounded ? std::min(committed, after + granted) : committed));
  }));
}
