#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/load.hpp"

#include <optional>
#include <string>
#include <vector>

namespace machine {

/// What a new run is asked for.
struct run_request {
  std::string title;
  orchestrator::workflow workflow;
  json_text inputs{"{}"};
  std::string project = "default";
  std::optional<std::string> task;
  std::optional<std::string> repository;
  micro_usd budget = 0;
  std::optional<std::string> model;
  std::string principal;
  /// The API key of the principal, by its id; empty: there is none.
  std::string api_key{};
  /// What its calls are counted under, beside all else.
  std::vector<std::string> tags{};
  /// A caller's own word for this request: asking again with it gives the same
  /// run.
  std::optional<std::string> key;
  /// The run that it goes on from.
  std::optional<orchestrator::run_origin> origin;
  /// In the queue of its project: 0 to 9, 9 comes first; none: that of its
  /// task, or 0.
  std::optional<uint32_t> priority;
  /// The operation that it is asked for in, if that is in a trace.
  std::optional<orchestrator::run_trace> trace;
};

/// Checks *what*, and makes of it what a run is begun with.
caf::expected<orchestrator::run_created> prepare_run(run_request what);

} // namespace machine
