#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <atomic>
#include <thread>

namespace machine::test {

inline void check_appends(const store_under_test& it) {
  auto engine = it.open();
  SECTION("numbers begin at 1, have no gaps and survive a restart") {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1", "2"})));
    REQUIRE(append(*engine, batch_of(stream_a, 2, {"3", ""})));
    CHECK(payloads(*engine, stream_a) == texts{"1", "2", "3", ""});
    CHECK(payloads(*engine, stream_a, 3) == texts{"3", ""});
    CHECK(payloads(*engine, stream_a, 5).empty());
    CHECK(engine->read(stream_a, UINT64_MAX, 10, 10)->empty());
    CHECK(engine->read(stream_a, 0, 10, 10)->size() == 4);
    engine = nullptr;
    engine = it.open();
    CHECK(payloads(*engine, stream_a) == texts{"1", "2", "3", ""});
    CHECK(*engine->last_seq(stream_a) == 4);
    CHECK(*engine->last_seq(stream_b) == 0);
    CHECK(engine->read(stream_b, 1, 10, 10)->empty());
  }
  SECTION("events say when they were committed") {
    auto now = [] {
      return std::chrono::time_point_cast<timestamp::duration>(
        std::chrono::system_clock::now());
    };
    auto before = now();
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
    auto events = engine->read(stream_a, 1, 1, 1);
    REQUIRE(events);
    // An engine's clock need not be the test's.
    CHECK(events->at(0).committed_at > before - std::chrono::minutes{5});
    CHECK(events->at(0).committed_at < now() + std::chrono::minutes{5});
  }
  SECTION("a number that is not the last is a conflict and changes nothing") {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
    for (uint64_t wrong : {uint64_t{0}, uint64_t{2}, UINT64_MAX})
      CHECK(code(append(*engine, batch_of(stream_a, wrong, {"x"})))
            == ec::conflict);
    CHECK(code(append(*engine, batch_of(stream_b, 1, {"x"}))) == ec::conflict);
    CHECK(payloads(*engine, stream_a) == texts{"1"});
    CHECK(*engine->last_seq(stream_b) == 0);
  }
  SECTION("a reader gets as much as it asked for, and at least one event") {
    REQUIRE(
      append(*engine, batch_of(stream_a, 0, texts(10, std::string(100, 'x')))));
    CHECK(engine->read(stream_a, 1, 3, 1u << 20)->size() == 3);
    CHECK(engine->read(stream_a, 9, 100, 1u << 20)->size() == 2);
    auto some = engine->read(stream_a, 1, 100, 350)->size();
    CHECK(some >= 2);
    CHECK(some <= 4);
    CHECK(engine->read(stream_a, 1, 100, 0)->size() == 1);
    CHECK(engine->read(stream_a, 1, SIZE_MAX, SIZE_MAX)->size() == 10);
    CHECK(engine->read(stream_a, 1, 0, 100)->empty());
  }
  SECTION("a stream of the same id is another for another kind or tenant") {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
    CHECK(*engine->last_seq({"task", "t", "a"}) == 0);
    CHECK(*engine->last_seq({"run", "u", "a"}) == 0);
    REQUIRE(append(*engine, batch_of({"run", "u", "a"}, 0, {"2"})));
    CHECK(payloads(*engine, stream_a) == texts{"1"});
  }
}

inline void check_batches(const store_under_test& it) {
  auto engine = it.open();
  auto blob_of = [&](const std::string& content) {
    return code(engine->get_blob(store::hash_blob(as_bytes(content))));
  };
  SECTION("a batch over several streams happens as a whole") {
    auto both = batch_of(stream_a, 0, {"a1"});
    both.streams.push_back(events(stream_b, 0, {"b1", "b2"}));
    both.blobs.push_back(to_bytes("a blob"));
    REQUIRE(append(*engine, both));
    CHECK(payloads(*engine, stream_a) == texts{"a1"});
    CHECK(payloads(*engine, stream_b) == texts{"b1", "b2"});
    CHECK(blob_of("a blob") == ec::none);
  }
  SECTION("a batch with one conflict does not happen at all") {
    auto first = events(stream_a, 0, {"a1"});
    first.summary = store::summary_row{{{"state", "old"}}, to_bytes("old")};
    first.snapshot = store::snapshot{1, "old", to_bytes("old")};
    REQUIRE(append(*engine, batch_of(first)));
    auto second = events(stream_a, 1, {"a2"});
    second.summary = store::summary_row{{{"state", "new"}}, to_bytes("new")};
    second.snapshot = store::snapshot{2, "new", to_bytes("new")};
    auto half = batch_of(second);
    half.streams.push_back(events(stream_b, 7, {"b1"}));
    half.blobs.push_back(to_bytes("a blob"));
    CHECK(code(append(*engine, half)) == ec::conflict);
    CHECK(payloads(*engine, stream_a) == texts{"a1"});
    CHECK(*engine->last_seq(stream_b) == 0);
    CHECK(as_text(engine->read_summary(stream_a)->summary.body) == "old");
    CHECK((*engine->read_snapshot(stream_a))->schema == "old");
    CHECK(engine->list({"run", "t", {{"state", "new"}}})->rows.empty());
    CHECK(blob_of("a blob") == ec::not_found);
  }
  SECTION("a batch of blobs alone is stored") {
    store::batch what;
    what.blobs = {to_bytes("one"), to_bytes("two"), to_bytes("one")};
    REQUIRE(append(*engine, what));
    CHECK(blob_of("one") == ec::none);
    CHECK(blob_of("two") == ec::none);
  }
  SECTION("a row or a snapshot may change without an event") {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
    auto part = events(stream_a, 1, {});
    part.summary = store::summary_row{{}, to_bytes("row")};
    part.snapshot = store::snapshot{1, "v1", to_bytes("state")};
    REQUIRE(append(*engine, batch_of(part)));
    CHECK(*engine->last_seq(stream_a) == 1);
    CHECK(as_text(engine->read_summary(stream_a)->summary.body) == "row");
    CHECK(as_text((*engine->read_snapshot(stream_a))->state) == "state");
  }
  SECTION("a batch may have as much as its bounds allow") {
    REQUIRE(
      append(*engine, batch_of(stream_a, 0, texts(10'000, std::string("x")))));
    CHECK(*engine->last_seq(stream_a) == 10'000);
    REQUIRE(
      append(*engine, batch_of(stream_b, 0, {std::string(1u << 20, 'x')})));
    CHECK(payloads(*engine, stream_b)[0].size() == 1u << 20);
  }
}

inline void check_concurrency(const store_under_test& it) {
  auto engine = it.open();
  SECTION("many writers at once leave every log whole") {
    constexpr size_t writers = 8;
    constexpr uint64_t each = 50;
    std::vector<std::thread> threads;
    std::atomic<size_t> failed{0};
    for (size_t i = 0; i < writers; ++i)
      threads.emplace_back([&, i] {
        store::stream_id mine{"run", "t", "w" + std::to_string(i)};
        for (uint64_t n = 0; n < each; ++n)
          if (!append(*engine, batch_of(mine, n, {std::to_string(n)})))
            ++failed;
      });
    for (auto& thread : threads)
      thread.join();
    CHECK(failed == 0);
    for (size_t i = 0; i < writers; ++i) {
      auto log = payloads(*engine, {"run", "t", "w" + std::to_string(i)});
      REQUIRE(log.size() == each);
      CHECK(log.back() == std::to_string(each - 1));
    }
  }
  SECTION("of writers that want the same number one wins") {
    std::vector<std::thread> threads;
    std::atomic<size_t> won{0};
    std::atomic<size_t> lost{0};
    for (size_t i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        auto x = code(append(*engine, batch_of(stream_a, 0, {"x"})));
        won += x == ec::none ? 1 : 0;
        lost += x == ec::conflict ? 1 : 0;
      });
    for (auto& thread : threads)
      thread.join();
    CHECK(won == 1);
    CHECK(lost == 7);
    CHECK(*engine->last_seq(stream_a) == 1);
  }
  SECTION("batches over the same streams happen one after the other, each as a "
          "whole") {
    constexpr size_t writers = 4;
    constexpr uint64_t each = 25;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < writers; ++i)
      threads.emplace_back([&, i] {
        for (uint64_t n = 0; n < each;) {
          auto at = engine->last_seq(stream_a);
          auto name = std::to_string(i) + "-" + std::to_string(n);
          auto both = batch_of(stream_a, at ? *at : 0, {name});
          both.streams.push_back(events(stream_b, at ? *at : 0, {name}));
          auto x = code(append(*engine, both));
          if (x != ec::conflict)
            ++n;
        }
      });
    for (auto& thread : threads)
      thread.join();
    auto log = payloads(*engine, stream_a);
    CHECK(log.size() == writers * each);
    CHECK(payloads(*engine, stream_b) == log);
  }
  SECTION("a reader sees a prefix of the log, whoever writes meanwhile") {
    std::atomic<bool> stop{false};
    std::thread busy{[&] {
      for (uint64_t n = 0; n < 200; ++n)
        static_cast<void>(
          append(*engine, batch_of(stream_a, 2 * n, {"x", "y"})));
      stop = true;
    }};
    bool whole = true;
    while (!stop) {
      auto last = engine->last_seq(stream_a);
      auto log = engine->read(stream_a, 1, 1'000, 1u << 20);
      // A batch of two is seen as a whole.
      whole = whole && last && log && *last % 2 == 0 && log->size() % 2 == 0
           && log->size() >= *last;
    }
    busy.join();
    CHECK(whole);
    CHECK(*engine->last_seq(stream_a) == 400);
  }
}

} // namespace machine::test
