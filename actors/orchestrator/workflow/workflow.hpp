#pragma once

#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::orchestrator {

// A template is text in which `${{ expression }}` stands for the value of a jq
// expression over `{inputs, vars, steps, run, iteration}`. A template that is
// one such expression and nothing else yields the value itself, any other
// yields text.

/// What happens to the run when a step has failed for good.
enum class failure_policy : uint8_t {
  /// The run fails.
  fail,
  /// The run goes on; conditions can look at the step's state and error.
  proceed,
};

constexpr auto wire_names(failure_policy) {
  return std::array<std::pair<std::string_view, failure_policy>, 2>{{
    {"fail", failure_policy::fail},
    {"continue", failure_policy::proceed},
  }};
}

/// When a failed attempt is tried again.
struct retry_policy {
  /// Attempts after the first, 0 to 100.
  uint32_t max = 0;
  /// The first pause.
  duration backoff{1'000};
  /// What each pause is longer than the one before, 1 to 10.
  double factor = 2;
  /// The longest pause.
  duration max_backoff{60'000};
  /// Part of the pause that is random, 0 to 1.
  double jitter = 0;
  /// Names of error codes (`ec`); empty: every error that may pass by itself
  /// (timeout, unavailable, overloaded, io_failed, provider_rate_limited,
  /// provider_failed, provider_garbled, provider_interrupted).
  std::vector<std::string> on;

  static constexpr const char* wire_name = "retry_policy";

  static constexpr auto fields() {
    return wire::members(wire::field{"max", &retry_policy::max},
                         wire::field{"backoff", &retry_policy::backoff},
                         wire::field{"factor", &retry_policy::factor},
                         wire::field{"max_backoff", &retry_policy::max_backoff},
                         wire::field{"jitter", &retry_policy::jitter},
                         wire::field{"on", &retry_policy::on});
  }

  bool operator==(const retry_policy&) const = default;
};

/// Runs the agent loop of a role.
struct agent_step {
  std::string role;
  /// Template: what the agent is to do.
  std::string prompt;
  /// Tools that it may use, of those that its role has; empty: all of them.
  std::vector<std::string> tools;
  /// JSON Schema of the structured result; none: the role's own.
  std::optional<json_text> output;
  /// Bound on its model calls, 1 to 200; none: the role's own.
  std::optional<uint32_t> max_turns;
  /// A model by its id in the catalogue; none: the selector chooses.
  std::optional<std::string> model;

  static constexpr const char* wire_name = "agent";

  static constexpr auto fields() {
    return wire::members(wire::field{"role", &agent_step::role},
                         wire::field{"prompt", &agent_step::prompt},
                         wire::field{"tools", &agent_step::tools},
                         wire::field{"output", &agent_step::output},
                         wire::field{"max_turns", &agent_step::max_turns},
                         wire::field{"model", &agent_step::model});
  }

  bool operator==(const agent_step&) const = default;
};

/// One model call.
struct model_step {
  /// Template.
  std::string prompt;
  /// Template.
  std::optional<std::string> system;
  /// JSON Schema that the answer must satisfy; none: the answer is text.
  std::optional<json_text> output;
  /// What kind of job it is, for the selector: `code`, `test`, `plan`, ...
  std::string job = "general";
  std::optional<std::string> model;
  /// Bound on the answer, in tokens, 1 to 128,000.
  uint32_t max_output_tokens = 4096;

  static constexpr const char* wire_name = "model";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"prompt", &model_step::prompt},
      wire::field{"system", &model_step::system},
      wire::field{"output", &model_step::output},
      wire::field{"job", &model_step::job},
      wire::field{"model", &model_step::model},
      wire::field{"max_output_tokens", &model_step::max_output_tokens});
  }

  bool operator==(const model_step&) const = default;
};

/// A command in the sandbox, in the run's workspace. It fails if its exit code
/// is not 0; its output is `{exit_code, output, elapsed_ms}` either way, with a
/// `note` where there is more to say. Of what it prints the end is kept.
struct command_step {
  /// Templates. A single one is run by `/bin/sh -c`.
  std::vector<std::string> argv;
  /// Templates, by name of the variable.
  std::map<std::string, std::string> environment;

  static constexpr const char* wire_name = "command";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"argv", &command_step::argv},
      wire::field{"environment", &command_step::environment});
  }

  bool operator==(const command_step&) const = default;
};

/// The schema of the answer to an `approve` step that names none.
constexpr const char* approval_schema =
  R"({"type":"object","properties":{"approved":{"type":"boolean"},)"
  R"("comment":{"type":"string"}},"required":["approved"],)"
  R"("additionalProperties":false})";

/// Asks a person; the answer is the step's output.
struct approve_step {
  /// Template.
  std::string question;
  /// JSON Schema of the answer; none: `{"approved": boolean, "comment"?:
  /// string}`, and an answer that does not approve fails the step.
  std::optional<json_text> answer;
  /// Who should answer.
  std::optional<std::string> assignee;
  /// Answered with `default_answer` after so long; without a default answer
  /// the step fails with `timeout`.
  std::optional<duration> deadline;
  std::optional<json_text> default_answer;

  static constexpr const char* wire_name = "approve";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"question", &approve_step::question},
      wire::field{"answer", &approve_step::answer},
      wire::field{"assignee", &approve_step::assignee},
      wire::field{"deadline", &approve_step::deadline},
      wire::field{"default_answer", &approve_step::default_answer});
  }

  bool operator==(const approve_step&) const = default;
};

/// Changes variables: name of the variable to jq expression. All are evaluated
/// before any is changed.
struct set_step {
  std::map<std::string, std::string> values;

  static constexpr const char* wire_name = "set";

  static constexpr auto fields() {
    return wire::members(wire::field{"values", &set_step::values});
  }

  bool operator==(const set_step&) const = default;
};

/// Ends the run as failed.
struct fail_step {
  /// Template.
  std::string message;

  static constexpr const char* wire_name = "fail";

  static constexpr auto fields() {
    return wire::members(wire::field{"message", &fail_step::message});
  }

  bool operator==(const fail_step&) const = default;
};

/// Runs the steps of a block again and again until a condition holds after a
/// round. Its output is `{iterations, satisfied, steps}`, `steps` being those
/// of the last round.
struct repeat_step {
  /// jq expression, over the block's steps of the round that has ended too.
  std::string until;
  /// Bound on the rounds, 1 to 1,000. If the condition does not hold after the
  /// last one, the step is done with `satisfied: false`.
  uint32_t max = 1;
  /// The ids of the steps of the block, in the order of the file; they are
  /// in `workflow::steps` with `parent` set to this step.
  std::vector<std::string> steps;

  static constexpr const char* wire_name = "repeat";

  static constexpr auto fields() {
    return wire::members(wire::field{"until", &repeat_step::until},
                         wire::field{"max", &repeat_step::max},
                         wire::field{"steps", &repeat_step::steps});
  }

  bool operator==(const repeat_step&) const = default;
};

using step_action =
  std::variant<agent_step, model_step, command_step, approve_step, set_step,
               fail_step, repeat_step>;

/// A node of the graph.
struct step {
  /// Unique in the workflow: 1 to 64 of `a-z 0-9 _ -`, first a letter.
  std::string id;
  /// For people; none: the id.
  std::optional<std::string> title;
  /// The block step that this one belongs to; none: the workflow itself.
  std::optional<std::string> parent;
  /// Steps of the same block that must have ended first (done, skipped, or
  /// failed with `on_failure: continue`).
  std::vector<std::string> needs;
  /// jq expression; the step is skipped if it yields false or null.
  std::optional<std::string> when;
  retry_policy retry;
  /// Of one attempt. None: the default of the kind.
  std::optional<duration> timeout;
  /// Whether an attempt whose outcome is unknown after a crash may be tried
  /// again by itself.
  bool idempotent = true;
  failure_policy on_failure = failure_policy::fail;
  /// Bound on what this step may spend, in all of its rounds; of a block, on
  /// what its steps may spend together.
  std::optional<micro_usd> budget;
  step_action action;

  static constexpr const char* wire_name = "step";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &step::id}, wire::field{"title", &step::title},
      wire::field{"parent", &step::parent}, wire::field{"needs", &step::needs},
      wire::field{"when", &step::when}, wire::field{"retry", &step::retry},
      wire::field{"timeout", &step::timeout},
      wire::field{"idempotent", &step::idempotent},
      wire::field{"on_failure", &step::on_failure},
      wire::field{"budget", &step::budget},
      wire::field{"action", &step::action});
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
  /// In the order of the file; the steps of a block follow their block step.
  std::vector<step> steps;
  /// jq expression for the output of the run; none: null.
  std::optional<std::string> output;

  static constexpr const char* wire_name = "workflow";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &workflow::name},
                         wire::field{"description", &workflow::description},
                         wire::field{"inputs", &workflow::inputs},
                         wire::field{"vars", &workflow::vars},
                         wire::field{"steps", &workflow::steps},
                         wire::field{"output", &workflow::output});
  }

  bool operator==(const workflow&) const = default;
};

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::orchestrator::workflow>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::workflow>;
