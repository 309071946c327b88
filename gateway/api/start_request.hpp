#pragma once

#include "gateway/api/ask.hpp"

namespace machine::gateway {

/// What a client wants to have done: the body of `POST /runs`.
struct start_request {
  std::string title;
  std::optional<std::string> workflow;
  std::optional<std::string> workflow_name;
  /// Of the one that is named; none: the newest.
  std::optional<uint32_t> workflow_version;
  std::optional<std::string> workflow_file;
  std::optional<json_text> inputs;
  std::optional<std::string> repository;
  std::optional<micro_usd> budget;
  std::optional<std::string> model;
  std::optional<std::string> project;
  std::optional<std::string> task;
  std::optional<uint32_t> priority;
  /// What its calls of models are counted under, beside all else.
  std::optional<std::vector<std::string>> tags;

  static constexpr const char* wire_name = "run";
  static constexpr const char* schema_name = "new_run";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"title", &start_request::title},
      wire::field{"workflow", &start_request::workflow},
      wire::field{"workflow_name", &start_request::workflow_name},
      wire::field{"workflow_version", &start_request::workflow_version},
      wire::field{"workflow_file", &start_request::workflow_file},
      wire::field{"inputs", &start_request::inputs},
      wire::field{"repository", &start_request::repository},
      wire::field{"budget", &start_request::budget},
      wire::field{"model", &start_request::model},
      wire::field{"project", &start_request::project},
      wire::field{"task", &start_request::task},
      wire::field{"priority", &start_request::priority},
      wire::field{"tags", &start_request::tags});
  }
};

/// What is to be another in what a schedule begins; what is missing stays.
struct start_changes {
  std::optional<std::string> title;
  std::optional<std::string> workflow;
  std::optional<std::string> workflow_name;
  std::optional<uint32_t> workflow_version;
  std::optional<std::string> workflow_file;
  /// Each replaces one, or is added.
  std::optional<json_text> inputs;
  std::optional<std::string> repository;
  std::optional<micro_usd> budget;
  std::optional<std::string> model;
  std::optional<std::string> task;
  std::optional<uint32_t> priority;
  std::optional<std::vector<std::string>> tags;

  static constexpr const char* wire_name = "run";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"title", &start_changes::title},
      wire::field{"workflow", &start_changes::workflow},
      wire::field{"workflow_name", &start_changes::workflow_name},
      wire::field{"workflow_version", &start_changes::workflow_version},
      wire::field{"workflow_file", &start_changes::workflow_file},
      wire::field{"inputs", &start_changes::inputs},
      wire::field{"repository", &start_changes::repository},
      wire::field{"budget", &start_changes::budget},
      wire::field{"model", &start_changes::model},
      wire::field{"task", &start_changes::task},
      wire::field{"priority", &start_changes::priority},
      wire::field{"tags", &start_changes::tags});
  }
};

/// A run that has begun.
struct started_document {
  std::string id;
  std::string project;
  std::string title;
  /// The run that it was made of.
  std::optional<std::string> origin;

  static constexpr const char* wire_name = "started";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &started_document::id},
                         wire::field{"project", &started_document::project},
                         wire::field{"title", &started_document::title},
                         wire::field{"origin", &started_document::origin});
  }
};

/// Whoever has a key works with the repositories that are there for them:
/// `denied` unless *path*, if there is one, is. Who runs the machine can read
/// all that it reads. Blocks.
caf::error check_repository(const scope& in,
                            const std::optional<std::string>& path);

/// A request for a run, once its workflow and its model are known to be there.
caf::expected<run_request> request_of(const scope& in,
                                      const start_request& what);

/// A request for a run that is as *from* was asked for.
caf::expected<run_request> request_as(const scope& in,
                                      const orchestrator::run_created& from);

/// The same with *changes*.
caf::expected<run_request> request_as(const scope& in,
                                      const orchestrator::run_created& from,
                                      const start_changes& changes);

} // namespace machine::gateway
