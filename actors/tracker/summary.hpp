#pragma once

#include "actors/tracker/state.hpp"
#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::tracker {

/// A project as lists show it.
struct project_summary {
  std::string id;
  std::string name;
  std::optional<micro_usd> budget;
  micro_usd settled = 0;
  micro_usd leased = 0;
  uint64_t tasks = 0;

  static constexpr const char* wire_name = "project_summary";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &project_summary::id},
                         wire::field{"name", &project_summary::name},
                         wire::field{"budget", &project_summary::budget},
                         wire::field{"settled", &project_summary::settled},
                         wire::field{"leased", &project_summary::leased},
                         wire::field{"tasks", &project_summary::tasks});
  }

  bool operator==(const project_summary&) const = default;
};
/// The row of the project *id*.
project_summary summary_of(const project_state& now, const std::string& id);

/// What is set aside for runs and not spent yet.
micro_usd leased_by_runs(const project_state& now);

} // namespace machine::tracker
