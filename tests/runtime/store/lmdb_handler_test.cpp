#include "tests/runtime/store/fixture.hpp"

#include <array>
#include <atomic>
#include <thread>

using namespace machine;
using namespace machine::test;

TEST_CASE_METHOD(lmdb_fixture, "appends that wait have a bound") {
  auto engine = open({.max_waiting = 10});
  std::atomic<size_t> done{0};
  std::atomic<size_t> refused{0};
  blocker busy{*engine};
  for (int i = 0; i < 15; ++i)
    engine->append(batch_of({"run", "t", std::to_string(i)}, 0, {"x"}),
                   [&](caf::expected<void> x) {
                     done += x ? 1 : 0;
                     refused += code(x) == ec::overloaded ? 1 : 0;
                   });
  // At once, and not when the disk has time.
  CHECK(refused == 5);
  CHECK(done == 0);
  busy.end();
  engine->close();
  CHECK(refused == 5);
  CHECK(done == 10);
}

TEST_CASE_METHOD(lmdb_fixture, "what waits has a bound in bytes") {
  auto engine = open({.max_waiting_bytes = 1u << 20});
  std::atomic<size_t> done{0};
  std::atomic<size_t> refused{0};
  blocker busy{*engine};
  const texts much(4, std::string(100u << 10, 'x'));
  for (int i = 0; i < 4; ++i)
    engine->append(batch_of({"run", "t", std::to_string(i)}, 0, much),
                   [&](caf::expected<void> x) {
                     done += x ? 1 : 0;
                     refused += code(x) == ec::overloaded ? 1 : 0;
                   });
  CHECK(refused == 2);
  busy.end();
  engine->close();
  CHECK(done == 2);
}

TEST_CASE_METHOD(lmdb_fixture, "all that waits shares a commit") {
  auto engine = open();
  auto before = engine->stats()->commits;
  blocker busy{*engine};
  for (int i = 0; i < 100; ++i)
    engine->append(batch_of({"run", "t", std::to_string(i)}, 0, {"x"}),
                   [](caf::expected<void>) {});
  busy.end();
  REQUIRE(append(*engine, batch_of(stream_a, 0, {"x"})));
  // The blocker's, that of the hundred, and the last one's.
  CHECK(engine->stats()->commits <= before + 3);
  CHECK(*engine->last_seq({"run", "t", "99"}) == 1);
}

TEST_CASE_METHOD(lmdb_fixture, "in a shared commit each fails alone") {
  auto engine = open();
  std::atomic<size_t> done{0};
  std::atomic<size_t> conflicts{0};
  blocker busy{*engine};
  // The second append to a stream sees the first one of the same commit.
  for (uint64_t expected : {0, 0, 1, 5, 2})
    engine->append(batch_of(stream_a, expected, {std::to_string(expected)}),
                   [&](caf::expected<void> x) {
                     done += x ? 1 : 0;
                     conflicts += code(x) == ec::conflict ? 1 : 0;
                   });
  busy.end();
  engine->close();
  CHECK(done == 3);
  CHECK(conflicts == 2);
  CHECK(payloads(*open(), stream_a) == texts{"0", "1", "2"});
}

TEST_CASE_METHOD(lmdb_fixture, "in a shared commit one that is refused leaves "
                               "no trace between its neighbours") {
  auto engine = open();
  std::array<std::promise<ec>, 5> outcomes;
  auto half = batch_of(stream_b, 0, {"half"});
  half.streams.front().summary =
    store::summary_row{{{"state", "half"}}, to_bytes("half")};
  half.streams.front().snapshot = store::snapshot{1, "half", {}};
  half.blobs.push_back(to_bytes("half a blob"));
  half.streams.push_back(events({"run", "t", "c"}, 7, {"nowhere"}));
  auto fenced = batch_of(stream_b, 0, {"fenced"});
  fenced.epoch = 1;
  fenced.blobs.push_back(to_bytes("a fenced blob"));
  auto large = batch_of(stream_b, 0, {"large"});
  large.streams.front().events.push_back(bytes((1u << 20) + 1));
  std::array what{batch_of(stream_a, 0, {"1"}), half, fenced, large,
                  batch_of(stream_a, 1, {"2"})};
  {
    blocker busy{*engine};
    for (size_t i = 0; i < what.size(); ++i)
      engine->append(what[i], [&, i](caf::expected<void> x) {
        outcomes[i].set_value(code(x));
      });
    busy.end();
  }
  std::array<ec, 5> codes{};
  for (size_t i = 0; i < codes.size(); ++i)
    codes[i] = outcomes[i].get_future().get();
  CHECK(codes
        == std::array{ec::none, ec::conflict, ec::fenced, ec::limit_exceeded,
                      ec::none});
  CHECK(payloads(*engine, stream_a) == texts{"1", "2"});
  CHECK(*engine->last_seq(stream_b) == 0);
  CHECK(code(engine->read_summary(stream_b)) == ec::not_found);
  CHECK(!*engine->read_snapshot(stream_b));
  auto report = engine->verify();
  REQUIRE(report);
  CHECK(report->corruptions.empty());
  CHECK(report->blobs == 0);
  CHECK(report->streams == 2);
}

TEST_CASE_METHOD(lmdb_fixture, "a handler may read and append") {
  auto engine = open();
  std::promise<uint64_t> seen;
  engine->append(batch_of(stream_a, 0, {"1"}), [&](caf::expected<void>) {
    auto last = engine->last_seq(stream_a);
    engine->append(batch_of(stream_a, last ? *last : 0, {"2"}),
                   [&](caf::expected<void>) {
                     auto now = engine->last_seq(stream_a);
                     seen.set_value(now ? *now : 0);
                   });
  });
  CHECK(seen.get_future().get() == 2);
}

TEST_CASE_METHOD(lmdb_fixture, "a handler that would wait for itself is told") {
  auto engine = open();
  std::promise<ec> blob;
  std::promise<ec> lease;
  engine->append(batch_of(stream_a, 0, {"1"}), [&](caf::expected<void>) {
    blob.set_value(code(engine->put_blob(as_bytes("x"))));
    lease.set_value(code(engine->claim_shard(0, "one", duration{1})));
  });
  CHECK(blob.get_future().get() == ec::internal);
  CHECK(lease.get_future().get() == ec::internal);
}

TEST_CASE_METHOD(lmdb_fixture, "a handler may close the store") {
  auto engine = open();
  std::promise<void> closed;
  engine->append(batch_of(stream_a, 0, {"1"}), [&](caf::expected<void>) {
    engine->close();
    closed.set_value();
  });
  closed.get_future().wait();
  CHECK(code(append(*engine, batch_of(stream_a, 1, {"2"}))) == ec::unavailable);
  engine->close();
  CHECK(payloads(*open(), stream_a) == texts{"1"});
}

TEST_CASE_METHOD(lmdb_fixture, "the last to know a store may be its own "
                               "handler") {
  auto engine = open();
  std::promise<void> gone;
  auto result = gone.get_future();
  {
    blocker busy{*engine};
    auto& plain = *engine;
    plain.append(batch_of(stream_a, 0, {"1"}),
                 [mine = std::move(engine), &gone](auto) mutable {
                   mine = nullptr;
                   gone.set_value();
                 });
    busy.end();
    result.wait();
  }
  // Its thread gives the lock back in its own time.
  auto again = store::open_lmdb(dir.path());
  while (!again && code_of(again.error()) == ec::locked) {
    std::this_thread::yield();
    again = store::open_lmdb(dir.path());
  }
  REQUIRE(again);
  CHECK(payloads(**again, stream_a) == texts{"1"});
}
