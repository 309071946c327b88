#include "runtime/store/lock.hpp"
#include "tests/runtime/store/fixture.hpp"

#include <atomic>
#include <thread>

using namespace machine;
using namespace machine::test;

TEST_CASE_METHOD(lmdb_fixture, "a second opener learns who holds the store") {
  auto engine = open();
  auto second = store::open_lmdb(dir.path());
  REQUIRE(code(second) == ec::locked);
  auto message = message_of(second.error());
  CHECK(message.find("process " + std::to_string(::getpid()) + " on ")
        != std::string::npos);
  CHECK(message.find(" since 20") != std::string::npos);
  CHECK(message.find(dir.path()) != std::string::npos);
  CHECK(store::directory_lock::is_held(dir.path()));
  engine = nullptr;
  CHECK(!store::directory_lock::is_held(dir.path()));
  CHECK(!store::directory_lock::is_held(dir.path() + "/none"));
  CHECK(open() != nullptr);
}

TEST_CASE_METHOD(lmdb_fixture, "another process is an opener like any other") {
  child holder{[&](auto tell) {
    auto engine = store::open_lmdb(dir.path());
    tell(engine ? 'o' : '!');
    for (;;)
      ::pause();
  }};
  REQUIRE(holder.hear<char>() == 'o');
  CHECK(code(store::open_lmdb(dir.path())) == ec::locked);
  holder.kill();
  CHECK(!holder.hear<char>());
  // The lock of the dead is no obstacle.
  CHECK(append(*open(), batch_of(stream_a, 0, {"x"})));
}

TEST_CASE_METHOD(lmdb_fixture, "what a killed process had begun is waited for "
                               "while it has the lock") {
  std::array<int, 2> go{};
  REQUIRE(::pipe(go.data()) == 0);
  child holder{[&](auto tell) {
    auto lock = store::directory_lock::acquire(dir.path());
    // As one that was forked and has not become another program yet.
    if (::fork() == 0) {
      char word = 0;
      ::close(go[1]);
      static_cast<void>(::read(go[0], &word, 1));
      ::_exit(0);
    }
    tell(lock ? 'o' : '!');
    for (;;)
      ::pause();
  }};
  REQUIRE(holder.hear<char>() == 'o');
  CHECK(code(store::directory_lock::acquire(dir.path())) == ec::locked);
  holder.kill();
  CHECK(store::directory_lock::is_held(dir.path()));
  std::atomic<bool> asked = false;
  std::thread patient{[&] {
    asked = true;
    asked.notify_one();
    CHECK(store::directory_lock::acquire(dir.path()));
  }};
  asked.wait(false);
  ::close(go[1]);
  ::close(go[0]);
  patient.join();
}

TEST_CASE_METHOD(lmdb_fixture, "what was acknowledged survives kill -9") {
  std::array<uint64_t, 3> acknowledged{};
  struct ack {
    uint64_t writer;
    uint64_t seq;
  };
  auto stream = [](uint64_t writer) {
    return store::stream_id{"run", "t", "w" + std::to_string(writer)};
  };
  for (uint64_t life = 1; life <= 4; ++life) {
    child busy{[&](auto tell) {
      auto engine = store::open_lmdb(dir.path());
      if (!engine)
        return;
      std::vector<std::thread> writers;
      for (uint64_t w = 0; w < acknowledged.size(); ++w)
        writers.emplace_back([&, w] {
          auto last = (*engine)->last_seq(stream(w));
          for (uint64_t i = last ? *last : 0;; ++i) {
            auto what = batch_of(stream(w), i, {std::to_string(i + 1)});
            what.blobs.push_back(
              to_bytes(to_string(stream(w)) + std::to_string(i + 1)));
            if (!append(**engine, std::move(what)))
              return;
            tell(ack{w, i + 1});
          }
        });
      for (auto& writer : writers)
        writer.join();
    }};
    for (int i = 0; i < 50 * static_cast<int>(life); ++i) {
      auto x = busy.hear<ack>();
      REQUIRE(x);
      acknowledged[x->writer] = x->seq;
    }
    busy.kill();
    while (auto x = busy.hear<ack>())
      acknowledged[x->writer] = x->seq;
    auto engine = open();
    for (uint64_t w = 0; w < acknowledged.size(); ++w) {
      auto log = payloads(*engine, stream(w));
      REQUIRE(log.size() >= acknowledged[w]);
      // At most the one that was not acknowledged any more.
      REQUIRE(log.size() <= acknowledged[w] + 1);
      for (size_t i = 0; i < log.size(); ++i)
        REQUIRE(log[i] == std::to_string(i + 1));
      if (!log.empty())
        CHECK(engine->get_blob(store::hash_blob(
          as_bytes(to_string(stream(w)) + std::to_string(log.size())))));
    }
    CHECK(engine->verify()->corruptions.empty());
  }
}

TEST_CASE_METHOD(lmdb_fixture, "the number of shards is fixed at creation") {
  CHECK(open({.shards = 8})->shard_count() == 8);
  auto other = store::open_lmdb(dir.path(), {.shards = 9});
  CHECK(code(other) == ec::invalid_argument);
  CHECK(message_of(other.error()).find("created with 8 shards")
        != std::string::npos);
  CHECK(message_of(other.error()).find("with 9") != std::string::npos);
  CHECK(open()->shard_count() == 8);
  temporary_directory fresh;
  CHECK(open_store(fresh.path())->shard_count() == 64);
}

TEST_CASE_METHOD(lmdb_fixture, "options out of their bounds are refused") {
  CHECK(!store::open_lmdb(dir.path(), {.shards = 65'537}));
  CHECK(!store::open_lmdb(dir.path(), {.map_initial = 1}));
  CHECK(!store::open_lmdb(dir.path(), {.max_waiting = 0}));
  CHECK(code(store::open_lmdb("/proc/no/such/place")) == ec::io_failed);
}
