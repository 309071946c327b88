#include "tests/runtime/store/fixture.hpp"

#include <atomic>
#include <map>
#include <thread>

using namespace machine;
using namespace machine::test;

TEST_CASE_METHOD(lmdb_fixture, "a stream's version changes with the stream") {
  auto engine = open({.sync = store::lmdb_options::durability::none});
  auto version = [&] {
    auto now = engine->version(stream_a);
    REQUIRE(now);
    CHECK(engine->version(stream_a) == now);
    return *now;
  };
  auto commit = [&](store::batch what) {
    auto done = append(*engine, std::move(what));
    REQUIRE(done);
  };
  auto before = version();
  auto changed = [&] { return std::exchange(before, version()) != before; };
  CHECK(!changed());
  REQUIRE(append(*engine, batch_of(stream_a, 0, {"x"})));
  CHECK(changed());
  REQUIRE(append(*engine, batch_of(stream_b, 0, {"x"})));
  REQUIRE(engine->put_blob(to_bytes("x")));
  REQUIRE(engine->claim_shard(0, "n", std::chrono::minutes{1}));
  CHECK(!changed());
  auto both = batch_of(stream_b, 1, {"y"});
  both.streams.push_back(events(stream_a, 1, {"y"}));
  both.epoch = 1;
  commit(std::move(both));
  CHECK(changed());
  store::batch news;
  news.epoch = 1;
  news.notices.push_back({stream_a, to_bytes("z")});
  commit(std::move(news));
  CHECK(changed());
  store::batch erase;
  erase.epoch = 1;
  erase.erased.push_back({stream_a, 3});
  commit(std::move(erase));
  CHECK(changed());
}

TEST_CASE_METHOD(lmdb_fixture, "a handler sees the version of its commit") {
  auto engine = open({.sync = store::lmdb_options::durability::none});
  auto before = engine->version(stream_a);
  std::promise<std::optional<uint64_t>> seen;
  engine->append(batch_of(stream_a, 0, {"x"}), [&](caf::expected<void>) {
    seen.set_value(engine->version(stream_a));
  });
  auto in_handler = seen.get_future().get();
  REQUIRE(in_handler);
  CHECK(in_handler != before);
  CHECK(engine->version(stream_a) == in_handler);
}

TEST_CASE_METHOD(lmdb_fixture, "while a version stays, so does its stream") {
  auto engine = open({.sync = store::lmdb_options::durability::none});
  std::atomic<bool> end{false};
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      std::optional<uint64_t> version;
      uint64_t kept = 0;
      while (!end) {
        // What is kept is what a look at the store before this could have had,
        // and no less than what anybody has seen by now.
        auto least = engine->last_seq(stream_a);
        auto now = engine->version(stream_a);
        if (now && now == version) {
          wrong += kept < *least ? 1 : 0;
          continue;
        }
        version = now;
        kept = *engine->last_seq(stream_a);
      }
    });
  for (uint64_t seq = 0; seq < 2'000; ++seq)
    REQUIRE(append(*engine, batch_of(stream_a, seq, {"x"})));
  end = true;
  for (auto& x : readers)
    x.join();
  CHECK(wrong == 0);
}
