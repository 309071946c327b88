#include "tests/runtime/entity/memory_engine.hpp"

#include "runtime/entity/shards.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace machine;
using namespace machine::entity;

TEST_CASE("the shard of an entity is the same for ever") {
  // Golden values: other ones would orphan what is stored.
  CHECK(shard_of({"run", "local", "r-0123456789abcdef"}, 64) == 47);
  CHECK(shard_of({"project", "local", "default"}, 64) == 45);
  CHECK(shard_of({"a", "b", "c"}, 64) == 12);
  CHECK(shard_of({"a", "b", "c"}, 7) == 0);
  CHECK(shard_of({"a", "b", "c"}, 0) == 0);
  // Parts do not run into each other.
  CHECK(shard_of({"ab", "c", "d"}, 1u << 30)
        != shard_of({"a", "bc", "d"}, 1u << 30));
}

TEST_CASE("entities are spread over all shards") {
  std::set<uint32_t> seen;
  for (int i = 0; i < 1'000; ++i) {
    auto shard = shard_of({"run", "local", std::to_string(i)}, 64);
    CHECK(shard < 64);
    seen.insert(shard);
  }
  CHECK(seen.size() == 64);
}

TEST_CASE("a shard is claimed once, and given back") {
  auto engine = std::make_shared<test::memory_engine>();
  {
    shard_table shards{engine, "me", duration{1'000}};
    CHECK(shards.count() == 64);
    for (int i = 0; i < 3; ++i) {
      auto epoch = shards.epoch(5);
      REQUIRE(epoch);
      CHECK(*epoch == 1);
    }
    CHECK(engine->claims == 1);
    CHECK(engine->leases[5].owner == "me");
    shard_table others{engine, "other", duration{1'000}};
    auto refused = others.epoch(5);
    REQUIRE(!refused);
    CHECK(code_of(refused.error()) == ec::conflict);
  }
  CHECK(engine->leases[5].owner.empty());
}

TEST_CASE("a shard that was lost is claimed again, an old loss is no matter") {
  auto engine = std::make_shared<test::memory_engine>();
  shard_table shards{engine, "me", duration{1'000}};
  REQUIRE(shards.epoch(5));
  shards.lost(5, 1);
  CHECK(*shards.epoch(5) == 2);
  shards.lost(5, 1);
  CHECK(*shards.epoch(5) == 2);
  CHECK(engine->claims == 2);
}

TEST_CASE("the end of what is being appended is waited for when it must be") {
  auto engine = std::make_shared<test::memory_engine>();
  shard_table shards{engine, "me", duration{1'000}};
  REQUIRE(shards.epoch(5));
  REQUIRE(shards.epoch(6));
  shards.unsettle(5);
  CHECK(*shards.epoch(6) == 1);
  CHECK(engine->renewals == 0);
  SECTION("once") {
    CHECK(*shards.epoch(5) == 1);
    CHECK(engine->renewals == 1);
    CHECK(*shards.epoch(5) == 1);
    CHECK(engine->renewals == 1);
  }
  SECTION("again, if the store could not say") {
    engine->always = ec::io_failed;
    auto failed = shards.epoch(5);
    REQUIRE(!failed);
    CHECK(code_of(failed.error()) == ec::io_failed);
    engine->always = ec::none;
    CHECK(*shards.epoch(5) == 1);
    CHECK(engine->renewals == 2);
  }
  SECTION("of all shards") {
    shards.unsettle(6);
    shards.unsettle(7);
    CHECK(!shards.settle());
    CHECK(engine->renewals == 2);
    CHECK(!shards.settle());
    CHECK(engine->renewals == 2);
  }
  SECTION("of all shards, again if the store could not say") {
    shards.unsettle(6);
    engine->always = ec::io_failed;
    CHECK(code_of(shards.settle()) == ec::io_failed);
    engine->always = ec::none;
    // One of them is not held any more.
    engine->leases[6].epoch = 7;
    CHECK(!shards.settle());
    CHECK(*shards.epoch(5) == 1);
    CHECK(*shards.epoch(6) == 8);
  }
  SECTION("also where there is no room for the answer") {
    engine->always = ec::storage_full;
    CHECK(*shards.epoch(5) == 1);
    CHECK(*shards.epoch(5) == 1);
    CHECK(engine->renewals == 1);
  }
  SECTION("and a shard that is lost meanwhile is claimed") {
    engine->leases[5].epoch = 7;
    CHECK(*shards.epoch(5) == 8);
    CHECK(engine->claims == 3);
  }
}

TEST_CASE("a closed table has given back its shards and claims none") {
  auto engine = std::make_shared<test::memory_engine>();
  shard_table shards{engine, "me", duration{1'000}};
  REQUIRE(shards.epoch(5));
  shards.close();
  CHECK(engine->leases[5].owner.empty());
  auto late = shards.epoch(6);
  REQUIRE(!late);
  CHECK(code_of(late.error()) == ec::unavailable);
  CHECK(engine->claims == 1);
}
