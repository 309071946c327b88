#pragma once

#include "actors/costs/ledger/webhook.hpp"
#include "actors/costs/ledger/window.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::costs {

struct budget_state {
  budget what;
  timestamp since{};
  window_sum sum;
  /// What holders have of it.
  micro_usd leased = 0;
  /// The highest threshold that was told in this window.
  uint32_t alerted = 0;
  /// Until when somebody is taken to need what others hold.
  timestamp scarce_until{};

  static constexpr const char* wire_name = "budget_state";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"what", &budget_state::what},
      wire::field{"since", &budget_state::since},
      wire::field{"sum", &budget_state::sum},
      wire::field{"leased", &budget_state::leased},
      wire::field{"alerted", &budget_state::alerted},
      wire::field{"scarce_until", &budget_state::scarce_until});
  }

  bool operator==(const budget_state&) const = default;
};

/// What counts as spent because the node that held it is lost.
struct missing_money {
  micro_usd amount = 0;
  /// The window that it was counted in.
  int64_t period = 0;

  static constexpr const char* wire_name = "missing_money";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &missing_money::amount},
                         wire::field{"period", &missing_money::period});
  }

  bool operator==(const missing_money&) const = default;
};

/// Who holds money that is leased.
struct holder_state {
  /// The last line that is booked.
  uint64_t booked = 0;
  /// Of a node: the last exchange.
  uint64_t exchanges = 0;
  /// Of a node: when it is given up. Of one that is lost: when it is forgotten.
  timestamp expires_at{};
  bool lost = false;
  /// By budget: what is held and not settled.
  std::map<std::string, micro_usd> held;
  std::map<std::string, missing_money> missing;
  /// Of a run.
  call_account whose;
  /// Of a run that another has called: the other.
  std::optional<std::string> from;
  /// Runs that it called which have spent something and have ended.
  std::vector<std::string> over;

  static constexpr const char* wire_name = "holder_state";

  static constexpr auto fields() {
    return wire::members(wire::field{"booked", &holder_state::booked},
                         wire::field{"exchanges", &holder_state::exchanges},
                         wire::field{"expires_at", &holder_state::expires_at},
                         wire::field{"lost", &holder_state::lost},
                         wire::field{"held", &holder_state::held},
                         wire::field{"missing", &holder_state::missing},
                         wire::field{"whose", &holder_state::whose},
                         wire::field{"from", &holder_state::from},
                         wire::field{"over", &holder_state::over});
  }

  bool operator==(const holder_state&) const = default;
};

/// The budget of that name, with its key; none: there is none.
const std::pair<const std::string, budget_state>*
find_budget(const std::map<std::string, budget_state>& among,
            std::string_view id);

/// All that a ledger knows; made of its events alone.
struct ledger_state {
  /// By key.
  std::map<std::string, budget_state> budgets;
  uint64_t budgets_version = 0;
  /// Starts of nodes.
  std::map<std::string, holder_state> nodes;
  std::map<std::string, holder_state> runs;
  /// The newest holders that have closed, oldest first.
  std::vector<std::string> closed;
  /// What all calls have cost, ever, and how many there were.
  micro_usd spent = 0;
  uint64_t calls = 0;
  /// By hour since 1970, the newest last; hours without calls are missing.
  std::vector<spending_bucket> hours;
  /// The hour of the first call; none: there was none.
  std::optional<int64_t> first_hour;
  /// The last hour that was told to be an anomaly.
  int64_t anomaly_hour = 0;
  /// By name.
  std::map<std::string, webhook> webhooks;
  /// What is to be sent, oldest first, and how much there ever was.
  std::vector<delivery> deliveries;
  uint64_t delivery_count = 0;

  static constexpr const char* wire_name = "ledger_state";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"budgets", &ledger_state::budgets},
      wire::field{"budgets_version", &ledger_state::budgets_version},
      wire::field{"nodes", &ledger_state::nodes},
      wire::field{"runs", &ledger_state::runs},
      wire::field{"closed", &ledger_state::closed},
      wire::field{"spent", &ledger_state::spent},
      wire::field{"calls", &ledger_state::calls},
      wire::field{"hours", &ledger_state::hours},
      wire::later{"first_hour", &ledger_state::first_hour},
      wire::later{"anomaly_hour", &ledger_state::anomaly_hour},
      wire::later{"webhooks", &ledger_state::webhooks},
      wire::later{"deliveries", &ledger_state::deliveries},
      wire::later{"delivery_count", &ledger_state::delivery_count});
  }

  bool operator==(const ledger_state&) const = default;
};

} // namespace machine::costs

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::costs::ledger_state>;
extern template struct machine::wire::message_codec<
  machine::costs::ledger_state>;
