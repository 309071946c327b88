#pragma once

#include "runtime/entity/entity.hpp"
#include "runtime/wire/codec.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Workflows of a project by name, each with its versions.
namespace machine::orchestrator {

/// Bounds: of a name, as the text of a workflow has it, and of a note, in
/// bytes; of versions that one workflow may have.
constexpr size_t max_workflow_name = 64;
constexpr size_t max_version_note = 500;
constexpr size_t max_workflow_versions = 1'000;

/// A version of a workflow, without its text.
struct workflow_version {
  /// Counts up with each version; numbers may be left out.
  uint32_t number = 0;
  /// Of its normal form (`workflow_hash`).
  std::string hash;
  /// Of its text, in bytes.
  uint64_t size = 0;
  std::string note;
  std::string by;
  timestamp at{};

  static constexpr const char* wire_name = "workflow_version";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &workflow_version::number},
                         wire::field{"hash", &workflow_version::hash},
                         wire::field{"size", &workflow_version::size},
                         wire::field{"note", &workflow_version::note},
                         wire::field{"by", &workflow_version::by},
                         wire::field{"at", &workflow_version::at});
  }

  bool operator==(const workflow_version&) const = default;
};

/// What *text* says is the newest version, from now on; nothing happens if it
/// is so already. The caller has loaded the text: *name* and *hash* are right.
struct publish_workflow {
  std::string project;
  std::string name;
  std::string text;
  std::string hash;
  std::string note;
  std::string by;

  static constexpr const char* wire_name = "publish_workflow";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &publish_workflow::project},
                         wire::field{"name", &publish_workflow::name},
                         wire::field{"text", &publish_workflow::text},
                         wire::field{"hash", &publish_workflow::hash},
                         wire::field{"note", &publish_workflow::note},
                         wire::field{"by", &publish_workflow::by});
  }

  bool operator==(const publish_workflow&) const = default;
};

/// Takes the workflow off the list. Its versions can be read still, by number,
/// and what was begun with them goes on.
struct withdraw_workflow {
  std::string by;

  static constexpr const char* wire_name = "withdraw_workflow";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &withdraw_workflow::by});
  }

  bool operator==(const withdraw_workflow&) const = default;
};

using registry_command = std::variant<publish_workflow, withdraw_workflow>;

struct workflow_published {
  std::string project;
  std::string name;
  std::string text;
  std::string hash;
  std::string note;
  std::string by;

  static constexpr const char* wire_name = "workflow_published";

  static constexpr auto fields() {
    return wire::members(wire::field{"project", &workflow_published::project},
                         wire::field{"name", &workflow_published::name},
                         wire::field{"text", &workflow_published::text},
                         wire::field{"hash", &workflow_published::hash},
                         wire::field{"note", &workflow_published::note},
                         wire::field{"by", &workflow_published::by});
  }

  bool operator==(const workflow_published&) const = default;
};

struct workflow_withdrawn {
  std::string by;

  static constexpr const char* wire_name = "workflow_withdrawn";

  static constexpr auto fields() {
    return wire::members(wire::field{"by", &workflow_withdrawn::by});
  }

  bool operator==(const workflow_withdrawn&) const = default;
};

using registry_event = std::variant<workflow_published, workflow_withdrawn>;

struct registered_state {
  std::string project;
  std::string name;
  bool listed = false;
  /// Events so far: a version has the number of its event, by which its text
  /// is found.
  uint32_t events = 0;
  /// BLAKE2b-256 of the newest text, in hexadecimal digits.
  std::string newest_text;
  /// The oldest first.
  std::vector<workflow_version> versions;

  static constexpr const char* wire_name = "registered_workflow";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"project", &registered_state::project},
      wire::field{"name", &registered_state::name},
      wire::field{"listed", &registered_state::listed},
      wire::field{"events", &registered_state::events},
      wire::field{"newest_text", &registered_state::newest_text},
      wire::field{"versions", &registered_state::versions});
  }

  bool operator==(const registered_state&) const = default;
};

/// A workflow as lists show it.
struct workflow_summary {
  std::string name;
  std::string project;
  uint64_t versions = 0;
  workflow_version newest;

  static constexpr const char* wire_name = "workflow_summary";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &workflow_summary::name},
                         wire::field{"project", &workflow_summary::project},
                         wire::field{"versions", &workflow_summary::versions},
                         wire::field{"newest", &workflow_summary::newest});
  }

  bool operator==(const workflow_summary&) const = default;
};

/// One name of a project with its versions: the core of the entity `workflow`,
/// whose id is made by `workflow_id`.
struct registered_workflow
    : entity::passive<registered_state, registry_command, registry_event> {
  static constexpr const char* kind = "workflow";
  static constexpr const char* snapshot_schema = "workflow.1";

  /// `limit_exceeded` after `max_workflow_versions`; `not_found` if there is
  /// nothing to be withdrawn.
  static caf::error decide(entity::draft<registered_workflow>& to,
                           const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  /// Fields: `project`, `listed`.
  static store::summary_row summarise(const state& now, const entity::key&);
};

/// The id of the workflow *name* of *project*. Names have no dots.
std::string workflow_id(const std::string& project, const std::string& name);

/// `invalid_argument` unless *name* is 1 to 64 of a-z, 0-9, `_` and `-`, first
/// a letter, as in the text of a workflow.
caf::error check_workflow_name(const std::string& name);

/// The event of version *number*, which *payload* of the log has to be; none if
/// it is something else.
std::optional<workflow_published> version_in(bytes_view payload);

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::orchestrator::registry_command>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::registry_command>;
extern template struct machine::wire::codec<
  machine::orchestrator::registered_state>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::registered_state>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::orchestrator::registered_workflow>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::orchestrator::registered_workflow>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::orchestrator::registry_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::orchestrator::registry_event>>;
