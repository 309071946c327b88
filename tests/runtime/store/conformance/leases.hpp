#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <atomic>
#include <thread>

namespace machine::test {

inline void check_leases(const store_under_test& it) {
  constexpr duration minute{60'000};
  auto engine = it.open();
  auto first = engine->claim_shard(3, "one", minute);
  REQUIRE(first);
  CHECK(first->shard == 3);
  CHECK(first->owner == "one");
  CHECK(first->epoch > 0);
  auto write = [&](uint64_t epoch, uint64_t expected) {
    auto what = batch_of(stream_a, expected, {"x"});
    what.shard = 3;
    what.epoch = epoch;
    what.blobs.push_back(to_bytes("blob of " + std::to_string(epoch)));
    return code(append(*engine, what));
  };
  SECTION("the holder writes, and nobody under another epoch") {
    CHECK(write(first->epoch, 0) == ec::none);
    CHECK(write(first->epoch + 1, 1) == ec::fenced);
    CHECK(write(first->epoch - 1, 1) == ec::fenced);
    CHECK(*engine->last_seq(stream_a) == 1);
  }
  SECTION("a lease that has not expired is not taken by another") {
    auto second = engine->claim_shard(3, "two", minute);
    CHECK(code(second) == ec::conflict);
    CHECK(message_of(second.error()).find("one") != std::string::npos);
    CHECK(write(first->epoch, 0) == ec::none);
  }
  SECTION("a fenced append changes nothing") {
    REQUIRE(engine->release_shard(*first));
    auto second = engine->claim_shard(3, "two", minute);
    REQUIRE(second);
    CHECK(second->epoch > first->epoch);
    CHECK(write(first->epoch, 0) == ec::fenced);
    CHECK(*engine->last_seq(stream_a) == 0);
    CHECK(code(engine->get_blob(store::hash_blob(
            as_bytes("blob of " + std::to_string(first->epoch)))))
          == ec::not_found);
    CHECK(write(second->epoch, 0) == ec::none);
  }
  SECTION("who lost a lease can neither renew it nor give it back") {
    REQUIRE(engine->release_shard(*first));
    CHECK(code(engine->renew_shard(*first, minute)) == ec::fenced);
    auto second = engine->claim_shard(3, "two", minute);
    REQUIRE(second);
    CHECK(code(engine->renew_shard(*first, minute)) == ec::fenced);
    CHECK(engine->release_shard(*first));
    CHECK(engine->renew_shard(*second, minute));
    CHECK(code(engine->claim_shard(3, "three", minute)) == ec::conflict);
  }
  SECTION("a lease that is renewed lasts longer, under the same epoch") {
    auto longer = engine->renew_shard(*first, 2 * minute);
    REQUIRE(longer);
    CHECK(longer->epoch == first->epoch);
    CHECK(longer->lease_until > first->lease_until);
    CHECK(write(first->epoch, 0) == ec::none);
  }
  SECTION("who claims or renews knows what came of appends before") {
    constexpr uint64_t count = 200;
    std::atomic<uint64_t> ended = 0;
    for (uint64_t i = 0; i < count; ++i) {
      auto what = batch_of(stream_a, i, {std::string(10'000, 'x')});
      what.shard = 3;
      what.epoch = first->epoch;
      engine->append(std::move(what),
                     [&ended](caf::expected<void>) { ++ended; });
    }
    if (GENERATE(true, false))
      REQUIRE(engine->renew_shard(*first, minute));
    else
      REQUIRE(engine->claim_shard(3, "one", minute));
    CHECK(*engine->last_seq(stream_a) == count);
    CHECK(ended == count);
  }
  SECTION("an expired lease may be taken, and until then it may be renewed") {
    auto brief = engine->claim_shard(4, "one", duration{0});
    REQUIRE(brief);
    auto renewed = engine->renew_shard(*brief, duration{0});
    REQUIRE(renewed);
    auto second = engine->claim_shard(4, "two", minute);
    REQUIRE(second);
    CHECK(second->epoch > brief->epoch);
    CHECK(code(engine->renew_shard(*renewed, minute)) == ec::fenced);
  }
  SECTION("an owner that was restarted takes back what it had") {
    engine = nullptr;
    engine = it.open();
    CHECK(write(first->epoch, 0) == ec::none);
    auto again = engine->claim_shard(3, "one", minute);
    REQUIRE(again);
    CHECK(again->epoch > first->epoch);
    CHECK(write(first->epoch, 1) == ec::fenced);
    CHECK(write(again->epoch, 1) == ec::none);
  }
  SECTION("of many that want a shard one gets it") {
    std::atomic<size_t> won{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        won += engine->claim_shard(5, "o" + std::to_string(i), minute) ? 1 : 0;
      });
    for (auto& thread : threads)
      thread.join();
    CHECK(won == 1);
  }
  SECTION("claims out of their bounds are refused") {
    const auto bad = ec::invalid_argument;
    CHECK(code(engine->claim_shard(engine->shard_count(), "one", minute))
          == bad);
    CHECK(code(engine->claim_shard(0, "", minute)) == bad);
    CHECK(code(engine->claim_shard(0, std::string(129, 'o'), minute)) == bad);
    CHECK(code(engine->claim_shard(0, "one", duration{-1})) == bad);
    CHECK(code(engine->claim_shard(0, "one", duration::max())) == bad);
    CHECK(code(engine->renew_shard(*first, duration::max())) == bad);
    CHECK(code(engine->release_shard({engine->shard_count(), "one"})) == bad);
  }
  if (it.several)
    SECTION("engines that share a store fence each other") {
      auto other = it.open();
      REQUIRE(engine->release_shard(*first));
      REQUIRE(other->claim_shard(3, "two", minute));
      CHECK(write(first->epoch, 0) == ec::fenced);
    }
}

inline void check_nodes(const store_under_test& it) {
  auto engine = it.open();
  SECTION("nodes are found by all, with what they last said") {
    REQUIRE(engine->put_node({"n1", "127.0.0.1:1", to_bytes("x"), {}}));
    REQUIRE(engine->put_node({"n2", "127.0.0.1:2", {}, {}}));
    REQUIRE(engine->put_node({"n1", "127.0.0.1:3", to_bytes("y"), {}}));
    engine = nullptr;
    engine = it.open();
    auto nodes = engine->nodes();
    REQUIRE(nodes);
    REQUIRE(nodes->size() == 2);
    auto& first = nodes->at(0).id == "n1" ? nodes->at(0) : nodes->at(1);
    CHECK(first.address == "127.0.0.1:3");
    CHECK(as_text(first.info) == "y");
    CHECK(first.seen_at > timestamp{});
    REQUIRE(engine->remove_node("n1"));
    REQUIRE(engine->remove_node("n1"));
    CHECK(engine->remove_node(""));
    CHECK(engine->remove_node(std::string(1'000, 'n')));
    REQUIRE(engine->nodes()->size() == 1);
    CHECK(engine->nodes()->at(0).id == "n2");
  }
  SECTION("nodes out of their bounds are refused") {
    CHECK(!engine->put_node({""}));
    CHECK(!engine->put_node({std::string(129, 'n')}));
    CHECK(!engine->put_node({"n", std::string(513, 'a')}));
    CHECK(!engine->put_node({"n", "a", bytes((64u << 10) + 1)}));
    CHECK(engine->nodes()->empty());
  }
}

} // namespace machine::test
