#pragma once

#include "actors/costs/ledger/anomaly.hpp"

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace machine::costs {

/// Where alerts and anomalies of a tenant are told.
struct webhook {
  /// Its name within the tenant.
  std::string id;
  /// What stands in it may be secret, as some services have it.
  std::string url;
  /// Names the secret that what is sent is signed with; whoever sends it knows
  /// where that is kept, and no event ever has it. Empty: nothing is signed.
  std::string secret_id;

  static constexpr const char* wire_name = "webhook";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &webhook::id},
                         wire::field{"url", &webhook::url},
                         wire::field{"secret_id", &webhook::secret_id});
  }

  bool operator==(const webhook&) const = default;
};

/// `invalid_argument` unless *x* has a name, and an address that is https, or
/// http to this machine.
caf::error check(const webhook& x);

/// Whether *x* is 1 to 64 of a-z, 0-9, -, . and _.
bool is_cost_name(std::string_view x);

/// Spending has passed a threshold of a budget.
struct budget_alerted {
  std::string key;
  uint32_t percent = 0;
  micro_usd settled = 0;
  micro_usd limit = 0;

  static constexpr const char* wire_name = "budget_alerted";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &budget_alerted::key},
                         wire::field{"percent", &budget_alerted::percent},
                         wire::field{"settled", &budget_alerted::settled},
                         wire::field{"limit", &budget_alerted::limit});
  }

  bool operator==(const budget_alerted&) const = default;
};

/// What webhooks are told.
using cost_notice = std::variant<budget_alerted, spend_anomaly>;

/// A notice that is to go to a webhook.
struct delivery {
  /// 1, 2, 3, ... within the ledger.
  uint64_t number = 0;
  /// The webhook's name.
  std::string webhook;
  timestamp at{};
  cost_notice what;

  static constexpr const char* wire_name = "delivery";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &delivery::number},
                         wire::field{"webhook", &delivery::webhook},
                         wire::field{"at", &delivery::at},
                         wire::field{"what", &delivery::what});
  }

  bool operator==(const delivery&) const = default;
};

/// What has become of a delivery.
enum class delivery_end : uint8_t {
  delivered,
  /// It was tried for too long.
  given_up,
  /// Too many newer ones wait.
  crowded_out,
};

constexpr auto wire_names(delivery_end) {
  return std::array<std::pair<std::string_view, delivery_end>, 3>{{
    {"delivered", delivery_end::delivered},
    {"given_up", delivery_end::given_up},
    {"crowded_out", delivery_end::crowded_out},
  }};
}

/// To be sent until it has arrived: *body* with POST to a webhook. It may
/// arrive more than once, with the same number.
struct deliver {
  uint64_t number = 0;
  /// Since when it waits.
  timestamp at{};
  costs::webhook to;
  /// `budget.alert` or `costs.anomaly`.
  std::string type;
  /// JSON.
  std::string body;

  static constexpr const char* wire_name = "deliver";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"number", &deliver::number}, wire::field{"at", &deliver::at},
      wire::field{"to", &deliver::to}, wire::field{"type", &deliver::type},
      wire::field{"body", &deliver::body});
  }

  bool operator==(const deliver&) const = default;
};

/// What is sent of *x* to *to*, for *tenant*.
deliver parcel_of(const delivery& x, const webhook& to,
                  const std::string& tenant);

} // namespace machine::costs
