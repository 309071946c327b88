#pragma once

#include "actors/orchestrator/workflow/actions.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// A node of the graph.
struct step {
  /// Unique in the workflow: 1 to 64 of `a-z 0-9 _ -`, first a letter.
  std::string id;
  /// For people; none: the id.
  std::optional<std::string> title;
  /// The step that this one's block belongs to; none: the workflow itself.
  std::optional<std::string> parent;
  /// The name of the block; none: it has none.
  std::optional<std::string> block;
  /// Steps of the same block that must have ended first (done, skipped, or
  /// failed with `on_failure: continue`).
  std::vector<std::string> needs;
  /// jq expression; the step is skipped if it yields false or null.
  std::optional<std::string> when;
  retry_policy retry;
  /// Of one attempt. None: the default of the kind.
  std::optional<duration> timeout;
  /// Of the step with all of its attempts and pauses, and all that is in its
  /// blocks; then what of it lives is stopped, and it fails with `timeout`.
  std::optional<duration> step_timeout;
  /// Labels that a worker must have to perform it.
  std::vector<std::string> runs_on;
  /// Whether an attempt whose outcome is unknown after a crash may be tried
  /// again by itself.
  bool idempotent = true;
  failure_policy on_failure = failure_policy::fail;
  /// Whether it has a block `undo`, which runs when the run fails or is
  /// cancelled after the step was done; the last step's first.
  bool undo = false;
  /// Bound on what this step may spend, in all of its rounds; of a block, on
  /// what its steps may spend together.
  std::optional<micro_usd> budget;
  std::optional<guard_settings> guard;
  step_action action;

  static constexpr const char* wire_name = "step";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &step::id}, wire::field{"title", &step::title},
      wire::field{"parent", &step::parent}, wire::field{"block", &step::block},
      wire::field{"needs", &step::needs}, wire::field{"when", &step::when},
      wire::field{"retry", &step::retry},
      wire::field{"timeout", &step::timeout},
      wire::field{"step_timeout", &step::step_timeout},
      wire::later{"runs_on", &step::runs_on},
      wire::field{"idempotent", &step::idempotent},
      wire::field{"on_failure", &step::on_failure},
      wire::later{"undo", &step::undo}, wire::field{"budget", &step::budget},
      wire::field{"guard", &step::guard}, wire::field{"action", &step::action});
  }

  bool operator==(const step&) const = default;
};

/// A graph of steps in its normal form: defaults filled in, blocks flattened.
/// It is made by `load_workflow` and has passed all of its checks.
struct workflow {
  /// 1 to 64 of `a-z 0-9 _ -`.
  std::string name;
  std::string description;
  /// JSON Schema of the inputs; its `default`s fill in what is missing.
  json_text inputs{"{}"};
  /// The variables and their first values.
  std::map<std::string, json_text> vars;
  /// Of those variables that are not simply replaced.
  std::map<std::string, reducer> reducers;
  /// Of every step that says nothing else.
  std::optional<guard_settings> guard;
  /// In the order of the file; the steps of a block follow the step that they
  /// belong to.
  std::vector<step> steps;
  /// jq expression for the output of the run; none: null.
  std::optional<std::string> output;
  /// The normal forms of the workflows that it calls, and of all that they
  /// call, by name: so its hash pins them too.
  std::map<std::string, json_text> called;

  static constexpr const char* wire_name = "workflow";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &workflow::name},
                         wire::field{"description", &workflow::description},
                         wire::field{"inputs", &workflow::inputs},
                         wire::field{"vars", &workflow::vars},
                         wire::later{"reducers", &workflow::reducers},
                         wire::field{"guard", &workflow::guard},
                         wire::field{"steps", &workflow::steps},
                         wire::field{"output", &workflow::output},
                         wire::later{"called", &workflow::called});
  }

  bool operator==(const workflow&) const = default;
};

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::orchestrator::workflow>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::workflow>;
