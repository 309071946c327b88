#pragma once

#include "actors/orchestrator/run/events.hpp"

/// What a run is told by those who work for it.
namespace machine::orchestrator {

/// A worker is about to do something to the outside. Fails with `fenced` if
/// the attempt is no longer the worker's, with `budget_exceeded` if the lease
/// does not fit; if the effect is done already, nothing happens.
struct intend_effect {
  std::string effect;
  std::string activation;
  uint64_t token = 0;
  effect_kind kind = effect_kind::model;
  std::string subject;
  std::string detail;
  bool idempotent = true;
  micro_usd lease = 0;
  /// For an edit: the hash of the file once it is done.
  std::optional<std::string> guard;
  /// Of a model call: the whole decision (`models::decision`), with what was
  /// rejected and why.
  std::optional<json_text> decision;
  /// See `effect_intended`.
  std::optional<std::string> call = std::nullopt;
  std::optional<std::string> provider = std::nullopt;
  std::optional<std::string> agent = std::nullopt;

  static constexpr const char* wire_name = "intend_effect";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &intend_effect::effect},
                         wire::field{"activation", &intend_effect::activation},
                         wire::field{"token", &intend_effect::token},
                         wire::field{"kind", &intend_effect::kind},
                         wire::field{"subject", &intend_effect::subject},
                         wire::field{"detail", &intend_effect::detail},
                         wire::field{"idempotent", &intend_effect::idempotent},
                         wire::field{"lease", &intend_effect::lease},
                         wire::field{"guard", &intend_effect::guard},
                         wire::field{"decision", &intend_effect::decision},
                         wire::field{"call", &intend_effect::call},
                         wire::field{"provider", &intend_effect::provider},
                         wire::field{"agent", &intend_effect::agent});
  }

  bool operator==(const intend_effect&) const = default;
};

/// A worker's effect has ended.
struct finish_effect {
  std::string effect;
  std::string activation;
  uint64_t token = 0;
  /// The result; becomes a blob. None: the effect failed.
  std::optional<std::string> result;
  std::string code;
  std::string message;
  micro_usd cost = 0;
  std::optional<models::token_usage> usage;
  /// See `effect_done`.
  std::optional<std::string> tree = std::nullopt;

  static constexpr const char* wire_name = "finish_effect";

  static constexpr auto fields() {
    return wire::members(wire::field{"effect", &finish_effect::effect},
                         wire::field{"activation", &finish_effect::activation},
                         wire::field{"token", &finish_effect::token},
                         wire::field{"result", &finish_effect::result},
                         wire::field{"code", &finish_effect::code},
                         wire::field{"message", &finish_effect::message},
                         wire::field{"cost", &finish_effect::cost},
                         wire::field{"usage", &finish_effect::usage},
                         wire::field{"tree", &finish_effect::tree});
  }

  bool operator==(const finish_effect&) const = default;
};

/// The workspace was made.
struct finish_prepare {
  uint64_t token = 0;
  std::string directory;
  std::string branch;
  std::string base;

  static constexpr const char* wire_name = "finish_prepare";

  static constexpr auto fields() {
    return wire::members(wire::field{"token", &finish_prepare::token},
                         wire::field{"directory", &finish_prepare::directory},
                         wire::field{"branch", &finish_prepare::branch},
                         wire::field{"base", &finish_prepare::base});
  }

  bool operator==(const finish_prepare&) const = default;
};

/// The attempt performed its step.
struct finish_attempt {
  std::string activation;
  uint64_t token = 0;
  json_text output;
  std::optional<std::string> commit;
  /// Of the commit: the hash of git's tree.
  std::optional<std::string> tree = std::nullopt;

  static constexpr const char* wire_name = "finish_attempt";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &finish_attempt::activation},
                         wire::field{"token", &finish_attempt::token},
                         wire::field{"output", &finish_attempt::output},
                         wire::field{"commit", &finish_attempt::commit},
                         wire::field{"tree", &finish_attempt::tree});
  }

  bool operator==(const finish_attempt&) const = default;
};

/// The attempt did not.
struct fail_attempt {
  std::string activation;
  uint64_t token = 0;
  std::string code;
  std::string message;
  /// What there is of an output, for conditions to look at.
  json_text output;
  std::optional<std::string> commit;
  /// How long the other side asked us to wait.
  std::optional<duration> retry_after;

  static constexpr const char* wire_name = "fail_attempt";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &fail_attempt::activation},
      wire::field{"token", &fail_attempt::token},
      wire::field{"code", &fail_attempt::code},
      wire::field{"message", &fail_attempt::message},
      wire::field{"output", &fail_attempt::output},
      wire::field{"commit", &fail_attempt::commit},
      wire::field{"retry_after", &fail_attempt::retry_after});
  }

  bool operator==(const fail_attempt&) const = default;
};

/// The attempt has stopped as it was asked to; nothing of it lives.
struct attempt_is_stopped {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_is_stopped";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_is_stopped::activation},
      wire::field{"token", &attempt_is_stopped::token});
  }

  bool operator==(const attempt_is_stopped&) const = default;
};

/// The worker was told that the run pauses, and has ended between two effects.
struct attempt_is_suspended {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_is_suspended";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_is_suspended::activation},
      wire::field{"token", &attempt_is_suspended::token});
  }

  bool operator==(const attempt_is_suspended&) const = default;
};

/// The work was published.
struct finish_publish {
  uint64_t token = 0;
  std::string branch;
  std::string base;
  std::string commit;
  /// The unified diff; becomes a blob.
  std::string patch;
  uint32_t files_changed = 0;
  uint32_t lines_added = 0;
  uint32_t lines_removed = 0;

  static constexpr const char* wire_name = "finish_publish";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"token", &finish_publish::token},
      wire::field{"branch", &finish_publish::branch},
      wire::field{"base", &finish_publish::base},
      wire::field{"commit", &finish_publish::commit},
      wire::field{"patch", &finish_publish::patch},
      wire::field{"files_changed", &finish_publish::files_changed},
      wire::field{"lines_added", &finish_publish::lines_added},
      wire::field{"lines_removed", &finish_publish::lines_removed});
  }

  bool operator==(const finish_publish&) const = default;
};

/// The run that a `call` step waits for has ended; nothing of it lives.
struct child_is_over {
  std::string activation;
  uint64_t token = 0;
  std::string run;
  run_result result = run_result::done;
  std::string code;
  std::string message;
  json_text output;
  micro_usd spent = 0;
  std::vector<model_bill> bill;
  /// Its last checkpoint of the workspace that both have.
  std::optional<std::string> commit = std::nullopt;

  static constexpr const char* wire_name = "child_is_over";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &child_is_over::activation},
                         wire::field{"token", &child_is_over::token},
                         wire::field{"run", &child_is_over::run},
                         wire::field{"result", &child_is_over::result},
                         wire::field{"code", &child_is_over::code},
                         wire::field{"message", &child_is_over::message},
                         wire::field{"output", &child_is_over::output},
                         wire::field{"spent", &child_is_over::spent},
                         wire::field{"bill", &child_is_over::bill},
                         wire::field{"commit", &child_is_over::commit});
  }

  bool operator==(const child_is_over&) const = default;
};

/// Nobody works on an attempt that was begun: its worker is gone, and has said
/// nothing.
struct attempt_is_lost {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_is_lost";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_is_lost::activation},
      wire::field{"token", &attempt_is_lost::token});
  }

  bool operator==(const attempt_is_lost&) const = default;
};

} // namespace machine::orchestrator
