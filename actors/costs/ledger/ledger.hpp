#pragma once

#include "actors/costs/ledger/commands.hpp"
#include "actors/costs/ledger/events.hpp"
#include "actors/costs/ledger/state.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/entity/news.hpp"

namespace machine::costs {

/// Tell the nodes, which count calls by the budgets that they know.
struct budgets_changed {
  uint64_t version = 0;
};

/// Send nothing more to a webhook: it is gone, or somewhere else.
struct forget_webhook {
  std::string id;
};

/// The budgets and the spending of a tenant: the core of the entity `ledger`,
/// of which a tenant has one, with the id `ledger`.
struct ledger : entity::passive<ledger_state, ledger_command, ledger_event> {
  /// Lost word of budgets is no loss for long: whoever holds money hears of it
  /// with the next answer. What is to be sent is outstanding until its end was
  /// told.
  using effect = std::variant<budgets_changed, deliver, forget_webhook>;

  static constexpr const char* kind = "ledger";
  static constexpr const char* snapshot_schema = "ledger.2";

  /// Refuses with `budget_exceeded`, `not_found`, `conflict` (a line came
  /// before the one before it), `cancelled` (the holder has ended),
  /// `limit_exceeded` or `invalid_argument`.
  static caf::error decide(entity::draft<ledger>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  static std::vector<effect> react(const state& now, const event& what,
                                   const entity::key& id);

  static std::vector<effect> outstanding(const state& now,
                                         const entity::key& id);

  /// What is to be sent must not be forgotten.
  static bool idle(const state& now) {
    return now.deliveries.empty();
  }

  static std::optional<command> on_wake() {
    return look_at_leases{};
  }

  /// When a node that is silent is given up, or an hour ends that is an anomaly
  /// already.
  static std::optional<timestamp> wake_at(const state& now);

  /// To the topic `costs`: budgets and webhooks that have changed, calls that
  /// were booked, alerts, anomalies, nodes that are lost, and what did not
  /// arrive at a webhook.
  static std::vector<entity::announcement>
  announce(const state& now, const std::vector<event>& events,
           const entity::context& ctx);

  static store::summary_row summarise(const state& now, const entity::key& id);
};

/// The id of every ledger.
constexpr const char* ledger_id = "ledger";

} // namespace machine::costs

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::costs::ledger>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::costs::ledger>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::costs::ledger_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::costs::ledger_event>>;
