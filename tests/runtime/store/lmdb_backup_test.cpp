#include "tests/runtime/store/faults.hpp"
#include "tests/runtime/store/fixture.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

using namespace machine;
using namespace machine::test;

TEST_CASE_METHOD(lmdb_fixture, "a backup is a store, made while work goes on "
                               "and the map grows") {
  auto engine = open({.map_initial = 1u << 20, .map_step = 64u << 10});
  std::promise<void> some;
  std::jthread busy{[&](std::stop_token stop) {
    for (uint64_t i = 0; !stop.stop_requested(); ++i) {
      if (!append(*engine, batch_of(stream_a, i, {std::string(5'000, 'x')})))
        return;
      if (i == 300)
        some.set_value();
    }
  }};
  some.get_future().wait();
  temporary_directory place;
  for (int i = 0; i < 5; ++i) {
    auto path = place / std::to_string(i);
    auto before = *engine->last_seq(stream_a);
    auto done = engine->backup(path);
    if (!done)
      FAIL(render(done.error()));
    auto after = *engine->last_seq(stream_a);
    auto copy = open_store(path);
    auto last = *copy->last_seq(stream_a);
    CHECK(last >= before);
    CHECK(last <= after);
    CHECK(payloads(*copy, stream_a).size() == last);
    CHECK(copy->verify()->corruptions.empty());
    CHECK(engine->verify()->corruptions.empty());
  }
}

TEST_CASE_METHOD(lmdb_fixture, "a backup does not touch what is there") {
  auto engine = open();
  REQUIRE(append(*engine, batch_of(stream_a, 0, {"x"})));
  temporary_directory place;
  write_file(place / "precious", "content");
  CHECK(code(engine->backup(place.path())) == ec::conflict);
  CHECK(code(engine->backup(place / "precious")) == ec::conflict);
  CHECK(read_file(place / "precious") == "content");
  REQUIRE(engine->backup(place / "deep/down"));
  CHECK(code(engine->backup(place / "deep/down")) == ec::conflict);
  CHECK(code(engine->backup(dir.path())) == ec::conflict);
  CHECK(code(engine->backup("/proc/no/such/place")) == ec::io_failed);
  std::filesystem::create_directory(place / "empty");
  REQUIRE(engine->backup(place / "empty"));
  CHECK(payloads(*open_store(place / "empty"), stream_a) == texts{"x"});
}

TEST_CASE_METHOD(lmdb_fixture, "a backup that is asked to stop leaves nothing, "
                               "and the store goes on") {
  auto engine = open();
  REQUIRE(append(*engine, batch_of(stream_a, 0, {"x"})));
  temporary_directory place;
  std::stop_source stop;
  ec outcome{};
  {
    held_write slow_disk;
    std::jthread backup{[&] {
      outcome = code(engine->backup(place / "copy", stop.get_token()));
    }};
    slow_disk.wait_for_writer();
    stop.request_stop();
    backup.join();
  }
  CHECK(outcome == ec::cancelled);
  CHECK(std::filesystem::is_empty(place / "copy"));
  REQUIRE(append(*engine, batch_of(stream_a, 1, {"y"})));
  REQUIRE(engine->backup(place / "copy"));
  CHECK(payloads(*open_store(place / "copy"), stream_a) == texts{"x", "y"});
}

TEST_CASE_METHOD(lmdb_fixture, "a backup that was interrupted is no store") {
  write_file(dir / "data.mdb.partial", "half of it");
  auto engine = store::open_lmdb(dir.path());
  CHECK(code(engine) == ec::corrupt);
  CHECK(message_of(engine.error()).find("interrupted") != std::string::npos);
}

TEST_CASE_METHOD(lmdb_fixture,
                 "of two backups into one directory one is made") {
  auto engine = open();
  REQUIRE(append(*engine, batch_of(stream_a, 0, {"x"})));
  for (int round = 0; round < 100; ++round) {
    temporary_directory place;
    std::array<ec, 2> outcomes{};
    {
      std::vector<std::jthread> both;
      for (auto& outcome : outcomes)
        both.emplace_back(
          [&] { outcome = code(engine->backup(place.path())); });
    }
    std::sort(outcomes.begin(), outcomes.end());
    REQUIRE(outcomes == std::array{ec::none, ec::conflict});
    REQUIRE(payloads(*open_store(place.path()), stream_a) == texts{"x"});
  }
}
