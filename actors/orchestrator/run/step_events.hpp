#pragma once

#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Events of the steps of a run, their attempts and interrupts.
namespace machine::orchestrator {

/// Why an attempt runs.
enum class attempt_kind : uint8_t {
  prepare,
  agent,
  model,
  command,
  publish,
  tool,
  call,
};

constexpr auto wire_names(attempt_kind) {
  return std::array<std::pair<std::string_view, attempt_kind>, 7>{{
    {"prepare", attempt_kind::prepare},
    {"agent", attempt_kind::agent},
    {"model", attempt_kind::model},
    {"command", attempt_kind::command},
    {"publish", attempt_kind::publish},
    {"tool", attempt_kind::tool},
    {"call", attempt_kind::call},
  }};
}

/// A step became due.
struct step_started {
  std::string activation;
  std::string step;
  /// The number of the innermost block around it that has one: the round of a
  /// `repeat`, the item of a `foreach`, from 1; 0 if there is none.
  uint32_t iteration = 0;
  /// When it fails with `timeout`.
  std::optional<timestamp> deadline;

  static constexpr const char* wire_name = "step_started";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &step_started::activation},
                         wire::field{"step", &step_started::step},
                         wire::field{"iteration", &step_started::iteration},
                         wire::field{"deadline", &step_started::deadline});
  }

  bool operator==(const step_started&) const = default;
};

struct step_skipped {
  std::string activation;
  std::string step;
  uint32_t iteration = 0;
  std::string reason;

  static constexpr const char* wire_name = "step_skipped";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &step_skipped::activation},
                         wire::field{"step", &step_skipped::step},
                         wire::field{"iteration", &step_skipped::iteration},
                         wire::field{"reason", &step_skipped::reason});
  }

  bool operator==(const step_skipped&) const = default;
};

/// A worker was asked to perform a step; results count only under this token.
struct attempt_started {
  std::string activation;
  attempt_kind kind = attempt_kind::command;
  uint32_t attempt = 1;
  uint64_t token = 0;
  /// The step's action with its templates rendered.
  json_text request;

  static constexpr const char* wire_name = "attempt_started";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_started::activation},
      wire::field{"kind", &attempt_started::kind},
      wire::field{"attempt", &attempt_started::attempt},
      wire::field{"token", &attempt_started::token},
      wire::field{"request", &attempt_started::request});
  }

  bool operator==(const attempt_started&) const = default;
};

/// The attempt's worker is gone; another one goes on under a new token.
struct attempt_lost {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_lost";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &attempt_lost::activation},
                         wire::field{"token", &attempt_lost::token});
  }

  bool operator==(const attempt_lost&) const = default;
};

struct attempt_failed {
  std::string activation;
  /// 0: no worker was at it any more.
  uint64_t token = 0;
  std::string code;
  std::string message;
  /// When the next attempt begins; none: there will be none.
  std::optional<timestamp> retry_at;

  static constexpr const char* wire_name = "attempt_failed";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &attempt_failed::activation},
                         wire::field{"token", &attempt_failed::token},
                         wire::field{"code", &attempt_failed::code},
                         wire::field{"message", &attempt_failed::message},
                         wire::field{"retry_at", &attempt_failed::retry_at});
  }

  bool operator==(const attempt_failed&) const = default;
};

/// The run pauses, and nobody works on the attempt. The same attempt goes on
/// under a new token when the run does.
struct attempt_suspended {
  std::string activation;

  static constexpr const char* wire_name = "attempt_suspended";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_suspended::activation});
  }

  bool operator==(const attempt_suspended&) const = default;
};

/// An attempt that had to stop has stopped: nothing of it lives.
struct attempt_stopped {
  std::string activation;
  uint64_t token = 0;

  static constexpr const char* wire_name = "attempt_stopped";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"activation", &attempt_stopped::activation},
      wire::field{"token", &attempt_stopped::token});
  }

  bool operator==(const attempt_stopped&) const = default;
};

struct step_done {
  std::string activation;
  json_text output;
  /// The commit of the workspace's checkpoint.
  std::optional<std::string> commit;
  /// Of that commit: the hash of git's tree.
  std::optional<std::string> tree = std::nullopt;

  static constexpr const char* wire_name = "step_done";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &step_done::activation},
                         wire::field{"output", &step_done::output},
                         wire::field{"commit", &step_done::commit},
                         wire::field{"tree", &step_done::tree});
  }

  bool operator==(const step_done&) const = default;
};

struct step_failed {
  std::string activation;
  std::string code;
  std::string message;
  json_text output;
  std::optional<std::string> commit;

  static constexpr const char* wire_name = "step_failed";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &step_failed::activation},
                         wire::field{"code", &step_failed::code},
                         wire::field{"message", &step_failed::message},
                         wire::field{"output", &step_failed::output},
                         wire::field{"commit", &step_failed::commit});
  }

  bool operator==(const step_failed&) const = default;
};

/// A step has to end before its time, with all that is in its blocks; once
/// nothing of it lives, it fails for this reason.
struct step_stopping {
  std::string activation;
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "step_stopping";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &step_stopping::activation},
                         wire::field{"code", &step_stopping::code},
                         wire::field{"message", &step_stopping::message});
  }

  bool operator==(const step_stopping&) const = default;
};

/// The steps of a block begin.
struct block_started {
  /// The one that the block belongs to.
  std::string activation;
  /// The block's instance: `repair[2]`, `build[on_failure]`.
  std::string block;
  /// The name of the block in the workflow; none: it has none.
  std::optional<std::string> name;
  /// The round or the item, from 1; 0: it is neither.
  uint32_t number = 0;

  static constexpr const char* wire_name = "block_started";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &block_started::activation},
                         wire::field{"block", &block_started::block},
                         wire::field{"name", &block_started::name},
                         wire::field{"number", &block_started::number});
  }

  bool operator==(const block_started&) const = default;
};

/// A `block_started` of a round, as logs of older machines have it.
struct round_started {
  std::string activation;
  uint32_t iteration = 1;

  static constexpr const char* wire_name = "round_started";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &round_started::activation},
                         wire::field{"iteration", &round_started::iteration});
  }

  bool operator==(const round_started&) const = default;
};

/// A block has to end before its time; once nothing of it lives, it fails for
/// this reason.
struct block_stopping {
  std::string block;
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "block_stopping";

  static constexpr auto fields() {
    return wire::members(wire::field{"block", &block_stopping::block},
                         wire::field{"code", &block_stopping::code},
                         wire::field{"message", &block_stopping::message});
  }

  bool operator==(const block_stopping&) const = default;
};

/// A block has ended, and the step that it belongs to goes on.
struct block_ended {
  std::string block;
  /// The result of an item.
  json_text output;
  /// Why it failed; empty: it did not.
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "block_ended";

  static constexpr auto fields() {
    return wire::members(wire::field{"block", &block_ended::block},
                         wire::field{"output", &block_ended::output},
                         wire::field{"code", &block_ended::code},
                         wire::field{"message", &block_ended::message});
  }

  bool operator==(const block_ended&) const = default;
};

/// What a `foreach` goes through.
struct items_listed {
  std::string activation;
  std::vector<json_text> items;

  static constexpr const char* wire_name = "items_listed";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &items_listed::activation},
                         wire::field{"items", &items_listed::items});
  }

  bool operator==(const items_listed&) const = default;
};

/// A step waits for a time or a signal.
struct wait_started {
  std::string activation;
  /// When it is over.
  std::optional<timestamp> until;
  /// What ends it.
  std::optional<std::string> signal;

  static constexpr const char* wire_name = "wait_started";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &wait_started::activation},
                         wire::field{"until", &wait_started::until},
                         wire::field{"signal", &wait_started::signal});
  }

  bool operator==(const wait_started&) const = default;
};

/// Somebody sent the run a signal. It is kept until a step takes it.
struct signal_received {
  /// From 1, without gaps, in each run.
  uint64_t number = 0;
  std::string name;
  json_text payload;
  std::string by;
  /// The sender's own word for it, so that it may be sent again.
  std::optional<std::string> key;

  static constexpr const char* wire_name = "signal_received";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &signal_received::number},
                         wire::field{"name", &signal_received::name},
                         wire::field{"payload", &signal_received::payload},
                         wire::field{"by", &signal_received::by},
                         wire::field{"key", &signal_received::key});
  }

  bool operator==(const signal_received&) const = default;
};

/// A step has what it waited for.
struct signal_taken {
  std::string activation;
  uint64_t number = 0;

  static constexpr const char* wire_name = "signal_taken";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &signal_taken::activation},
                         wire::field{"number", &signal_taken::number});
  }

  bool operator==(const signal_taken&) const = default;
};

/// What a step has set; the state makes it part of the variables by their
/// reducers.
struct vars_changed {
  std::string activation;
  std::map<std::string, json_text> values;

  static constexpr const char* wire_name = "vars_changed";

  static constexpr auto fields() {
    return wire::members(wire::field{"activation", &vars_changed::activation},
                         wire::field{"values", &vars_changed::values});
  }

  bool operator==(const vars_changed&) const = default;
};

/// A durable question to a person.
struct interrupt_opened {
  std::string interrupt;
  std::string activation;
  std::string question;
  /// JSON Schema of the answer.
  json_text schema;
  std::optional<std::string> assignee;
  std::optional<std::string> role;
  std::optional<timestamp> deadline;
  std::optional<json_text> default_answer;

  static constexpr const char* wire_name = "interrupt_opened";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"interrupt", &interrupt_opened::interrupt},
      wire::field{"activation", &interrupt_opened::activation},
      wire::field{"question", &interrupt_opened::question},
      wire::field{"schema", &interrupt_opened::schema},
      wire::field{"assignee", &interrupt_opened::assignee},
      wire::field{"role", &interrupt_opened::role},
      wire::field{"deadline", &interrupt_opened::deadline},
      wire::field{"default_answer", &interrupt_opened::default_answer});
  }

  bool operator==(const interrupt_opened&) const = default;
};

struct interrupt_answered {
  std::string interrupt;
  json_text answer;
  /// The principal, or `deadline`.
  std::string by;

  static constexpr const char* wire_name = "interrupt_answered";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"interrupt", &interrupt_answered::interrupt},
      wire::field{"answer", &interrupt_answered::answer},
      wire::field{"by", &interrupt_answered::by});
  }

  bool operator==(const interrupt_answered&) const = default;
};

/// The interrupt is no longer of interest: the run ends.
struct interrupt_withdrawn {
  std::string interrupt;

  static constexpr const char* wire_name = "interrupt_withdrawn";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"interrupt", &interrupt_withdrawn::interrupt});
  }

  bool operator==(const interrupt_withdrawn&) const = default;
};

} // namespace machine::orchestrator
