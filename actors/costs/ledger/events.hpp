#pragma once

#include "actors/costs/ledger/commands.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::costs {

/// A budget was made, or changed.
struct budget_set {
  /// Its name and a number: another of the same name is another budget.
  std::string key;
  budget what;

  static constexpr const char* wire_name = "budget_set";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &budget_set::key},
                         wire::field{"what", &budget_set::what});
  }

  bool operator==(const budget_set&) const = default;
};

struct budget_removed {
  std::string key;

  static constexpr const char* wire_name = "budget_removed";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &budget_removed::key});
  }

  bool operator==(const budget_removed&) const = default;
};

/// What calls have cost.
struct calls_booked {
  std::string holder;
  std::vector<call_line> lines;

  static constexpr const char* wire_name = "calls_booked";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &calls_booked::holder},
                         wire::field{"lines", &calls_booked::lines});
  }

  bool operator==(const calls_booked&) const = default;
};

/// Why a node holds less than it needs.
enum class shortage : uint8_t {
  /// The rest is spent, or others hold it; see `allotment::left`.
  lacking,
  /// There is no such budget any more.
  gone,
};

constexpr auto wire_names(shortage) {
  return std::array<std::pair<std::string_view, shortage>, 2>{{
    {"lacking", shortage::lacking},
    {"gone", shortage::gone},
  }};
}

/// What a node holds of a budget, not yet settled.
struct allotment {
  /// Its key.
  std::string budget;
  micro_usd amount = 0;
  std::optional<shortage> lack{};
  /// Of a hard budget: what is not spent, whoever holds it.
  std::optional<micro_usd> left{};
  /// Others need some: what is idle should come back.
  bool scarce = false;

  static constexpr const char* wire_name = "allotment";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &allotment::budget},
                         wire::field{"amount", &allotment::amount},
                         wire::field{"lack", &allotment::lack},
                         wire::field{"left", &allotment::left},
                         wire::field{"scarce", &allotment::scarce});
  }

  bool operator==(const allotment&) const = default;
};

/// The answer to an exchange. One that was answered already is answered again
/// by the same event, which then changes nothing.
struct allotments_set {
  std::string holder;
  uint64_t number = 0;
  timestamp expires_at{};
  std::vector<allotment> allotments;
  /// The ledger has given the node up meanwhile: it is to settle what it began,
  /// and to go on under another name.
  bool lost = false;
  /// Changes with the list of budgets.
  uint64_t budgets_version = 0;

  static constexpr const char* wire_name = "allotments_set";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"holder", &allotments_set::holder},
      wire::field{"number", &allotments_set::number},
      wire::field{"expires_at", &allotments_set::expires_at},
      wire::field{"allotments", &allotments_set::allotments},
      wire::field{"lost", &allotments_set::lost},
      wire::field{"budgets_version", &allotments_set::budgets_version});
  }

  bool operator==(const allotments_set&) const = default;
};

/// A node was silent for too long. What it held counts as spent until it tells
/// what it did.
struct holder_lost {
  std::string holder;

  static constexpr const char* wire_name = "holder_lost";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &holder_lost::holder});
  }

  bool operator==(const holder_lost&) const = default;
};

/// A node or run has settled everything; what it held is free again.
struct holder_closed {
  std::string holder;

  static constexpr const char* wire_name = "holder_closed";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &holder_closed::holder});
  }

  bool operator==(const holder_closed&) const = default;
};

/// A node that was lost never came back; what it held stays spent.
struct holder_forgotten {
  std::string holder;

  static constexpr const char* wire_name = "holder_forgotten";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &holder_forgotten::holder});
  }

  bool operator==(const holder_forgotten&) const = default;
};

/// Money was set aside for a run.
struct run_opened {
  std::string run;
  micro_usd amount = 0;
  call_account whose;
  std::vector<std::string> budgets;

  static constexpr const char* wire_name = "run_opened";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &run_opened::run},
                         wire::field{"amount", &run_opened::amount},
                         wire::field{"whose", &run_opened::whose},
                         wire::field{"budgets", &run_opened::budgets});
  }

  bool operator==(const run_opened&) const = default;
};

/// A part of a run's money went to one that it has called.
struct money_shared {
  std::string run;
  std::string from;
  micro_usd amount = 0;

  static constexpr const char* wire_name = "money_shared";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &money_shared::run},
                         wire::field{"from", &money_shared::from},
                         wire::field{"amount", &money_shared::amount});
  }

  bool operator==(const money_shared&) const = default;
};

/// A webhook was made, or changed.
struct webhook_set {
  webhook what;

  static constexpr const char* wire_name = "webhook_set";

  static constexpr auto fields() {
    return wire::members(wire::field{"what", &webhook_set::what});
  }

  bool operator==(const webhook_set&) const = default;
};

/// With all that it was still to get.
struct webhook_removed {
  std::string id;

  static constexpr const char* wire_name = "webhook_removed";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &webhook_removed::id});
  }

  bool operator==(const webhook_removed&) const = default;
};

/// A notice is no longer to be sent.
struct delivery_ended {
  uint64_t number = 0;
  std::string webhook;
  delivery_end how = delivery_end::delivered;

  static constexpr const char* wire_name = "delivery_ended";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &delivery_ended::number},
                         wire::field{"webhook", &delivery_ended::webhook},
                         wire::field{"how", &delivery_ended::how});
  }

  bool operator==(const delivery_ended&) const = default;
};

using ledger_event =
  std::variant<budget_set, budget_removed, calls_booked, allotments_set,
               holder_lost, holder_closed, holder_forgotten, run_opened,
               money_shared, budget_alerted, spend_anomaly, webhook_set,
               webhook_removed, delivery_ended>;

} // namespace machine::costs

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::costs::ledger_event>;
extern template struct machine::wire::message_codec<
  machine::costs::ledger_event>;
