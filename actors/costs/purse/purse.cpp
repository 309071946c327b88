#include "actors/costs/purse/purse.hpp"

#include "actors/costs/ledger/bounds.hpp"

#include <algorithm>

namespace machine::costs {

namespace {

caf::error no_money(const budget& of, micro_usd amount, micro_usd left) {
  return make_error(ec::budget_exceeded,
                    "this could cost " + format_usd(amount) + ", but of the "
                      + format_usd(of.limit) + " of budget " + of.id + " only "
                      + format_usd(std::max<micro_usd>(left, 0))
                      + " is left; raise the budget, or ask for a shorter "
                        "answer");
}

} // namespace

micro_usd purse::account::usable() const {
  return std::min(held, ceiling.value_or(held)) - reserved - untold;
}

void purse::know(const std::map<std::string, budget>& all, uint64_t version,
                 timestamp now) {
  known_version_ = version;
  ledger_version_ = std::max(ledger_version_, version);
  index_.clear();
  for (auto& [key, what] : all) {
    auto& x = accounts_[key];
    // A limit that was raised may have made room.
    if (x.what != what)
      x.left.reset();
    x.what = what;
    index_[{what.scope, what.subject}].push_back(key);
  }
  for (auto& [key, x] : accounts_)
    x.gone = !all.contains(key);
  serve_line(now);
}

purse::key_list purse::match(const call_account& whose, counted_by how) const {
  key_list result;
  auto add = [&](budget_scope scope, const std::string& subject) {
    if (scope != budget_scope::tenant && subject.empty())
      return;
    if (how == counted_by::call_alone && is_of_run(scope))
      return;
    if (auto i = index_.find({scope, subject}); i != index_.end())
      result.insert(result.end(), i->second.begin(), i->second.end());
  };
  add(budget_scope::tenant, {});
  add(budget_scope::project, whose.project);
  add(budget_scope::principal, whose.principal);
  add(budget_scope::key, whose.key);
  add(budget_scope::run, whose.run);
  add(budget_scope::agent, whose.agent);
  add(budget_scope::model, whose.model);
  std::set<std::string> tags{whose.tags.begin(), whose.tags.end()};
  for (auto& tag : tags)
    add(budget_scope::tag, tag);
  return result;
}

std::optional<money_answer> purse::reserve(call_number id,
                                           const call_account& whose,
                                           micro_usd amount, counted_by how,
                                           timestamp now) {
  last_call_at_ = now;
  if (lost_)
    return money_answer{
      id, make_error(ec::unavailable, "this node begins anew; ask again")};
  call x;
  x.budgets = match(whose, how);
  for (auto& key : x.budgets)
    accounts_[key].demand += amount;
  if (auto err = hopeless(x, amount, now))
    return money_answer{id, std::move(err)};
  auto must_queue =
    std::any_of(x.budgets.begin(), x.budgets.end(),
                [&](auto& key) { return accounts_[key].waiters > 0; });
  if (!must_queue && fits(x, amount)) {
    take(x, amount);
    x.begun = true;
    calls_.insert_or_assign(id, std::move(x));
    return money_answer{id};
  }
  if (waiting_.size() >= rules_.max_waiting)
    return money_answer{id, make_error(ec::overloaded,
                                       "too many calls wait for money already; "
                                       "ask again in a moment")};
  x.wish = amount;
  x.waits = true;
  for (auto& key : x.budgets)
    ++accounts_[key].waiters;
  calls_.insert_or_assign(id, std::move(x));
  waiting_.push_back(id);
  return std::nullopt;
}

std::optional<money_answer> purse::extend(call_number id, micro_usd more,
                                          timestamp now) {
  last_call_at_ = now;
  auto i = calls_.find(id);
  if (i == calls_.end() || i->second.waits)
    return money_answer{id, make_error(ec::not_found, "there is no such call")};
  auto& x = i->second;
  for (auto& key : x.budgets)
    accounts_[key].demand += more;
  if (!lost_ && fits(x, more)) {
    take(x, more);
    return money_answer{id};
  }
  auto err = hopeless(x, more, now);
  if (lost_ && !err && !x.budgets.empty())
    err = make_error(ec::budget_exceeded,
                     "this node has lost its lease; nothing more can be set "
                     "aside for this call");
  if (err)
    return money_answer{id, std::move(err)};
  x.wish = more;
  x.waits = true;
  for (auto& key : x.budgets)
    ++accounts_[key].waiters;
  waiting_.push_front(id);
  return std::nullopt;
}

bool purse::fits(const call& x, micro_usd amount) const {
  return std::all_of(x.budgets.begin(), x.budgets.end(), [&](auto& key) {
    auto i = accounts_.find(key);
    return i == accounts_.end() || i->second.gone
        || amount <= i->second.usable();
  });
}

void purse::take(call& x, micro_usd amount) {
  for (auto& key : x.budgets)
    accounts_[key].reserved += amount;
  x.reserved += amount;
}

/// Whether no word of the ledger can help, before its window ends.
caf::error purse::hopeless(const call& x, micro_usd amount,
                           timestamp now) const {
  for (auto& key : x.budgets) {
    auto i = accounts_.find(key);
    if (i == accounts_.end() || i->second.gone
        || i->second.what.kind == budget_kind::soft)
      continue;
    auto& it = i->second;
    // What is reserved may come to less, but what is spent does not.
    auto believed = it.left && now - it.left_at < rules_.believe_for;
    if (believed && amount > *it.left - it.untold)
      return no_money(it.what, amount, *it.left - it.untold);
    if (amount > it.what.limit)
      return no_money(it.what, amount, it.what.limit);
  }
  return caf::none;
}

micro_usd purse::reserved(call_number id) const {
  auto i = calls_.find(id);
  return i == calls_.end() ? 0 : i->second.reserved;
}

bool purse::has_begun(call_number id) const {
  auto i = calls_.find(id);
  return i != calls_.end() && i->second.begun;
}

std::vector<std::string> purse::budgets_of(call_number id) const {
  auto i = calls_.find(id);
  return i == calls_.end() ? key_list{} : i->second.budgets;
}

void purse::leave_line(call_number id, call& x) {
  if (!x.waits)
    return;
  x.waits = false;
  x.wish = 0;
  for (auto& key : x.budgets)
    --accounts_[key].waiters;
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), id));
}

std::optional<call_line> purse::settle(call_number id, call_line line,
                                       timestamp now) {
  last_call_at_ = now;
  auto i = calls_.find(id);
  if (i == calls_.end())
    return std::nullopt;
  auto x = std::move(i->second);
  leave_line(id, x);
  calls_.erase(i);
  for (auto& key : x.budgets)
    accounts_[key].reserved -= x.reserved;
  std::optional<call_line> booked;
  // What no budget counts here its run books alone.
  if (x.begun && !(line.of_run && x.budgets.empty())) {
    line.number = ++last_line_;
    line.reserved = x.reserved;
    line.budgets = std::move(x.budgets);
    for (auto& key : line.budgets)
      accounts_[key].untold += line.cost;
    lines_.push_back(line);
    booked = std::move(line);
  }
  serve_line(now);
  return booked;
}

void purse::serve_line(timestamp now) {
  // Nobody overtakes one that waits for the same budget.
  std::set<std::string> blocked;
  for (auto id : std::vector<call_number>{waiting_.begin(), waiting_.end()}) {
    auto& x = calls_.at(id);
    auto amount = x.wish;
    if (auto err = hopeless(x, amount, now)) {
      leave_line(id, x);
      if (!x.begun)
        calls_.erase(id);
      answers_.push_back({id, std::move(err)});
      continue;
    }
    auto free = std::none_of(x.budgets.begin(), x.budgets.end(),
                             [&](auto& key) { return blocked.contains(key); });
    if (free && fits(x, amount)) {
      leave_line(id, x);
      take(x, amount);
      x.begun = true;
      answers_.push_back({id});
    } else {
      blocked.insert(x.budgets.begin(), x.budgets.end());
    }
  }
}

std::vector<money_answer> purse::take_answers() {
  return std::exchange(answers_, {});
}

micro_usd purse::first_wish(const std::string& key) const {
  for (auto id : waiting_) {
    auto& x = calls_.at(id);
    if (std::find(x.budgets.begin(), x.budgets.end(), key) != x.budgets.end())
      return x.wish;
  }
  return 0;
}

micro_usd purse::all_wishes(const std::string& key) const {
  micro_usd sum = 0;
  for (auto id : waiting_) {
    auto& x = calls_.at(id);
    if (std::find(x.budgets.begin(), x.budgets.end(), key) != x.budgets.end())
      sum = std::min(sum + x.wish, max_amount);
  }
  return sum;
}

/// @param told What the lines of the same word settle.
lease_target purse::target_of(const std::string& key, const account& x,
                              micro_usd told) const {
  auto used = x.reserved + x.untold - told;
  auto need = used + (x.waiters > 0 ? first_wish(key) : 0);
  auto spare = x.scarce ? 0 : std::max(x.demand, x.demand_before);
  auto want = used + (x.waiters > 0 ? all_wishes(key) : 0) + spare;
  return {key, std::clamp<micro_usd>(need, 0, max_amount),
          std::clamp<micro_usd>(std::max(need, want), 0, max_amount)};
}

bool purse::wants_to_talk(timestamp now) const {
  if (lines_.size() >= max_lines / 2)
    return true;
  if (!lines_.empty() && now - answered_at_ >= rules_.tell_after)
    return true;
  if (lost_)
    return !lines_.empty();
  if (!waiting_.empty() && now - answered_at_ >= pause_)
    return true;
  for (auto& [key, x] : accounts_) {
    // More is asked for before it is used up.
    if (!x.gone && !x.scarce && x.demand > 0 && pause_ == duration{0}
        && x.usable() < std::max(x.demand, x.demand_before) / 2
        && now - answered_at_ >= rules_.ask_again_after)
      return true;
    auto idle = x.held - x.reserved - x.untold > 0;
    if (idle && x.scarce && now - answered_at_ >= rules_.tell_after)
      return true;
    if (idle && now - last_call_at_ >= rules_.idle_after
        && now - answered_at_ >= rules_.tell_after)
      return true;
  }
  return exchanges_ > 0 && now - answered_at_ >= rules_.lease_for / 3;
}

std::optional<exchange_money> purse::next(timestamp now) {
  if (pending_) {
    if (now - sent_at_ < rules_.answer_within)
      return std::nullopt;
    sent_at_ = now;
    return pending_;
  }
  if (!wants_to_talk(now))
    return std::nullopt;
  exchange_money word;
  word.holder = holder_;
  word.number = exchanges_ + 1;
  word.lease_for = rules_.lease_for;
  std::map<std::string, micro_usd> told;
  for (auto& line : lines_) {
    if (word.lines.size() >= max_lines)
      break;
    word.lines.push_back(line);
    for (auto& key : line.budgets)
      told[key] += line.cost;
  }
  auto idle = now - last_call_at_ >= rules_.idle_after;
  for (auto& [key, x] : accounts_) {
    if (idle)
      x.demand = x.demand_before = 0;
    if (x.held == 0 && x.reserved == 0 && x.waiters == 0 && !told.contains(key)
        && x.demand == 0 && x.demand_before == 0)
      continue;
    auto target = target_of(key, x, told[key]);
    x.ceiling = target.want + told[key];
    x.demand_before = std::exchange(x.demand, 0);
    word.targets.push_back(std::move(target));
  }
  pending_ = std::move(word);
  sent_at_ = now;
  return pending_;
}

void purse::answered(const allotments_set& by, timestamp now) {
  if (!pending_ || by.holder != holder_ || by.number != pending_->number)
    return;
  exchanges_ = by.number;
  answered_at_ = now;
  ledger_version_ = std::max(ledger_version_, by.budgets_version);
  for (auto& line : pending_->lines)
    for (auto& key : line.budgets)
      accounts_[key].untold -= line.cost;
  lines_.erase(lines_.begin(), lines_.begin()
                                 + static_cast<ptrdiff_t>(std::min(
                                   pending_->lines.size(), lines_.size())));
  pending_.reset();
  lost_ = lost_ || by.lost;
  for (auto& [key, x] : accounts_)
    x.ceiling.reset();
  auto lacking = false;
  for (auto& one : by.allotments) {
    auto& x = accounts_[one.budget];
    x.held = one.amount;
    x.left = one.left;
    x.left_at = now;
    x.scarce = one.scarce;
    x.gone = x.gone || one.lack == shortage::gone;
    lacking = lacking || one.lack == shortage::lacking;
  }
  if (lost_)
    for (auto& [key, x] : accounts_)
      x.held = x.reserved + x.untold;
  pause_ = !lacking ? duration{0}
                    : std::clamp(pause_ * 2, rules_.ask_again_after,
                                 rules_.longest_pause);
  std::erase_if(accounts_, [](auto& x) {
    auto& it = x.second;
    return it.gone && it.reserved == 0 && it.untold == 0 && it.waiters == 0;
  });
  serve_line(now);
}

std::optional<timestamp> purse::wake_at(timestamp now) const {
  if (pending_)
    return sent_at_ + rules_.answer_within;
  if (!waiting_.empty())
    return std::max(now, answered_at_ + pause_);
  if (!lines_.empty())
    return std::max(now, answered_at_ + rules_.tell_after);
  if (exchanges_ == 0)
    return std::nullopt;
  auto idle = std::any_of(accounts_.begin(), accounts_.end(), [](auto& x) {
    return x.second.held > x.second.reserved + x.second.untold;
  });
  auto at = answered_at_ + rules_.lease_for / 3;
  if (idle)
    at = std::min(at, std::max(last_call_at_ + rules_.idle_after,
                               answered_at_ + rules_.tell_after));
  return std::max(now, at);
}

} // namespace machine::costs
