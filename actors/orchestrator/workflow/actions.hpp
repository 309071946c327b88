#pragma once

#include "actors/orchestrator/workflow/policies.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a step does.
namespace machine::orchestrator {

// A template is text in which `${{ expression }}` stands for the value of a jq
// expression over `{inputs, vars, steps, run, iteration, item, index}`. A
// template that is one such expression and nothing else yields the value
// itself, any other yields text. In a template document every text is a
// template.
//
// A block is a list of steps that belongs to a step: what it repeats, does for
// each item or chooses between, what handles its failure, and what undoes it.
// The steps of all blocks stand in `workflow::steps`, with the step that they
// belong to as `parent` and the block's name as `block`.

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
  /// The longest time without a sign of life, which is anything that the
  /// command prints; then the attempt fails with `timeout`.
  std::optional<duration> heartbeat;

  static constexpr const char* wire_name = "command";

  static constexpr auto fields() {
    return wire::members(wire::field{"argv", &command_step::argv},
                         wire::field{"environment", &command_step::environment},
                         wire::field{"heartbeat", &command_step::heartbeat});
  }

  bool operator==(const command_step&) const = default;
};

/// One call of a tool, as an agent would make it. Its output is what the tool
/// answers.
struct tool_step {
  /// `read_file`, `search`, ...
  std::string name;
  /// Template document: a map.
  json_text arguments{"{}"};

  static constexpr const char* wire_name = "tool";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &tool_step::name},
                         wire::field{"arguments", &tool_step::arguments});
  }

  bool operator==(const tool_step&) const = default;
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
  /// Template: who should answer.
  std::optional<std::string> assignee;
  /// Who may answer instead: everybody with this role.
  std::optional<std::string> role;
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
      wire::field{"role", &approve_step::role},
      wire::field{"deadline", &approve_step::deadline},
      wire::field{"default_answer", &approve_step::default_answer});
  }

  bool operator==(const approve_step&) const = default;
};

/// Waits for a time or for a signal. Its output is null after a time, and the
/// payload of the signal. A signal that comes before anybody waits for it is
/// kept for the first that does.
struct wait_step {
  /// Template: a duration such as `90s`.
  std::optional<std::string> pause;
  /// Template: an instant as in RFC 3339, or milliseconds since 1970.
  std::optional<std::string> until;
  /// The name of a signal.
  std::optional<std::string> signal;
  /// JSON Schema of the signal's payload; none: any.
  std::optional<json_text> schema;
  /// The step ends after so long without a signal, with `fallback` as its
  /// output; without one it fails with `timeout`.
  std::optional<duration> deadline;
  std::optional<json_text> fallback;

  static constexpr const char* wire_name = "wait";

  static constexpr auto fields() {
    return wire::members(wire::field{"pause", &wait_step::pause},
                         wire::field{"until", &wait_step::until},
                         wire::field{"signal", &wait_step::signal},
                         wire::field{"schema", &wait_step::schema},
                         wire::field{"deadline", &wait_step::deadline},
                         wire::field{"fallback", &wait_step::fallback});
  }

  bool operator==(const wait_step&) const = default;
};

/// Runs another workflow as a run of its own, in the same workspace. Its output
/// is that of the run.
struct call_step {
  /// One of `workflow::called`.
  std::string workflow;
  /// Template document: the inputs, a map.
  json_text inputs{"{}"};
  /// What the run may spend; none: all that this one has left for the step when
  /// it begins.
  std::optional<micro_usd> budget;

  static constexpr const char* wire_name = "call";

  static constexpr auto fields() {
    return wire::members(wire::field{"workflow", &call_step::workflow},
                         wire::field{"inputs", &call_step::inputs},
                         wire::field{"budget", &call_step::budget});
  }

  bool operator==(const call_step&) const = default;
};

/// Changes variables: name of the variable to jq expression. All are evaluated
/// before any is changed; each becomes part of its variable by its reducer.
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

/// Runs the steps of a block for each item of a list, in which `.item` is the
/// item and `.index` its place from 0. Its output is `{items, done, failed,
/// results, failures}`: how many there were, the results in the order of the
/// items (null where one failed), and `[{index, code, message}]`.
struct foreach_step {
  /// jq expression that yields a list.
  std::string items;
  /// Items at one time, 1 to 1,000.
  uint32_t parallel = 1;
  /// Bound on the items, 1 to 1,000; more fail the step.
  uint32_t max = 1'000;
  /// `fail`: what runs for other items is stopped, and the step fails.
  failure_policy on_failure = failure_policy::fail;
  /// jq expression for the result of an item, over the block's steps too; none:
  /// what there is to know of these steps.
  std::optional<std::string> output;
  /// As in `repeat_step`.
  std::vector<std::string> steps;

  static constexpr const char* wire_name = "foreach";

  static constexpr auto fields() {
    return wire::members(wire::field{"items", &foreach_step::items},
                         wire::field{"parallel", &foreach_step::parallel},
                         wire::field{"max", &foreach_step::max},
                         wire::field{"on_failure", &foreach_step::on_failure},
                         wire::field{"output", &foreach_step::output},
                         wire::field{"steps", &foreach_step::steps});
  }

  bool operator==(const foreach_step&) const = default;
};

/// One of the blocks that a `route` chooses between.
struct route_case {
  /// For people and for the output; none: the number of the case, from 1.
  std::optional<std::string> name;
  /// jq expression; none: always.
  std::optional<std::string> when;
  std::vector<std::string> steps;

  static constexpr const char* wire_name = "case";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &route_case::name},
                         wire::field{"when", &route_case::when},
                         wire::field{"steps", &route_case::steps});
  }

  bool operator==(const route_case&) const = default;
};

/// Runs the first of its blocks whose condition holds. Its output is `{case,
/// steps}`; `{case: null, steps: {}}` if there was none.
struct route_step {
  std::vector<route_case> cases;

  static constexpr const char* wire_name = "route";

  static constexpr auto fields() {
    return wire::members(wire::field{"cases", &route_step::cases});
  }

  bool operator==(const route_step&) const = default;
};

using step_action =
  std::variant<agent_step, model_step, tool_step, command_step, approve_step,
               wait_step, call_step, foreach_step, repeat_step, route_step,
               set_step, fail_step>;

} // namespace machine::orchestrator
