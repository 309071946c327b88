#include "actors/costs/ledger/ledger.hpp"

#include "actors/costs/ledger/alerts.hpp"
#include "actors/costs/ledger/bounds.hpp"
#include "actors/costs/ledger/grant.hpp"
#include "actors/costs/ledger/summary.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace machine::costs {

namespace {

caf::error too_many(const std::string& what, size_t limit) {
  return make_error(ec::limit_exceeded, what + "; at most "
                                          + std::to_string(limit)
                                          + " are allowed");
}

/// What the newest hour is, if it was not told yet.
std::optional<spend_anomaly> untold_anomaly(const ledger_state& now) {
  if (now.hours.empty() || !now.first_hour
      || now.hours.back().number <= now.anomaly_hour)
    return std::nullopt;
  return find_anomaly(now.hours, *now.first_hour);
}

/// The same once that hour has ended.
std::optional<spend_anomaly> ended_anomaly(const ledger_state& now,
                                           timestamp at) {
  if (now.hours.empty() || hour_of(at) <= now.hours.back().number)
    return std::nullopt;
  return untold_anomaly(now);
}

struct decider {
  entity::draft<ledger>& to;
  const ledger_state& now = to.now();
  const entity::context& ctx = to.ctx();
  /// The hour that has ended; told with whatever comes first after it.
  std::optional<spend_anomaly> anomaly = ended_anomaly(now, ctx.now);

  caf::error operator()(const set_budget& x) {
    if (auto err = check(x.what))
      return err;
    auto* known = find_budget(now.budgets, x.what.id);
    if (known == nullptr) {
      if (now.budgets.size() >= max_budgets)
        return too_many("the tenant has " + std::to_string(now.budgets.size())
                          + " budgets",
                        max_budgets);
      return just(budget_set{
        x.what.id + "@" + std::to_string(now.budgets_version + 1), x.what});
    }
    auto& was = known->second.what;
    if (was == x.what)
      return caf::none;
    if (was.scope != x.what.scope || was.subject != x.what.subject
        || was.window != x.what.window || was.length != x.what.length)
      return make_error(ec::conflict,
                        "budget " + x.what.id
                          + " is for something else already; remove it, or "
                            "give the new one another name");
    return just(budget_set{known->first, x.what});
  }

  caf::error operator()(const remove_budget& x) {
    auto* known = find_budget(now.budgets, x.id);
    if (known == nullptr)
      return make_error(ec::not_found, "there is no budget " + x.id);
    return just(budget_removed{known->first});
  }

  caf::error operator()(const exchange_money& x) {
    if (auto err = check_holder(x.holder))
      return err;
    if (auto err = check_exchange(x))
      return err;
    auto node = now.nodes.find(x.holder);
    if (node == now.nodes.end() && now.nodes.size() >= max_holders)
      return too_many("too many nodes hold money", max_holders);
    if (node != now.nodes.end() && x.number <= node->second.exchanges)
      return just(answer_again(x, node->second));
    auto fresh = fresh_lines(x.holder, x.lines);
    if (!fresh)
      return std::move(fresh.error());
    book(x.holder, std::move(*fresh));
    node = now.nodes.find(x.holder);
    allotments_set answer;
    answer.holder = x.holder;
    answer.number = x.number;
    answer.budgets_version = now.budgets_version;
    answer.lost = node != now.nodes.end() && node->second.lost;
    if (!answer.lost) {
      answer.expires_at = ctx.now + x.lease_for;
      for (auto& target : x.targets)
        answer.allotments.push_back(allot(target, x.holder));
    }
    return just(std::move(answer));
  }

  caf::error operator()(const costs::close_holder& x) {
    // One that has closed has told everything already.
    if (!now.nodes.contains(x.holder) && is_closed(x.holder))
      return caf::none;
    auto fresh = fresh_lines(x.holder, x.lines);
    if (!fresh)
      return std::move(fresh.error());
    book(x.holder, std::move(*fresh));
    if (x.rest == leftover::unspent)
      return just(holder_closed{x.holder});
    if (auto i = now.nodes.find(x.holder);
        i != now.nodes.end() && !i->second.lost)
      emit(holder_lost{x.holder});
    return just(holder_forgotten{x.holder});
  }

  caf::error operator()(const open_run& x) {
    if (auto err = check_amount("a lease", x.amount))
      return err;
    if (auto err = check(x.whose))
      return err;
    if (now.runs.contains(x.run))
      return caf::none;
    if (is_closed(x.run))
      return make_error(ec::cancelled, "run " + x.run
                                         + " has ended, and needs nothing set "
                                           "aside any more");
    if (now.runs.size() >= max_holders)
      return too_many("too many runs hold money", max_holders);
    run_opened event{x.run, x.amount, x.whose, {}};
    for (auto& [key, known] : now.budgets) {
      if (!is_of_run(known.what.scope) || !concerns(known.what, x.whose))
        continue;
      if (auto err = check_money(x, known))
        return err;
      event.budgets.push_back(key);
    }
    return just(std::move(event));
  }

  caf::error operator()(const book_run& x) {
    if (auto err = check_shares(x))
      return err;
    // A run that has closed has booked everything.
    if (!now.runs.contains(x.run) && !can_share(x.shares))
      return caf::none;
    auto fresh = fresh_lines(x.run, x.lines);
    if (!fresh)
      return std::move(fresh.error());
    for (auto& share : x.shares)
      if (!now.runs.contains(share.run))
        emit(money_shared{share.run, share.from, share.amount});
    auto& run = now.runs.at(x.run);
    for (auto& line : *fresh) {
      auto model = std::move(line.whose.model);
      auto agent = std::move(line.whose.agent);
      line.whose = run.whose;
      line.whose.model = std::move(model);
      line.whose.agent = std::move(agent);
      line.budgets.clear();
      for (auto& [key, amount] : run.held)
        line.budgets.push_back(key);
    }
    book(x.run, std::move(*fresh));
    return caf::none;
  }

  caf::error operator()(const close_run& x) {
    // Also of a run that has none is to be known that it has ended: its request
    // may still be under way.
    if (!now.runs.contains(x.run) && is_closed(x.run))
      return caf::none;
    return just(holder_closed{x.run});
  }

  caf::error operator()(const look_at_leases&) {
    std::vector<ledger_event> late;
    for (auto& [id, node] : now.nodes)
      if (node.expires_at <= ctx.now && node.lost)
        late.emplace_back(holder_forgotten{id});
      else if (node.expires_at <= ctx.now)
        late.emplace_back(holder_lost{id});
    for (auto& event : late)
      emit(std::move(event));
    return caf::none;
  }

  caf::error operator()(const set_webhook& x) {
    if (auto err = check(x.what))
      return err;
    auto known = now.webhooks.find(x.what.id);
    if (known == now.webhooks.end() && now.webhooks.size() >= max_webhooks)
      return too_many("the tenant has too many webhooks", max_webhooks);
    if (known != now.webhooks.end() && known->second == x.what)
      return caf::none;
    return just(webhook_set{x.what});
  }

  caf::error operator()(const remove_webhook& x) {
    if (!now.webhooks.contains(x.id))
      return make_error(ec::not_found, "there is no webhook " + x.id);
    return just(webhook_removed{x.id});
  }

  caf::error operator()(const end_delivery& x) {
    auto i = std::find_if(now.deliveries.begin(), now.deliveries.end(),
                          [&](auto& y) { return y.number == x.number; });
    if (i == now.deliveries.end())
      return caf::none;
    return just(delivery_ended{x.number, i->webhook, x.how});
  }

  /// Tells of the hour that has ended, if nothing else was to be told.
  void finish() {
    if (anomaly)
      to.emit(*std::exchange(anomaly, std::nullopt));
    make_room();
  }

private:
  /// Whoever books in a new hour must not hide the one before it. What is
  /// refused tells nothing: the next command will.
  void emit(ledger_event what) {
    finish();
    to.emit(std::move(what));
  }

  /// The oldest notices give way to what has come.
  void make_room() {
    while (now.deliveries.size() > max_deliveries) {
      auto& oldest = now.deliveries.front();
      to.emit(delivery_ended{oldest.number, oldest.webhook,
                             delivery_end::crowded_out});
    }
  }

  caf::error just(ledger_event what) {
    emit(std::move(what));
    return caf::none;
  }

  bool is_closed(const std::string& holder) const {
    auto among = [&](const std::vector<std::string>& these) {
      return std::find(these.begin(), these.end(), holder) != these.end();
    };
    return among(now.closed)
        || std::any_of(now.runs.begin(), now.runs.end(),
                       [&](auto& x) { return among(x.second.over); });
  }

  caf::error check_holder(const std::string& id) const {
    if (id.empty() || id.size() > max_name || now.runs.contains(id))
      return make_error(ec::invalid_argument,
                        "\"" + id.substr(0, 64) + "\" is no node");
    if (!now.nodes.contains(id) && is_closed(id))
      return make_error(ec::cancelled,
                        "node " + id + " has settled everything already");
    return caf::none;
  }

  static caf::error check_exchange(const exchange_money& x) {
    if (x.targets.size() > max_budgets)
      return too_many("node " + x.holder + " names too many budgets",
                      max_budgets);
    if (x.lease_for < min_lease_time || x.lease_for > max_lease_time)
      return make_error(ec::invalid_argument,
                        "a node's lease is from a second to a day long");
    for (auto& target : x.targets)
      for (auto amount : {target.need, target.want})
        if (auto err = check_amount("a lease", amount))
          return err;
    return caf::none;
  }

  static caf::error check_line(const call_line& x) {
    if (auto err = check_amount("a charge", x.cost))
      return err;
    if (x.budgets.size() > max_budgets)
      return too_many("a call names too many budgets", max_budgets);
    if (x.call.size() > max_name || x.provider.size() > max_name)
      return make_error(ec::invalid_argument,
                        "the names of a call are too long");
    return check(x.whose);
  }

  /// Those of *lines* that are not booked yet.
  caf::expected<std::vector<call_line>>
  fresh_lines(const std::string& holder, const std::vector<call_line>& lines) {
    if (lines.size() > max_lines)
      return too_many(holder + " books too many calls at once", max_lines);
    auto booked = booked_by(holder);
    std::vector<call_line> result;
    for (auto& line : lines) {
      if (line.number <= booked)
        continue;
      if (auto err = check_line(line))
        return err;
      if (line.number != booked + 1)
        return make_error(
          ec::conflict, "line " + std::to_string(line.number) + " of " + holder
                          + " came before line " + std::to_string(booked + 1));
      booked = line.number;
      result.push_back(line);
    }
    return result;
  }

  uint64_t booked_by(const std::string& holder) const {
    if (auto i = now.runs.find(holder); i != now.runs.end())
      return i->second.booked;
    auto i = now.nodes.find(holder);
    return i == now.nodes.end() ? 0 : i->second.booked;
  }

  void book(const std::string& holder, std::vector<call_line> lines) {
    if (lines.empty())
      return;
    std::set<std::string> touched;
    for (auto& line : lines)
      touched.insert(line.budgets.begin(), line.budgets.end());
    emit(calls_booked{holder, std::move(lines)});
    for (auto& key : touched)
      if (auto i = now.budgets.find(key); i != now.budgets.end())
        tell_alert(key, i->second);
  }

  void tell_alert(const std::string& key, const budget_state& x) {
    auto percent = passed_alert(x);
    if (percent > x.alerted)
      emit(budget_alerted{key, percent, x.sum.settled, x.what.limit});
  }

  allotment allot(const lease_target& x, const std::string& holder) const {
    auto i = now.budgets.find(x.budget);
    if (i == now.budgets.end())
      return {x.budget, 0, shortage::gone};
    micro_usd held = 0;
    if (auto node = now.nodes.find(holder); node != now.nodes.end())
      if (auto h = node->second.held.find(x.budget);
          h != node->second.held.end())
        held = h->second;
    auto& of = i->second;
    auto settled = settled_at(of, ctx.now);
    auto given = grant({.limit = of.what.limit,
                        .settled = settled,
                        .leased = of.leased,
                        .held = held,
                        .kind = of.what.kind},
                       x.need, x.want);
    allotment result{x.budget, given.amount, given.lack};
    if (of.what.kind == budget_kind::hard)
      result.left = of.what.limit - settled;
    result.scarce = of.scarce_until > ctx.now;
    return result;
  }

  /// The answer to an exchange whose answer got lost.
  allotments_set answer_again(const exchange_money& x,
                              const holder_state& node) const {
    allotments_set answer;
    answer.holder = x.holder;
    answer.number = x.number;
    answer.expires_at = node.expires_at;
    answer.lost = node.lost;
    answer.budgets_version = now.budgets_version;
    for (auto& target : x.targets) {
      auto i = node.held.find(target.budget);
      answer.allotments.push_back(
        {target.budget, i == node.held.end() ? 0 : i->second});
    }
    return answer;
  }

  caf::error check_money(const open_run& x, const budget_state& of) const {
    auto left = free_at(of, ctx.now);
    if (of.what.kind == budget_kind::soft || x.amount <= left)
      return caf::none;
    return make_error(
      ec::budget_exceeded,
      "run " + x.run + " wants to set aside " + format_usd(x.amount)
        + ", but of the " + format_usd(of.what.limit) + " of budget "
        + of.what.id + " only " + format_usd(std::max<micro_usd>(left, 0))
        + " is left; give the run a smaller --budget, or raise the budget");
  }

  static caf::error check_shares(const book_run& x) {
    for (size_t i = 0; i < x.shares.size(); ++i) {
      auto& share = x.shares[i];
      if (auto err = check_amount("a share", share.amount))
        return err;
      auto last = i + 1 == x.shares.size();
      if (share.run != (last ? x.run : x.shares[i + 1].from))
        return make_error(ec::invalid_argument,
                          "the shares of run " + x.run
                            + " do not lead to it: run " + share.run
                            + " stands where that is not the next caller");
    }
    return caf::none;
  }

  /// Whether *shares* lead from a run that has money to one that may have some,
  /// and is not over.
  bool can_share(const std::vector<money_share>& shares) const {
    if (shares.empty() || !now.runs.contains(shares.front().from))
      return false;
    return std::none_of(shares.begin(), shares.end(), [this](auto& x) {
      auto from = now.runs.find(x.from);
      return from != now.runs.end()
          && std::find(from->second.over.begin(), from->second.over.end(),
                       x.run)
               != from->second.over.end();
    });
  }
};

} // namespace

caf::error ledger::decide(entity::draft<ledger>& to, const command& what) {
  decider by{to};
  if (auto err = std::visit(by, what))
    return err;
  by.finish();
  return caf::none;
}

std::optional<timestamp> ledger::wake_at(const state& now) {
  std::optional<timestamp> first;
  for (auto& [id, node] : now.nodes)
    if (!first || node.expires_at < *first)
      first = node.expires_at;
  if (auto found = untold_anomaly(now)) {
    auto end = found->hour + std::chrono::hours{1};
    first = std::min(first.value_or(end), end);
  }
  return first;
}

store::summary_row ledger::summarise(const state& now, const entity::key& id) {
  store::summary_row row;
  row.fields["id"] = id.id;
  // What is to be sent goes on by itself when a machine starts.
  if (!idle(now))
    row.fields["open"] = "true";
  row.body = to_bytes(wire::to_json(now.spent));
  return row;
}

} // namespace machine::costs
