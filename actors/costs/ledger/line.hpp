#pragma once

#include "actors/costs/ledger/budget.hpp"
#include "actors/models/chat.hpp"

#include <string>
#include <vector>

namespace machine::costs {

/// How a call ended, for whoever pays it.
enum class call_end : uint8_t {
  /// There was an answer.
  answered,
  failed,
  /// Nobody wanted the answer any more.
  cancelled,
  /// It was stopped because its money was used up.
  cut,
  /// The machine died meanwhile; the charge is what was set aside.
  lost,
};

constexpr auto wire_names(call_end) {
  return std::array<std::pair<std::string_view, call_end>, 5>{{
    {"answered", call_end::answered},
    {"failed", call_end::failed},
    {"cancelled", call_end::cancelled},
    {"cut", call_end::cut},
    {"lost", call_end::lost},
  }};
}

/// A line of the ledger: one call of a model, and what it has cost.
struct call_line {
  /// The holder's own number: 1, 2, 3, ...
  uint64_t number = 0;
  /// When the call had ended.
  timestamp at{};
  /// Of the call: the id of its decision, or the effect of its run.
  std::string call;
  call_account whose;
  std::string provider;
  call_end end = call_end::answered;
  /// None: the provider did not count.
  std::optional<models::token_usage> usage{};
  micro_usd cost = 0;
  /// What was set aside when it ended.
  micro_usd reserved = 0;
  duration took{0};
  /// The keys of the budgets that it was admitted under.
  std::vector<std::string> budgets{};
  /// It is booked by its run, too, and counts here for its budgets alone.
  bool of_run = false;

  static constexpr const char* wire_name = "call_line";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &call_line::number},
                         wire::field{"at", &call_line::at},
                         wire::field{"call", &call_line::call},
                         wire::field{"whose", &call_line::whose},
                         wire::field{"provider", &call_line::provider},
                         wire::field{"end", &call_line::end},
                         wire::field{"usage", &call_line::usage},
                         wire::field{"cost", &call_line::cost},
                         wire::field{"reserved", &call_line::reserved},
                         wire::field{"took", &call_line::took},
                         wire::field{"budgets", &call_line::budgets},
                         wire::later{"of_run", &call_line::of_run});
  }

  bool operator==(const call_line&) const = default;
};

} // namespace machine::costs
