#pragma once

#include "actors/costs/ledger/line.hpp"

#include <optional>
#include <string>

namespace machine::models {

/// A call that a worker is about to make for a run, which pays for it: what the
/// desk has to know first.
struct planned_call {
  std::string tenant;
  /// Names the call: asking twice for it is asking once.
  std::string name;
  /// With the model.
  costs::call_account whose;
  /// What it can cost at most.
  micro_usd amount = 0;

  static constexpr const char* wire_name = "planned_call";

  static constexpr auto fields() {
    return wire::members(wire::field{"tenant", &planned_call::tenant},
                         wire::field{"name", &planned_call::name},
                         wire::field{"whose", &planned_call::whose},
                         wire::field{"amount", &planned_call::amount});
  }
};

/// How such a call has ended; as it is, it was not made.
struct made_call {
  std::string name;
  /// The kind of job.
  std::string job = "general";
  /// As estimated.
  uint64_t prompt_tokens = 0;
  /// The name of its error; empty: it was answered.
  std::string code = "cancelled";
  /// The provider wants to be left alone for so long.
  std::optional<duration> retry_after;
  /// Until the answer began, and in all.
  std::optional<duration> first_byte;
  duration took{0};
  std::optional<token_usage> usage;
  micro_usd cost = 0;
  /// The model did not want to answer.
  bool refused = false;

  static constexpr const char* wire_name = "made_call";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"name", &made_call::name},
      wire::field{"job", &made_call::job},
      wire::field{"prompt_tokens", &made_call::prompt_tokens},
      wire::field{"code", &made_call::code},
      wire::field{"retry_after", &made_call::retry_after},
      wire::field{"first_byte", &made_call::first_byte},
      wire::field{"took", &made_call::took},
      wire::field{"usage", &made_call::usage},
      wire::field{"cost", &made_call::cost},
      wire::field{"refused", &made_call::refused});
  }
};

} // namespace machine::models
