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
  std::optional<uint32_t> max_runs;
  /// Runs at work, those that other runs have called not counted.
  uint64_t running = 0;
  /// Runs that wait for a place.
  uint64_t waiting = 0;

  static constexpr const char* wire_name = "project_summary";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &project_summary::id},
                         wire::field{"name", &project_summary::name},
                         wire::field{"budget", &project_summary::budget},
                         wire::field{"settled", &project_summary::settled},
                         wire::field{"leased", &project_summary::leased},
                         wire::field{"tasks", &project_summary::tasks},
                         wire::field{"max_runs", &project_summary::max_runs},
                         wire::later{"running", &project_summary::running},
                         wire::later{"waiting", &project_summary::waiting});
  }

  bool operator==(const project_summary&) const = default;
};

/// A run in the queue of a project.
struct queue_place {
  std::string run;
  /// From 1.
  uint64_t position = 0;
  uint32_t priority = 0;
  timestamp since{};

  static constexpr const char* wire_name = "queue_place";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &queue_place::run},
                         wire::field{"position", &queue_place::position},
                         wire::field{"priority", &queue_place::priority},
                         wire::field{"since", &queue_place::since});
  }

  bool operator==(const queue_place&) const = default;
};

/// The row of the project *id*.
project_summary summary_of(const project_state& now, const std::string& id);

/// What is set aside for runs and not spent yet.
micro_usd leased_by_runs(const project_state& now);

/// Runs that have a place. One that another run has called works in that one's.
uint64_t places_taken(const project_state& now);

/// The runs that wait, the next one first.
std::vector<queue_place> queue_of(const project_state& now);

} // namespace machine::tracker
