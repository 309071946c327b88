#pragma once

#include "actors/tracker/commands.hpp"
#include "actors/tracker/events.hpp"
#include "actors/tracker/state.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/entity/news.hpp"
#include "runtime/wire/codec.hpp"

#include <variant>

namespace machine::tracker {

/// Tell a run that waited that it has its place and its lease.
struct admit_run {
  std::string run;
  micro_usd amount = 0;

  static constexpr const char* wire_name = "admit_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &admit_run::run},
                         wire::field{"amount", &admit_run::amount});
  }
};

/// Tell a run that waited that it cannot begin.
struct refuse_run {
  std::string run;
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "refuse_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &refuse_run::run},
                         wire::field{"code", &refuse_run::code},
                         wire::field{"message", &refuse_run::message});
  }
};

/// What a project does to the outside, after the commit. Lost word is no loss:
/// a run that waits asks again when it is loaded, or when somebody who carries
/// such word was started anew.
using project_effect = std::variant<admit_run, refuse_run>;

/// Groups tasks, owns the budget and the ledger of its runs, and says which of
/// them may be at work: the core of the entity `project`. The project `default`
/// comes into being when it is first used.
struct project
    : entity::passive<project_state, project_command, project_event> {
  using effect = project_effect;

  static constexpr const char* kind = "project";
  static constexpr const char* snapshot_schema = "project.2";

  /// Refuses with `not_found` (project or task), `conflict`, `budget_exceeded`,
  /// `limit_exceeded` or `invalid_argument`.
  static caf::error decide(entity::draft<project>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  static std::vector<effect> react(const state& now, const event& what,
                                   const entity::key& id);

  static std::vector<effect> outstanding(const state& now,
                                         const entity::key& id);

  /// To the topic `tasks`: tasks that are new, changed or commented on; to
  /// `costs`: charges, and limits that have changed.
  static std::vector<entity::announcement>
  announce(const state& now, const std::vector<event>& events,
           const entity::context& ctx);

  static store::summary_row summarise(const state& now, const entity::key& id);
};

} // namespace machine::tracker

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::tracker::admit_run>;
extern template struct machine::wire::message_codec<
  machine::tracker::admit_run>;
extern template struct machine::wire::codec<machine::tracker::refuse_run>;
extern template struct machine::wire::message_codec<
  machine::tracker::refuse_run>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::tracker::project>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::tracker::project>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::tracker::project_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::tracker::project_event>>;
