#pragma once

#include "actors/costs/ledger/line.hpp"
#include "actors/costs/ledger/webhook.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::costs {

/// Makes a budget, or changes the limit, kind and alerts of the one of that
/// name. What was admitted before it was made does not count.
struct set_budget {
  budget what;

  static constexpr const char* wire_name = "set_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"what", &set_budget::what});
  }

  bool operator==(const set_budget&) const = default;
};

struct remove_budget {
  std::string id;

  static constexpr const char* wire_name = "remove_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &remove_budget::id});
  }

  bool operator==(const remove_budget&) const = default;
};

/// How much of a budget a node is to hold once what it books is settled.
struct lease_target {
  /// The budget's key.
  std::string budget;
  /// With less than this, calls that wait cannot go on.
  micro_usd need = 0;
  /// What it would like to have; less than it holds gives the rest back.
  micro_usd want = 0;

  static constexpr const char* wire_name = "lease_target";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &lease_target::budget},
                         wire::field{"need", &lease_target::need},
                         wire::field{"want", &lease_target::want});
  }

  bool operator==(const lease_target&) const = default;
};

/// What a node says to the ledger, and that it lives: what its calls have cost,
/// and what it is to hold. Sent again until it is answered, with the same
/// number: what was done is not done twice. The answer is `allotments_set`.
struct exchange_money {
  /// A start of a node.
  std::string holder;
  /// 1, 2, 3, ...
  uint64_t number = 0;
  std::vector<call_line> lines;
  std::vector<lease_target> targets;
  /// How long the ledger waits for the next word.
  duration lease_for{60'000};

  static constexpr const char* wire_name = "exchange_money";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &exchange_money::holder},
                         wire::field{"number", &exchange_money::number},
                         wire::field{"lines", &exchange_money::lines},
                         wire::field{"targets", &exchange_money::targets},
                         wire::field{"lease_for", &exchange_money::lease_for});
  }

  bool operator==(const exchange_money&) const = default;
};

/// What becomes of what a node holds when it closes.
enum class leftover : uint8_t {
  /// It was not spent: every call of the node has its line.
  unspent,
  /// Lines may be missing; it counts as spent.
  spent,
};

constexpr auto wire_names(leftover) {
  return std::array<std::pair<std::string_view, leftover>, 2>{{
    {"unspent", leftover::unspent},
    {"spent", leftover::spent},
  }};
}

/// The last lines of a node.
struct close_holder {
  std::string holder;
  std::vector<call_line> lines;
  leftover rest = leftover::unspent;

  static constexpr const char* wire_name = "close_holder";

  static constexpr auto fields() {
    return wire::members(wire::field{"holder", &close_holder::holder},
                         wire::field{"lines", &close_holder::lines},
                         wire::field{"rest", &close_holder::rest});
  }

  bool operator==(const close_holder&) const = default;
};

/// Sets money aside for a run, in every budget that it is in.
struct open_run {
  std::string run;
  micro_usd amount = 0;
  call_account whose;

  static constexpr const char* wire_name = "open_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &open_run::run},
                         wire::field{"amount", &open_run::amount},
                         wire::field{"whose", &open_run::whose});
  }

  bool operator==(const open_run&) const = default;
};

/// The part of one run's money that another uses which it has called.
struct money_share {
  std::string run;
  std::string from;
  micro_usd amount = 0;

  static constexpr const char* wire_name = "money_share";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &money_share::run},
                         wire::field{"from", &money_share::from},
                         wire::field{"amount", &money_share::amount});
  }

  bool operator==(const money_share&) const = default;
};

/// Writes what a run has spent into the ledger, each line once by its number. A
/// run that was called has no money of its own: *shares* lead to it from one
/// that has.
struct book_run {
  std::string run;
  std::vector<call_line> lines;
  std::vector<money_share> shares{};

  static constexpr const char* wire_name = "book_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &book_run::run},
                         wire::field{"lines", &book_run::lines},
                         wire::field{"shares", &book_run::shares});
  }

  bool operator==(const book_run&) const = default;
};

/// The run will spend no more; its lines are all booked.
struct close_run {
  std::string run;

  static constexpr const char* wire_name = "close_run";

  static constexpr auto fields() {
    return wire::members(wire::field{"run", &close_run::run});
  }

  bool operator==(const close_run&) const = default;
};

/// Time has passed: nodes may have been silent for too long, or an hour has
/// ended.
struct look_at_leases {
  static constexpr const char* wire_name = "look_at_leases";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const look_at_leases&) const = default;
};

/// Makes a webhook, or changes the one of that name: what waits for it goes to
/// the new address.
struct set_webhook {
  webhook what;

  static constexpr const char* wire_name = "set_webhook";

  static constexpr auto fields() {
    return wire::members(wire::field{"what", &set_webhook::what});
  }

  bool operator==(const set_webhook&) const = default;
};

struct remove_webhook {
  std::string id;

  static constexpr const char* wire_name = "remove_webhook";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &remove_webhook::id});
  }

  bool operator==(const remove_webhook&) const = default;
};

/// Whoever sends notices says what has become of one; again, if it was not
/// heard.
struct end_delivery {
  uint64_t number = 0;
  delivery_end how = delivery_end::delivered;

  static constexpr const char* wire_name = "end_delivery";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &end_delivery::number},
                         wire::field{"how", &end_delivery::how});
  }

  bool operator==(const end_delivery&) const = default;
};

using ledger_command =
  std::variant<set_budget, remove_budget, exchange_money, close_holder,
               open_run, book_run, close_run, look_at_leases, set_webhook,
               remove_webhook, end_delivery>;

} // namespace machine::costs

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::costs::ledger_command>;
extern template struct machine::wire::message_codec<
  machine::costs::ledger_command>;
