#include "actors/costs/ledger/alerts.hpp"
#include "actors/costs/ledger/bounds.hpp"
#include "actors/costs/ledger/ledger.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

struct applier {
  ledger_state& draft;
  timestamp at;

  void operator()(const budget_set& x) {
    auto [i, is_new] = draft.budgets.try_emplace(x.key);
    auto& it = i->second;
    it.what = x.what;
    if (is_new) {
      it.since = at;
      it.sum.period = period_of(x.what, at);
    }
    // A higher limit may not have been told of yet.
    it.alerted = std::min(it.alerted, passed_alert(it));
    ++draft.budgets_version;
  }

  void operator()(const budget_removed& x) {
    draft.budgets.erase(x.key);
    for (auto* holders : {&draft.nodes, &draft.runs})
      for (auto& [id, holder] : *holders) {
        holder.held.erase(x.key);
        holder.missing.erase(x.key);
      }
    ++draft.budgets_version;
  }

  void operator()(const calls_booked& x) {
    auto run = draft.runs.find(x.holder);
    auto& holder =
      run == draft.runs.end() ? draft.nodes[x.holder] : run->second;
    for (auto& line : x.lines) {
      holder.booked = line.number;
      if (!line.of_run)
        count(line.cost);
      for (auto& key : line.budgets)
        if (auto i = draft.budgets.find(key); i != draft.budgets.end())
          settle(holder, key, i->second, line.cost);
    }
  }

  void operator()(const allotments_set& x) {
    auto& holder = draft.nodes[x.holder];
    if (x.number <= holder.exchanges)
      return;
    holder.exchanges = x.number;
    if (x.lost)
      return;
    holder.expires_at = x.expires_at;
    for (auto& one : x.allotments) {
      auto i = draft.budgets.find(one.budget);
      if (i == draft.budgets.end())
        continue;
      hold(holder, one.budget, i->second, one.amount);
      if (one.lack == shortage::lacking)
        i->second.scarce_until = at + scarcity;
    }
  }

  void operator()(const holder_lost& x) {
    auto i = draft.nodes.find(x.holder);
    if (i == draft.nodes.end())
      return;
    auto& holder = i->second;
    for (auto& [key, amount] : holder.held)
      if (auto b = draft.budgets.find(key); b != draft.budgets.end()) {
        b->second.leased -= amount;
        costs::add(b->second.sum, b->second.what, amount, at);
        holder.missing[key] = {amount, b->second.sum.period};
      }
    holder.held.clear();
    holder.lost = true;
    holder.expires_at = at + max_absence;
  }

  void operator()(const holder_closed& x) {
    if (auto gone = draft.nodes.extract(x.holder)) {
      release(gone.mapped());
      take_back(gone.mapped());
      remember(x.holder);
      return;
    }
    auto gone = draft.runs.extract(x.holder);
    if (gone && gone.mapped().from) {
      give_back(x.holder, gone.mapped());
      return;
    }
    if (gone)
      release(gone.mapped());
    remember(x.holder);
  }

  void operator()(const holder_forgotten& x) {
    if (auto gone = draft.nodes.extract(x.holder))
      release(gone.mapped());
    remember(x.holder);
  }

  void operator()(const run_opened& x) {
    auto& run = draft.runs[x.run];
    run.whose = x.whose;
    for (auto& key : x.budgets)
      if (auto i = draft.budgets.find(key); i != draft.budgets.end())
        hold(run, key, i->second, x.amount);
  }

  void operator()(const money_shared& x) {
    auto from = draft.runs.find(x.from);
    if (from == draft.runs.end())
      return;
    holder_state run;
    run.from = x.from;
    run.whose = from->second.whose;
    run.whose.run = x.run;
    for (auto& [key, amount] : from->second.held) {
      auto part = std::min(amount, x.amount);
      amount -= part;
      run.held[key] = part;
    }
    draft.runs.insert_or_assign(x.run, std::move(run));
  }

  void operator()(const budget_alerted& x) {
    if (auto i = draft.budgets.find(x.key); i != draft.budgets.end())
      i->second.alerted = x.percent;
    notify(x);
  }

  void operator()(const spend_anomaly& x) {
    draft.anomaly_hour = hour_of(x.hour);
    notify(x);
  }

  void operator()(const webhook_set& x) {
    draft.webhooks.insert_or_assign(x.what.id, x.what);
  }

  void operator()(const webhook_removed& x) {
    draft.webhooks.erase(x.id);
    std::erase_if(draft.deliveries,
                  [&](auto& waiting) { return waiting.webhook == x.id; });
  }

  void operator()(const delivery_ended& x) {
    std::erase_if(draft.deliveries,
                  [&](auto& waiting) { return waiting.number == x.number; });
  }

  /// All webhooks are to hear of it.
  void notify(const cost_notice& what) {
    for (auto& [id, to] : draft.webhooks)
      draft.deliveries.push_back({++draft.delivery_count, id, at, what});
  }

  /// Makes *amount* what *holder* has of a budget.
  static void hold(holder_state& holder, const std::string& key,
                   budget_state& of, micro_usd amount) {
    auto& held = holder.held[key];
    of.leased += amount - held;
    held = amount;
  }

  /// Money that was held is spent now.
  void settle(holder_state& holder, const std::string& key, budget_state& of,
              micro_usd cost) {
    auto fresh = cost;
    if (auto held = holder.held.find(key); held != holder.held.end()) {
      auto part = std::min(cost, held->second);
      held->second -= part;
      of.leased -= part;
    }
    // What a lost node held counts already.
    if (auto lost = holder.missing.find(key); lost != holder.missing.end()) {
      auto part = std::min(cost, lost->second.amount);
      lost->second.amount -= part;
      fresh -= part;
    }
    costs::add(of.sum, of.what, fresh, at);
    of.alerted = std::min(of.alerted, passed_alert(of));
  }

  void release(const holder_state& holder) {
    for (auto& [key, amount] : holder.held)
      if (auto i = draft.budgets.find(key); i != draft.budgets.end())
        i->second.leased -= amount;
  }

  /// A lost node has told what it did: the rest was not spent, after all.
  void take_back(const holder_state& holder) {
    for (auto& [key, lost] : holder.missing) {
      auto i = draft.budgets.find(key);
      if (i == draft.budgets.end())
        continue;
      auto& of = i->second;
      auto rolls = of.what.window == budget_window::rolling;
      roll(of.sum, of.what, at);
      if (rolls ? lost.period >= of.sum.period - rolling_pieces
                : lost.period == of.sum.period)
        costs::add(of.sum, of.what, -lost.amount, at);
    }
  }

  void give_back(const std::string& run, const holder_state& child) {
    auto i = draft.runs.find(*child.from);
    if (i == draft.runs.end()) {
      release(child);
      return;
    }
    for (auto& [key, amount] : child.held)
      i->second.held[key] += amount;
    i->second.over.push_back(run);
  }

  void remember(const std::string& holder) {
    draft.closed.push_back(holder);
    if (draft.closed.size() > max_closed_holders)
      draft.closed.erase(draft.closed.begin());
  }

  void count(micro_usd cost) {
    draft.spent += cost;
    ++draft.calls;
    auto number = hour_of(at);
    if (!draft.first_hour)
      draft.first_hour = number;
    auto& all = draft.hours;
    if (all.empty() || all.back().number < number)
      all.push_back({number, 0});
    all.back().amount += cost;
    auto old = [&](auto& x) {
      return x.number <= all.back().number - static_cast<int64_t>(max_hours);
    };
    all.erase(all.begin(), std::find_if_not(all.begin(), all.end(), old));
  }
};

} // namespace

void ledger::apply(state& draft, const event& what, timestamp at) {
  std::visit(applier{draft, at}, what);
}

} // namespace machine::costs
