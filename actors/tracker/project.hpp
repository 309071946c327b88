#pragma once

#include "actors/tracker/commands.hpp"
#include "actors/tracker/events.hpp"
#include "actors/tracker/state.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/wire/codec.hpp"

#include <variant>

namespace machine::tracker {

/// A project asks nothing of the outside.
struct no_effect {};

/// Groups tasks, and owns the budget and the ledger of its runs: the core of
/// the entity `project`. The project `default` comes into being when it is
/// first used.
struct project {
  using state = project_state;
  using command = project_command;
  using event = project_event;
  using effect = no_effect;

  static constexpr const char* kind = "project";
  static constexpr const char* snapshot_schema = "project.2";

  /// Refuses with `not_found` (project or task), `conflict`, `budget_exceeded`,
  /// `limit_exceeded` or `invalid_argument`.
  static caf::error decide(entity::draft<project>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  static std::vector<effect> react(const state&, const event&,
                                   const entity::key&) {
    return {};
  }

  static std::vector<effect> outstanding(const state&, const entity::key&) {
    return {};
  }

  static std::optional<command> on_wake() {
    return std::nullopt;
  }

  static std::optional<timestamp> wake_at(const state&) {
    return std::nullopt;
  }

  static bool idle(const state&) {
    return true;
  }

  static store::summary_row summarise(const state& now, const entity::key& id);
};

} // namespace machine::tracker

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::tracker::project>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::tracker::project>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::tracker::project_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::tracker::project_event>>;
