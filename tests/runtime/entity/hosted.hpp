#pragma once

#include "runtime/entity/feed.hpp"
#include "tests/runtime/entity/counter.hpp"
#include "tests/runtime/entity/manual_pool.hpp"
#include "tests/runtime/entity/memory_engine.hpp"
#include "tests/support/deterministic.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>

namespace machine::test {

struct entity_config : deterministic_config {
  entity_config() {
    add_message_types<caf::id_block::entity_test>();
  }
};

/// Counters on a store in memory, in virtual time.
struct hosted : deterministic_with<entity_config> {
  using result = caf::expected<entity::outcome<counter>>;
  using answer = pending<entity::outcome<counter>>;

  std::shared_ptr<memory_engine> engine = std::make_shared<memory_engine>();
  std::shared_ptr<manual_pool> pool = std::make_shared<manual_pool>();
  entity::services<counter> uses;
  entity::region_actor<counter> region;
  std::vector<std::string> performed;
  std::vector<ec> failures;
  /// `perform` throws so often.
  int failing_effects = 0;
  /// Happens when an entity asks for the time, once.
  std::function<void()> on_clock;

  entity::key id{"t", "c"};

  hosted() {
    counter::deaf = false;
    counter::slow = false;
    counter::decisions = 0;
    // A counter with an alarm at time 0 would be due at once.
    scheduler.advance_time(std::chrono::hours{1});
    uses.engine = engine;
    uses.pool = pool;
    uses.shards =
      std::make_shared<entity::shard_table>(engine, "me", duration{1'000});
    uses.feed = system.spawn(entity::feed);
    uses.perform = [this](const entity::key&, const std::string& what) {
      if (failing_effects > 0) {
        --failing_effects;
        throw std::runtime_error{"an effect fails"};
      }
      performed.push_back(what);
    };
    uses.failed = [this](const entity::key&, const caf::error& why) {
      failures.push_back(code_of(why));
    };
    uses.now = [this] {
      if (auto happen = std::exchange(on_clock, nullptr))
        happen();
      return now();
    };
    uses.random = [] { return uint64_t{4}; };
    start();
  }

  ~hosted() override {
    stop();
    caf::anon_send_exit(uses.feed, caf::exit_reason::kill);
    uses.feed = nullptr;
    run();
  }

  void start() {
    region = system.spawn(entity::region<counter>, uses);
    run();
  }

  /// As if the process died, but for the store.
  void stop() {
    caf::anon_send_exit(region, caf::exit_reason::kill);
    region = nullptr;
    engine->hold = false;
    engine->release();
    run();
  }

  void restart() {
    stop();
    start();
  }

  void run() override {
    do
      scheduler.run();
    while (pool->run_one());
  }

  /// Lets everything happen but what is in the pool.
  void run_actors() {
    scheduler.run();
  }

  store::stream_id stream() const {
    return entity::stream_of<counter>(id);
  }

  answer tell(counter_command what) {
    return begin<entity::outcome<counter>>(region, atom::command_v, id,
                                           std::move(what));
  }

  /// Tells it and lets everything happen.
  result order(counter_command what) {
    return ask<entity::outcome<counter>>(region, atom::command_v, id,
                                         std::move(what));
  }

  caf::expected<counter_state> state() {
    return ask<counter_state>(region, atom::inspect_v, id);
  }

  /// The state as the log tells it.
  counter_state replayed() {
    auto there = entity::replay<counter>(*engine, id);
    if (!there)
      FAIL(render(there.error()));
    return there->state;
  }

  size_t log_size() {
    return engine->logs[stream()].size();
  }

  void activate() {
    caf::anon_send(region, atom::activate_v, id);
    run();
  }
};

/// The code of an answer; `none` for success, `timeout` if there is none yet.
template <class T>
ec code(const pending<T>& x) {
  if (!*x)
    return ec::timeout;
  return **x ? ec::none : code_of((*x)->error());
}

template <class T>
ec code(const caf::expected<T>& x) {
  return x ? ec::none : code_of(x.error());
}

} // namespace machine::test
