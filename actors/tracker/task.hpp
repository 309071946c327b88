#pragma once

#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::tracker {

/// Where a task stands.
enum class task_state : uint8_t {
  open,
  in_progress,
  done,
  cancelled,
};

constexpr auto wire_names(task_state) {
  return std::array<std::pair<std::string_view, task_state>, 4>{{
    {"open", task_state::open},
    {"in_progress", task_state::in_progress},
    {"done", task_state::done},
    {"cancelled", task_state::cancelled},
  }};
}

struct task_comment {
  timestamp at{};
  std::string author;
  std::string text;

  static constexpr const char* wire_name = "task_comment";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &task_comment::at},
                         wire::field{"author", &task_comment::author},
                         wire::field{"text", &task_comment::text});
  }

  bool operator==(const task_comment&) const = default;
};

/// Something that somebody wants done.
struct task {
  /// `t-` and a number, from 1 in each project.
  std::string id;
  std::string title;
  std::string description;
  task_state state = task_state::open;
  /// 0 to 9; higher comes first.
  uint32_t priority = 0;
  /// The task that this one is a part of.
  std::optional<std::string> parent;
  /// Tasks that must be done first.
  std::vector<std::string> depends_on;
  std::vector<std::string> labels;
  std::vector<task_comment> comments;
  std::string author;
  timestamp created_at{};
  timestamp updated_at{};

  static constexpr const char* wire_name = "task";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &task::id},
                         wire::field{"title", &task::title},
                         wire::field{"description", &task::description},
                         wire::field{"state", &task::state},
                         wire::field{"priority", &task::priority},
                         wire::field{"parent", &task::parent},
                         wire::field{"depends_on", &task::depends_on},
                         wire::field{"labels", &task::labels},
                         wire::field{"comments", &task::comments},
                         wire::field{"author", &task::author},
                         wire::field{"created_at", &task::created_at},
                         wire::field{"updated_at", &task::updated_at});
  }

  bool operator==(const task&) const = default;
};

/// What an edit changes; what is missing stays.
struct task_edit {
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<task_state> state;
  std::optional<uint32_t> priority;
  std::vector<std::string> add_labels;
  std::vector<std::string> remove_labels;
  std::vector<std::string> add_depends;
  std::vector<std::string> remove_depends;

  static constexpr const char* wire_name = "task_edit";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"title", &task_edit::title},
      wire::field{"description", &task_edit::description},
      wire::field{"state", &task_edit::state},
      wire::field{"priority", &task_edit::priority},
      wire::field{"add_labels", &task_edit::add_labels},
      wire::field{"remove_labels", &task_edit::remove_labels},
      wire::field{"add_depends", &task_edit::add_depends},
      wire::field{"remove_depends", &task_edit::remove_depends});
  }

  bool operator==(const task_edit&) const = default;
};

} // namespace machine::tracker
