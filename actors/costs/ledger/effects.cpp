#include "actors/costs/ledger/ledger.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

/// What an event has to be done for.
struct reactor {
  const ledger_state& now;
  const entity::key& id;
  std::vector<ledger::effect> effects{};

  void operator()(const budget_set&) {
    effects.emplace_back(budgets_changed{now.budgets_version});
  }

  void operator()(const budget_removed&) {
    effects.emplace_back(budgets_changed{now.budgets_version});
  }

  void operator()(const budget_alerted&) {
    send_newest();
  }

  void operator()(const spend_anomaly&) {
    send_newest();
  }

  /// What is under way may go to another address, or have another signature.
  void operator()(const webhook_set& x) {
    effects.emplace_back(forget_webhook{x.what.id});
    for (auto& waiting : now.deliveries)
      if (waiting.webhook == x.what.id)
        send(waiting);
  }

  void operator()(const webhook_removed& x) {
    effects.emplace_back(forget_webhook{x.id});
  }

  template <class Other>
  void operator()(const Other&) {}

  /// The last notice has come for every webhook.
  void send_newest() {
    auto count = std::min(now.webhooks.size(), now.deliveries.size());
    for (auto i = now.deliveries.size() - count; i < now.deliveries.size(); ++i)
      send(now.deliveries[i]);
  }

  void send(const delivery& x) {
    if (auto to = now.webhooks.find(x.webhook); to != now.webhooks.end())
      effects.emplace_back(parcel_of(x, to->second, id.tenant));
  }
};

} // namespace

std::vector<ledger::effect> ledger::react(const state& now, const event& what,
                                          const entity::key& id) {
  reactor result{now, id};
  std::visit(result, what);
  return std::move(result.effects);
}

std::vector<ledger::effect> ledger::outstanding(const state& now,
                                                const entity::key& id) {
  reactor result{now, id};
  for (auto& waiting : now.deliveries)
    result.send(waiting);
  return std::move(result.effects);
}

} // namespace machine::costs
