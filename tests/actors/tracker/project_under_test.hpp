#pragma once

#include "actors/tracker/bounds.hpp"
#include "actors/tracker/places.hpp"
#include "actors/tracker/project.hpp"
#include "actors/tracker/summary.hpp"
#include "runtime/entity/draft.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace machine::test {

using namespace tracker;

/// A project without an actor: the core and its log.
struct project_under_test {
  project_state state;
  entity::context ctx{{"t", "p"}, timestamp{}, 0};
  std::vector<project_event> log;
  /// Of the last command.
  std::vector<project_effect> effects;

  explicit project_under_test(std::optional<micro_usd> budget = std::nullopt) {
    REQUIRE(!give(create_project{"Project", budget}));
  }

  caf::error give(project_command what) {
    entity::draft<project> to{state, ctx};
    if (auto refused = project::decide(to, what)) {
      REQUIRE(!to.changed());
      return refused;
    }
    for (auto& event : to.take_events())
      log.push_back(std::move(event));
    effects = to.take_effects();
    return caf::none;
  }

  caf::error add(const std::string& title,
                 std::vector<std::string> depends_on = {}) {
    create_task what;
    what.title = title;
    what.depends_on = std::move(depends_on);
    return give(what);
  }

  caf::error set(const std::string& id, task_state to) {
    edit_task what;
    what.task = id;
    what.edit.state = to;
    return give(what);
  }

  caf::error depend(const std::string& id, const std::string& on) {
    edit_task what;
    what.task = id;
    what.edit.add_depends = {on};
    return give(what);
  }
};

inline charge_booked charge_of(uint64_t number, micro_usd cost,
                               const std::string& run = "r-1") {
  charge_booked x;
  x.run = run;
  x.number = number;
  x.cost = cost;
  return x;
}

} // namespace machine::test
