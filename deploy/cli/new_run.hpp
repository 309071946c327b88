#pragma once

#include "deploy/cli/options.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/describe.hpp"

namespace machine::cli {

/// The body of the request for a new run; what has no value is left out.
struct new_run {
  std::string title;
  std::optional<std::string> workflow;
  std::optional<std::string> workflow_name;
  std::optional<uint32_t> workflow_version;
  std::optional<std::string> workflow_file;
  std::map<std::string, json_text> inputs;
  std::optional<std::string> repository;
  std::optional<micro_usd> budget;
  std::optional<std::string> model;
  std::optional<std::string> project;
  std::optional<std::string> task;
  std::optional<uint32_t> priority;
  std::optional<std::vector<std::string>> tags;

  static constexpr const char* wire_name = "new_run";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"title", &new_run::title},
      wire::field{"workflow", &new_run::workflow},
      wire::field{"workflow_name", &new_run::workflow_name},
      wire::field{"workflow_version", &new_run::workflow_version},
      wire::field{"workflow_file", &new_run::workflow_file},
      wire::field{"inputs", &new_run::inputs},
      wire::field{"repository", &new_run::repository},
      wire::field{"budget", &new_run::budget},
      wire::field{"model", &new_run::model},
      wire::field{"project", &new_run::project},
      wire::field{"task", &new_run::task},
      wire::field{"priority", &new_run::priority},
      wire::field{"tags", &new_run::tags});
  }
};

/// Reads the workflow's file, so that what is wrong with it is said before
/// anything is started.
caf::error take_workflow(const run_start& what, new_run& to);

/// What *what* asks for, with its workflow's file read, so that what is wrong
/// with it is said before anything is started.
caf::expected<new_run> request_of(const run_start& what);

} // namespace machine::cli
