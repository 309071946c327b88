#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <random>
#include <thread>

namespace machine::test {

inline void check_blobs(const store_under_test& it) {
  auto engine = it.open();
  auto known = [&](std::string_view hash) {
    return code(engine->get_blob(std::string{hash}));
  };
  SECTION("a blob is kept by its hash and comes back as it was") {
    std::mt19937 random{7};
    std::string noise(1u << 20, '\0');
    for (auto& c : noise)
      c = static_cast<char>(random());
    const texts contents{"", "x", std::string(127, 'x'),
                         std::string(100'000, 'a') + "end", noise};
    for (auto& content : contents) {
      auto hash = engine->put_blob(as_bytes(content));
      REQUIRE(hash);
      CHECK(*hash == store::hash_blob(as_bytes(content)));
      CHECK(*engine->put_blob(as_bytes(content)) == *hash);
    }
    engine = nullptr;
    engine = it.open();
    for (auto& content : contents) {
      auto back = engine->get_blob(store::hash_blob(as_bytes(content)));
      REQUIRE(back);
      CHECK(as_text(*back) == content);
    }
  }
  SECTION("a hash is BLAKE2b-256 in hexadecimal digits") {
    // From the reference implementation: b2sum -l 256.
    CHECK(
      store::hash_blob(as_bytes("abc"))
      == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  }
  SECTION("what is no hash, or nobody's, is not found") {
    for (auto& bad : {std::string(), std::string("nonsense"),
                      std::string(64, '0'), std::string(64, 'g'),
                      std::string(63, '0'), std::string(1u << 20, '0')})
      CHECK(known(bad) == ec::not_found);
  }
  SECTION("the same content by many at once is stored once") {
    std::vector<std::thread> threads;
    std::string content(10'000, 'c');
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        auto what = batch_of({"run", "t", std::to_string(i)}, 0, {"x"});
        what.blobs = {to_bytes(content)};
        static_cast<void>(append(*engine, what));
        static_cast<void>(engine->put_blob(as_bytes(content)));
      });
    for (auto& thread : threads)
      thread.join();
    CHECK(known(store::hash_blob(as_bytes(content))) == ec::none);
    CHECK(engine->verify()->blobs == 1);
  }
}

inline void check_snapshots(const store_under_test& it) {
  auto engine = it.open();
  auto put = [&](uint64_t expected, store::snapshot image) {
    auto part = events(stream_a, expected, {"x"});
    part.snapshot = std::move(image);
    return code(append(*engine, batch_of(part)));
  };
  auto newest = [&] {
    auto image = engine->read_snapshot(stream_a);
    if (!image)
      FAIL(render(image.error()));
    return *image;
  };
  SECTION("the newest snapshot is found, after a restart too") {
    CHECK(!newest());
    REQUIRE(put(0, {1, "v1", to_bytes("one")}) == ec::none);
    REQUIRE(put(1, {2, "v2", bytes(100'000, 's')}) == ec::none);
    engine = nullptr;
    engine = it.open();
    CHECK(newest() == store::snapshot{2, "v2", bytes(100'000, 's')});
    CHECK(!*engine->read_snapshot(stream_b));
  }
  SECTION("one that is older does not replace one that is newer") {
    REQUIRE(put(0, {1, "v1", to_bytes("one")}) == ec::none);
    REQUIRE(put(1, {2, "v1", to_bytes("two")}) == ec::none);
    REQUIRE(put(2, {1, "v1", to_bytes("old")}) == ec::none);
    CHECK(newest()->seq == 2);
    // The same state in another shape is one that is newer.
    REQUIRE(put(3, {2, "v2", to_bytes("two")}) == ec::none);
    CHECK(newest()->schema == "v2");
  }
  SECTION("a snapshot is never ahead of its log, and has bounds") {
    REQUIRE(put(0, {2, "v1", {}}) == ec::invalid_argument);
    REQUIRE(put(0, {UINT64_MAX, "v1", {}}) == ec::invalid_argument);
    REQUIRE(put(0, {1, std::string(257, 'v'), {}}) == ec::limit_exceeded);
    CHECK(!newest());
    REQUIRE(put(0, {0, "", {}}) == ec::none);
    CHECK(newest() == store::snapshot{0, "", {}});
  }
}

inline void check_health(const store_under_test& it) {
  auto engine = it.open();
  for (int i = 0; i < 10; ++i) {
    auto part = events({"run", "t", std::to_string(i)}, 0, {"1", "2"});
    part.summary = store::summary_row{{{"n", std::to_string(i)}}, {}};
    part.snapshot = store::snapshot{2, "v1", to_bytes("state")};
    auto what = batch_of(part);
    what.blobs = {to_bytes("blob " + std::to_string(i))};
    REQUIRE(append(*engine, what));
  }
  REQUIRE(engine->claim_shard(1, "one", duration{1}));
  REQUIRE(engine->put_node({"n1", "127.0.0.1:1", {}, {}}));
  SECTION("verify walks everything") {
    auto report = engine->verify();
    REQUIRE(report);
    CHECK(report->streams == 10);
    CHECK(report->events == 20);
    CHECK(report->blobs == 10);
    CHECK(report->corruptions.empty());
  }
  SECTION("verify that is asked to stop reports nothing") {
    std::stop_source stop;
    REQUIRE(engine->verify(stop.get_token()));
    stop.request_stop();
    CHECK(code(engine->verify(stop.get_token())) == ec::cancelled);
    CHECK(engine->verify()->corruptions.empty());
  }
  SECTION("statistics count what was done") {
    auto before = engine->stats();
    REQUIRE(before);
    CHECK(before->appends >= 10);
    CHECK(before->used_bytes > 0);
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"x"})));
    auto after = engine->stats();
    CHECK(after->appends == before->appends + 1);
    CHECK(after->commits == before->commits + 1);
    CHECK(!append(*engine, batch_of(stream_a, 0, {"x"})));
    CHECK(engine->stats()->appends == after->appends);
  }
  if (it.open_backup)
    SECTION("a backup has all that the store had, and lives on its own") {
      auto copy = it.open_backup(*engine);
      REQUIRE(append(*copy, batch_of(stream_a, 0, {"copy"})));
      CHECK(*engine->last_seq(stream_a) == 0);
      CHECK(payloads(*copy, {"run", "t", "7"}) == texts{"1", "2"});
      CHECK(copy->list({"run", "t", {{"n", "3"}}})->rows.size() == 1);
      CHECK(copy->shard_count() == engine->shard_count());
      auto report = copy->verify();
      CHECK(report->corruptions.empty());
      CHECK(report->blobs == 10);
    }
}

} // namespace machine::test
