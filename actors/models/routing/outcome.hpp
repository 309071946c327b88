#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

namespace machine::models {

/// What has become known of an answer; what nobody has looked at is none.
struct answer_verdict {
  /// Whether it satisfies the schema that was asked for.
  std::optional<bool> schema_valid;
  std::optional<bool> tests_passed;
  /// What a person said of it.
  std::optional<bool> accepted;
  /// It was handed to a better model, because it did not do.
  bool escalated = false;
  /// The model refused, or nobody could read what it said.
  bool refused = false;
  bool garbled = false;

  static constexpr const char* wire_name = "answer_verdict";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"schema_valid", &answer_verdict::schema_valid},
      wire::field{"tests_passed", &answer_verdict::tests_passed},
      wire::field{"accepted", &answer_verdict::accepted},
      wire::field{"escalated", &answer_verdict::escalated},
      wire::field{"refused", &answer_verdict::refused},
      wire::field{"garbled", &answer_verdict::garbled});
  }

  bool operator==(const answer_verdict&) const = default;
};

/// How good an answer was, and how much that says.
struct reward {
  /// 0 to 1.
  double value = 0;
  /// Above 0, at most 1: that of a full observation.
  double mass = 1;

  bool operator==(const reward&) const = default;
};

/// What each part of a verdict counts. Tests and people see whether the work
/// was done; a schema only sees the form, so that it takes four answers to say
/// as much. A person counts twice because people look at what tests cannot see.
constexpr double schema_weight = 0.25;
constexpr double tests_weight = 1;
constexpr double person_weight = 2;
constexpr double escalation_weight = 1;

/// The weighted mean of what is known of an answer. A refusal or garbage is
/// worth 0, whatever else is known. None if nothing is known.
std::optional<reward> reward_of(const answer_verdict& x);

} // namespace machine::models
