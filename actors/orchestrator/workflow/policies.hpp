#pragma once

#include "runtime/wire/codec.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a step may say besides what it does.
namespace machine::orchestrator {

/// What follows when a step, or what was done for an item, has failed for good.
enum class failure_policy : uint8_t {
  /// What is around it fails: the block's step, or the run.
  fail,
  /// Its block goes on; conditions can look at the step's state and error.
  proceed,
  /// As `proceed`, once the steps of its block `on_failure` have ended.
  handle,
};

constexpr auto wire_names(failure_policy) {
  return std::array<std::pair<std::string_view, failure_policy>, 3>{{
    {"fail", failure_policy::fail},
    {"continue", failure_policy::proceed},
    {"handle", failure_policy::handle},
  }};
}

/// How what is set becomes part of a variable, so that steps that run at the
/// same time may set the same one. They count in the order of the run's log.
enum class reducer : uint8_t {
  /// It takes the place of what was there.
  replace,
  /// The elements of a list are added to the end of the variable's list;
  /// anything else is added as one.
  append,
  /// As `append`, without what is in the list already.
  unite,
  /// The members of a map take their places in the variable's map; where both
  /// are maps, the same within.
  merge,
  /// The sum of both numbers.
  add,
  /// The larger or the smaller of both numbers; null is none.
  max,
  min,
};

constexpr auto wire_names(reducer) {
  return std::array<std::pair<std::string_view, reducer>, 7>{{
    {"replace", reducer::replace},
    {"append", reducer::append},
    {"union", reducer::unite},
    {"merge", reducer::merge},
    {"add", reducer::add},
    {"max", reducer::max},
    {"min", reducer::min},
  }};
}

/// The names of blocks that steps of any kind may have. A `route` names its
/// blocks after its cases, from 1; the block of a `repeat` or `foreach` has no
/// name.
constexpr const char* failure_block = "on_failure";
constexpr const char* undo_block = "undo";

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
  /// Names of error codes (`ec`) or of classes of them: `transient` (every
  /// error that may pass by itself: timeout, unavailable, overloaded,
  /// io_failed, provider_rate_limited, provider_failed, provider_garbled,
  /// provider_interrupted), `provider` (every provider_*) or `any`. Empty:
  /// `transient`.
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

/// When agents are taken to go in circles, and who is asked then. What is not
/// set is as around: in the step whose block it is, in the workflow, and at
/// last as in `agents::guard_limits`.
struct guard_settings {
  /// False: they may do what they like.
  std::optional<bool> on;
  /// See `agents::guard_limits`.
  std::optional<uint32_t> repeats;
  std::optional<uint32_t> cycle;
  std::optional<uint32_t> window;
  std::optional<uint32_t> times;
  std::optional<uint32_t> failures;
  std::optional<uint32_t> idle_calls;
  /// How long a person has to answer; none: for ever.
  std::optional<duration> deadline;
  /// The answer after that, `continue` or `stop`; none: `stop`.
  std::optional<std::string> default_answer;
  std::optional<std::string> assignee;

  static constexpr const char* wire_name = "guard";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"on", &guard_settings::on},
      wire::field{"repeats", &guard_settings::repeats},
      wire::field{"cycle", &guard_settings::cycle},
      wire::field{"window", &guard_settings::window},
      wire::field{"times", &guard_settings::times},
      wire::field{"failures", &guard_settings::failures},
      wire::field{"idle_calls", &guard_settings::idle_calls},
      wire::field{"deadline", &guard_settings::deadline},
      wire::field{"default_answer", &guard_settings::default_answer},
      wire::field{"assignee", &guard_settings::assignee});
  }

  bool operator==(const guard_settings&) const = default;
};

} // namespace machine::orchestrator
