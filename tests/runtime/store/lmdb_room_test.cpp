#include "tests/runtime/store/fixture.hpp"

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace machine;
using namespace machine::test;

namespace {

const std::string block(64u << 10, 'x');

/// Appends *payload* until that fails.
ec fill(store::engine& engine, const std::string& payload, uint64_t& written) {
  for (int i = 0; i < 1'000; ++i) {
    if (auto x = append(engine, batch_of(stream_a, written, {payload})); !x)
      return code_of(x.error());
    ++written;
  }
  return ec::none;
}

} // namespace

TEST_CASE_METHOD(lmdb_fixture, "the map grows when it is full") {
  auto step = GENERATE(size_t{0}, size_t{1} << 20);
  auto engine = open({.map_initial = 1u << 20, .map_step = step});
  for (uint64_t i = 0; i < 100; ++i)
    REQUIRE(append(*engine, batch_of(stream_a, i, {block})));
  CHECK(engine->stats()->map_bytes >= (6u << 20));
  CHECK(engine->stats()->used_bytes <= engine->stats()->map_bytes);
  CHECK(payloads(*engine, stream_a).size() == 100);
  CHECK(engine->verify()->corruptions.empty());
}

TEST_CASE_METHOD(lmdb_fixture, "readers do not notice that the map grows") {
  auto engine = open({.map_initial = 1u << 20, .map_step = 256u << 10});
  REQUIRE(append(*engine, batch_of(stream_b, 0, {"1", "2", "3"})));
  std::atomic<size_t> wrong{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        auto log = engine->read(stream_b, 1, 10, 1'000);
        wrong += log && log->size() == 3 ? 0 : 1;
      }
    });
  for (uint64_t i = 0; i < 60; ++i)
    REQUIRE(append(*engine, batch_of(stream_a, i, {block})));
  readers.clear();
  CHECK(wrong == 0);
}

TEST_CASE_METHOD(lmdb_fixture, "a full map refuses what does not fit, and "
                               "nothing else") {
  auto engine = open({.map_initial = 1u << 20, .map_limit = 1u << 20});
  uint64_t written = 0;
  CHECK(fill(*engine, block, written) == ec::storage_full);
  CHECK(payloads(*engine, stream_a).size() == written);
  // What is small may still fit.
  CHECK(append(*engine, batch_of(stream_a, written, {"small"})));
  CHECK(code(append(*engine, batch_of(stream_a, written + 1, {block})))
        == ec::storage_full);
  engine = nullptr;
  // With room it goes on.
  engine = open({.map_initial = 8u << 20});
  CHECK(append(*engine, batch_of(stream_a, written + 1, {block})));
  CHECK(engine->verify()->corruptions.empty());
}

TEST_CASE_METHOD(lmdb_fixture, "a full map goes on when there is room again") {
  auto engine = open({.map_initial = 2u << 20, .map_limit = 2u << 20});
  auto put = [&](uint64_t expected, size_t size) {
    auto part = events(stream_b, expected, {"x"});
    bytes state(size);
    // Not to be compressed.
    uint32_t x = 1;
    for (auto& byte : state)
      byte = static_cast<uint8_t>((x = x * 1'664'525 + 1'013'904'223) >> 24);
    part.snapshot = store::snapshot{expected + 1, "v1", std::move(state)};
    return code(append(*engine, batch_of(part)));
  };
  REQUIRE(put(0, 600u << 10) == ec::none);
  uint64_t written = 0;
  CHECK(fill(*engine, block, written) == ec::storage_full);
  // A small snapshot sets the pages of the large one free.
  REQUIRE(put(1, 10) == ec::none);
  REQUIRE(put(2, 10) == ec::none);
  CHECK(append(*engine, batch_of(stream_a, written, {block})));
}

TEST_CASE_METHOD(lmdb_fixture, "one append too large does not harm its "
                               "neighbours") {
  auto engine = open({.map_initial = 2u << 20, .map_limit = 2u << 20});
  std::atomic<size_t> small{0};
  std::atomic<size_t> large{0};
  std::vector<std::string> much(8, std::string(1u << 20, 'x'));
  for (int i = 0; i < 20; ++i) {
    store::stream_id mine{"run", "t", "s" + std::to_string(i)};
    engine->append(batch_of(mine, 0, {"x"}),
                   [&](caf::expected<void> x) { small += x ? 1 : 0; });
    if (i % 10 == 5)
      engine->append(batch_of(stream_a, 0, much), [&](caf::expected<void> x) {
        large += code(x) == ec::storage_full ? 1 : 0;
      });
  }
  engine->close();
  CHECK(small == 20);
  CHECK(large == 2);
}

TEST_CASE_METHOD(lmdb_fixture, "a full disk refuses appends until there is "
                               "room") {
  // The child may not write files beyond a size, as on a disk that is full.
  child full{[&](auto tell) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto engine = store::open_lmdb(dir.path());
    auto limit_files = [](rlim_t size) {
      rlimit limit{size, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    };
    limit_files(2u << 20);
    std::string payload(250u << 10, 'x');
    uint64_t written = 0;
    auto failed = fill(**engine, payload, written);
    tell(failed == ec::storage_full ? 'f' : '!');
    auto read = (*engine)->read(stream_a, 1, 1'000, 1u << 30);
    tell(read && read->size() == written ? 'r' : '!');
    // Many at once: none succeeds, none hangs, and none takes another along.
    std::atomic<size_t> refused{0};
    std::promise<void> all;
    for (int i = 0; i < 20; ++i)
      (*engine)->append(
        batch_of({"run", "t", "s" + std::to_string(i)}, 0, {payload}),
        [&](caf::expected<void> x) {
          if (x || code_of(x.error()) != ec::storage_full)
            tell('!');
          if (++refused == 20)
            all.set_value();
        });
    all.get_future().wait();
    tell('m');
    limit_files(RLIM_INFINITY);
    auto again = append(**engine, batch_of(stream_a, written, {payload}));
    tell(again ? 'w' : '!');
  }};
  CHECK(full.hear_all() == "frmw");
  CHECK(open()->verify()->corruptions.empty());
}
