#pragma once

#include "actors/orchestrator/ask/ask.hpp"
#include "actors/orchestrator/retention/retention.hpp"
#include "actors/requests/kept_answer.hpp"
#include "runtime/pool.hpp"
#include "runtime/store/store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <stop_token>

namespace machine::orchestrator {

/// Archives and erases runs when their time has come, erases kept answers, and
/// has the store delete what nobody refers to.
using sweeper_actor = caf::typed_actor<
  // It is time for a sweep.
  caf::reacts_to<atom::wake>,
  // What it waited for under this number is there.
  caf::reacts_to<atom::ready, uint64_t>>;

struct sweeper_settings {
  retention_rules rules;
  /// None: only who asks for it collects.
  std::optional<duration> collect_every;
  duration blob_grace{86'400'000};
};

/// What a sweeper works with.
struct sweeper_services {
  entity::region_actor<run> runs;
  entity::region_actor<requests::kept_answer> answers;
  std::shared_ptr<store::engine> engine;
  std::shared_ptr<blocking_pool> pool;
  std::function<timestamp()> now;
  /// Whose runs there are. Blocks.
  std::function<caf::expected<std::vector<std::string>>()> tenants;
  /// Hears of what did not succeed; the next sweep tries it again.
  std::function<void(const caf::error&)> trouble;
};

struct sweeper_state {
  // CAF would hand an aggregate the actor as its first member.
  sweeper_state() = default;

  sweeper_state(const sweeper_state&) = delete;
  sweeper_state& operator=(const sweeper_state&) = delete;

  /// A collection takes long, and nobody must wait for it.
  ~sweeper_state() {
    stop.request_stop();
  }

  sweeper_services uses;
  sweeper_settings settings;
  expectations expected;
  timestamp collect_at{};
  /// Whose runs and answers are being looked at.
  std::string tenant;
  std::stop_source stop;

  static inline const char* name = "sweeper";
};

/// @param self The actor handle.
sweeper_actor::behavior_type
sweeper(sweeper_actor::stateful_pointer<sweeper_state> self,
        sweeper_services uses, sweeper_settings settings);

} // namespace machine::orchestrator
