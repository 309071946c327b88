#pragma once

#include "tests/runtime/store/conformance/support.hpp"

namespace machine::test {

/// A batch that erases *stream*.
inline store::batch erase_of(const store::stream_id& stream,
                             uint64_t expected) {
  store::batch what;
  what.erased.push_back({stream, expected});
  return what;
}

inline void check_erasing(const store_under_test& it) {
  auto engine = it.open();
  // A stream with all that one can have, and one beside it.
  for (auto& id : {stream_a, stream_b}) {
    auto part = events(id, 0, {"1", "2"});
    part.summary = store::summary_row{{{"n", "1"}}, to_bytes(id.id)};
    part.snapshot = store::snapshot{1, "v1", to_bytes("state")};
    REQUIRE(append(*engine, batch_of(part)));
  }
  auto rows = [&](std::map<std::string, std::string> where) {
    auto page = engine->list({"run", "t", std::move(where)});
    if (!page)
      FAIL(render(page.error()));
    CHECK(page->damaged == 0);
    texts result;
    for (auto& row : page->rows)
      result.push_back(row.stream.id);
    return result;
  };
  auto check_gone = [&] {
    CHECK(payloads(*engine, stream_a).empty());
    CHECK(*engine->last_seq(stream_a) == 0);
    CHECK(!*engine->read_snapshot(stream_a));
    CHECK(code(engine->read_summary(stream_a)) == ec::not_found);
    CHECK(rows({}) == texts{"b"});
    CHECK(rows({{"n", "1"}}) == texts{"b"});
    CHECK(payloads(*engine, stream_b) == texts{"1", "2"});
    CHECK(*engine->read_snapshot(stream_b));
    auto report = engine->verify();
    REQUIRE(report);
    CHECK(report->streams == 1);
    CHECK(report->events == 2);
    CHECK(report->corruptions.empty());
  };
  auto check_there = [&] {
    CHECK(payloads(*engine, stream_a) == texts{"1", "2"});
    CHECK(rows({{"n", "1"}}) == texts{"b", "a"});
    CHECK(*engine->read_snapshot(stream_a));
  };
  SECTION("a stream that is erased is gone, after a restart too") {
    REQUIRE(append(*engine, erase_of(stream_a, 2)));
    check_gone();
    engine = nullptr;
    engine = it.open();
    check_gone();
  }
  SECTION("a stream that has gone on is not erased") {
    CHECK(code(append(*engine, erase_of(stream_a, 1))) == ec::conflict);
    CHECK(code(append(*engine, erase_of(stream_a, 0))) == ec::conflict);
    CHECK(code(append(*engine, erase_of(stream_a, 3))) == ec::conflict);
    check_there();
  }
  SECTION("erasing what does not exist is no error, whatever is expected") {
    CHECK(append(*engine, erase_of({"run", "t", "nobody"}, 0)));
    CHECK(append(*engine, erase_of({"run", "t", "nobody"}, 7)));
    REQUIRE(append(*engine, erase_of(stream_a, 2)));
    CHECK(append(*engine, erase_of(stream_a, 2)));
    check_gone();
  }
  SECTION("a fenced writer erases nothing") {
    REQUIRE(engine->claim_shard(0, "one", duration{60'000}));
    CHECK(code(append(*engine, erase_of(stream_a, 2))) == ec::fenced);
    check_there();
  }
  SECTION("a batch erases and appends, or does neither") {
    auto what = erase_of(stream_a, 2);
    what.streams.push_back(events(stream_b, 1, {"3"}));
    CHECK(code(append(*engine, what)) == ec::conflict);
    check_there();
    what.streams.front().expected_seq = 2;
    REQUIRE(append(*engine, what));
    CHECK(*engine->last_seq(stream_a) == 0);
    CHECK(payloads(*engine, stream_b) == texts{"1", "2", "3"});
    auto mixed = batch_of(stream_b, 3, {"4"});
    mixed.erased.push_back({{"run", "t", "c"}, 0});
    mixed.erased.push_back({{"run", "t", "c"}, 0});
    CHECK(code(append(*engine, mixed)) == ec::invalid_argument);
    mixed.erased = {{stream_b, 3}};
    CHECK(code(append(*engine, mixed)) == ec::invalid_argument);
    mixed.erased = {{{"run", "t", "no name"}, 3}};
    CHECK(code(append(*engine, mixed)) == ec::invalid_argument);
    CHECK(payloads(*engine, stream_b) == texts{"1", "2", "3"});
  }
  SECTION("what begins under the name of an erased stream is another one") {
    REQUIRE(append(*engine, erase_of(stream_a, 2)));
    CHECK(code(append(*engine, batch_of(stream_a, 2, {"3"}))) == ec::conflict);
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"new"})));
    CHECK(payloads(*engine, stream_a) == texts{"new"});
    CHECK(!*engine->read_snapshot(stream_a));
    CHECK(code(engine->read_summary(stream_a)) == ec::not_found);
    CHECK(engine->verify()->corruptions.empty());
  }
  SECTION("of a long stream nothing is seen either, and a collection finishes "
          "it") {
    constexpr uint64_t length = 25'000;
    for (uint64_t last = 2; last < length;) {
      auto count = std::min<uint64_t>(10'000, length - last);
      REQUIRE(append(*engine, batch_of(stream_a, last, texts(count, "x"))));
      last += count;
    }
    REQUIRE(append(*engine, erase_of(stream_a, length)));
    check_gone();
    engine = nullptr;
    engine = it.open();
    check_gone();
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"new"})));
    REQUIRE(engine->collect_garbage(duration{0}));
    CHECK(payloads(*engine, stream_a) == texts{"new"});
    REQUIRE(append(*engine, erase_of(stream_a, 1)));
    check_gone();
  }
  if (it.open_backup)
    SECTION("a backup has nothing of what was erased") {
      REQUIRE(append(*engine, erase_of(stream_a, 2)));
      engine = it.open_backup(*engine);
      check_gone();
    }
}

} // namespace machine::test
