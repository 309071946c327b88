#pragma once

#include "actors/secrets/vault.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/store/lmdb.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

namespace machine::test {

using namespace secrets;

/// A store and a vault, without actors: whoever is told decides at once.
struct vault_under_test {
  temporary_directory dir;
  std::shared_ptr<store::engine> engine = open_engine();
  std::shared_ptr<entity::shard_table> shards =
    std::make_shared<entity::shard_table>(engine, "test", duration{86'400'000});
  /// What was made durable last.
  master_keys kept{make_master_key()};
  /// Calls of `tell` that succeed still; none: all.
  std::optional<size_t> left;

  ~vault_under_test() {
    shards->close();
    engine->close();
  }

  std::shared_ptr<store::engine> open_engine() {
    auto result = store::open_lmdb(dir / "store");
    if (!result)
      FAIL(render(result.error()));
    return *result;
  }

  std::unique_ptr<vault> open() {
    return open(kept);
  }

  std::unique_ptr<vault> open(master_keys keys) {
    return std::make_unique<vault>(engine, std::move(keys),
                                   [this](const master_keys& next) {
                                     kept = next;
                                     return caf::error{};
                                   });
  }

  caf::error tell(const entity::key& id, const secret_command& what) {
    if (left && (*left)-- == 0)
      return make_error(ec::unavailable, "the power is gone");
    auto now = entity::load<vault_secret>(*engine, *shards, id);
    if (!now)
      return std::move(now.error());
    entity::context ctx{id, timestamp{std::chrono::seconds{++time}}};
    entity::draft<vault_secret> to{now->state, ctx};
    if (auto err = vault_secret::decide(to, what))
      return err;
    store::stream_append step;
    step.stream = entity::stream_of<vault_secret>(id);
    step.expected_seq = now->last_seq;
    step.summary = vault_secret::summarise(to.now(), id);
    step.events = to.take_payloads();
    if (step.events.empty())
      return caf::none;
    store::batch all;
    all.shard = now->shard;
    all.epoch = now->epoch;
    all.streams.push_back(std::move(step));
    return commit(std::move(all));
  }

  void erase(const entity::key& id) {
    auto now = entity::load<vault_secret>(*engine, *shards, id);
    REQUIRE(now);
    store::batch all;
    all.shard = now->shard;
    all.epoch = now->epoch;
    all.erased.push_back({entity::stream_of<vault_secret>(id), now->last_seq});
    auto problem = commit(std::move(all));
    CHECK(!problem);
  }

  caf::error commit(store::batch what) {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<caf::error> result;
    engine->append(std::move(what), [&](caf::expected<void> outcome) {
      std::lock_guard guard{mutex};
      result = outcome ? caf::error{} : outcome.error();
      done.notify_one();
    });
    std::unique_lock lock{mutex};
    done.wait(lock, [&] { return result.has_value(); });
    return *result;
  }

  secret_teller teller() {
    return [this](auto& id, auto& what) { return tell(id, what); };
  }

  void put(vault& in, const std::string& name, std::string_view value,
           const std::string& tenant = "default") {
    entity::key id{tenant, name};
    auto now = entity::replay<vault_secret>(*engine, id);
    REQUIRE(now);
    auto under_way = in.begin_put();
    auto what =
      under_way->seal({tenant, name, now->state.version + 1}, value, "ann");
    auto problem = tell(id, what);
    INFO(render(problem));
    REQUIRE(!problem);
    under_way->settle();
  }

  static std::string get(vault& in, const std::string& name,
                         const std::string& tenant = "default") {
    auto found = in.find(tenant, name);
    return found ? (*found)->text : to_string(code_of(found.error()));
  }

  int time = 0;
};

} // namespace machine::test
