#pragma once

#include "actors/models/chat.hpp"
#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Events of what a run does to the outside.
namespace machine::orchestrator {

enum class effect_kind : uint8_t {
  model,
  tool,
  command,
};

constexpr auto wire_names(effect_kind) {
  return std::array<std::pair<std::string_view, effect_kind>, 3>{{
    {"model", effect_kind::model},
    {"tool", effect_kind::tool},
    {"command", effect_kind::command},
  }};
}

/// Something is about to be done to the outside.
struct effect_intended {
  /// The idempotency key: unique in the run.
  std::string effect;
  std::string activation;
  uint64_t token = 0;
  effect_kind kind = effect_kind::model;
  /// The model's id, the tool's name, or the command.
  std::string subject;
  /// For people: arguments, or why this model.
  std::string detail;
  bool idempotent = true;
  /// Set aside from the budget until it is done.
  micro_usd lease = 0;
  /// For an edit: the hash of the file once it is done, so that whoever comes
  /// after a crash can tell.
  std::optional<std::string> guard;
  /// Of a model call: the whole decision (`models::decision`), with what was
  /// rejected and why.
  std::optional<json_text> decision;
  /// Of an agent's call of a tool: the hash of the tool and its arguments in
  /// canonical form.
  std::optional<std::string> call = std::nullopt;
  /// Of a model call: who serves the model, and the role of the agent that asks
  /// it; none: no agent does.
  std::optional<std::string> provider = std::nullopt;
  std::optional<std::string> agent = std::nullopt;

  static constexpr const char* wire_name = "effect_intended";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"effect", &effect_intended::effect},
      wire::field{"activation", &effect_intended::activation},
      wire::field{"token", &effect_intended::token},
      wire::field{"kind", &effect_intended::kind},
      wire::field{"subject", &effect_intended::subject},
      wire::field{"detail", &effect_intended::detail},
      wire::field{"idempotent", &effect_intended::idempotent},
      wire::field{"lease", &effect_intended::lease},
      wire::field{"guard", &effect_intended::guard},
      wire::field{"decision", &effect_intended::decision},
      wire::field{"call", &effect_intended::call},
      wire::field{"provider", &effect_intended::provider},
      wire::field{"agent", &effect_intended::agent});
  }

  bool operator==(const effect_intended&) const = default;
};

struct effect_done {
  std::string effect;
  uint64_t token = 0;
  /// The blob that holds the result.
  std::string result;
  /// For people: the first line of the result.
  std::string detail;
  micro_usd cost = 0;
  std::optional<models::token_usage> usage;
  /// Of a tool or a command that says it failed: the name of its error.
  std::optional<std::string> code = std::nullopt;
  /// Of an agent's command: the state in which it left the workspace, the hash
  /// of git's tree.
  std::optional<std::string> tree = std::nullopt;

  static constexpr const char* wire_name = "effect_done";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &effect_done::effect},
                         wire::field{"token", &effect_done::token},
                         wire::field{"result", &effect_done::result},
                         wire::field{"detail", &effect_done::detail},
                         wire::field{"cost", &effect_done::cost},
                         wire::field{"usage", &effect_done::usage},
                         wire::field{"code", &effect_done::code},
                         wire::field{"tree", &effect_done::tree});
  }

  bool operator==(const effect_done&) const = default;
};

struct effect_failed {
  std::string effect;
  uint64_t token = 0;
  std::string code;
  std::string message;
  micro_usd cost = 0;
  std::optional<models::token_usage> usage;

  static constexpr const char* wire_name = "effect_failed";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &effect_failed::effect},
                         wire::field{"token", &effect_failed::token},
                         wire::field{"code", &effect_failed::code},
                         wire::field{"message", &effect_failed::message},
                         wire::field{"cost", &effect_failed::cost},
                         wire::field{"usage", &effect_failed::usage});
  }

  bool operator==(const effect_failed&) const = default;
};

/// The outcome of an effect is unknown after a crash. It may have been paid
/// for, so its whole lease is charged.
struct effect_lost {
  std::string effect;
  micro_usd cost = 0;
  bool idempotent = true;

  static constexpr const char* wire_name = "effect_lost";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &effect_lost::effect},
                         wire::field{"cost", &effect_lost::cost},
                         wire::field{"idempotent", &effect_lost::idempotent});
  }

  bool operator==(const effect_lost&) const = default;
};

/// A run is begun for a `call` step.
struct child_started {
  std::string activation;
  std::string run;
  std::string workflow;
  json_text inputs;
  /// Set aside from the budget until it has ended.
  micro_usd budget = 0;

  static constexpr const char* wire_name = "child_started";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &child_started::activation},
                         wire::field{"run", &child_started::run},
                         wire::field{"workflow", &child_started::workflow},
                         wire::field{"inputs", &child_started::inputs},
                         wire::field{"budget", &child_started::budget});
  }

  bool operator==(const child_started&) const = default;
};

/// What one model has cost a run.
struct model_bill {
  std::string model;
  uint64_t calls = 0;
  models::token_usage usage;
  micro_usd cost = 0;

  static constexpr const char* wire_name = "model_bill";

  static constexpr auto fields() {
    return wire::members(wire::field{"model", &model_bill::model},
                         wire::field{"calls", &model_bill::calls},
                         wire::field{"usage", &model_bill::usage},
                         wire::field{"cost", &model_bill::cost});
  }

  bool operator==(const model_bill&) const = default;
};

/// Nothing of a child run lives any more.
struct child_ended {
  std::string activation;
  std::string run;
  /// Its own charges are in the ledger already.
  micro_usd spent = 0;
  std::vector<model_bill> bill;
  /// Its last checkpoint of the workspace that both have.
  std::optional<std::string> commit = std::nullopt;

  static constexpr const char* wire_name = "child_ended";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &child_ended::activation},
                         wire::field{"run", &child_ended::run},
                         wire::field{"spent", &child_ended::spent},
                         wire::field{"bill", &child_ended::bill},
                         wire::field{"commit", &child_ended::commit});
  }

  bool operator==(const child_ended&) const = default;
};

} // namespace machine::orchestrator
