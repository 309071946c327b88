#include "actors/models/desk/till.hpp"

#include <algorithm>

namespace machine::models {

using namespace costs;

till::till(std::string tenant, std::string start, till_services services,
           purse_rules rules)
    : tenant_(std::move(tenant)), start_(std::move(start)),
      services_(std::move(services)), rules_(rules) {
  open_drawer();
  learn();
}

till::~till() {
  *alive_ = false;
}

timestamp till::now() const {
  return services_.now();
}

entity::key till::ledger_key() const {
  return {tenant_, ledger_id};
}

void till::open_drawer() {
  auto name = start_;
  if (drawers_++ > 0)
    name += "." + std::to_string(drawers_);
  current_ = std::make_shared<drawer>(drawer{purse{name, rules_}, {}});
  // What it is about to hold is given back though the process die.
  if (auto err = write(holder_opened{tenant_, name}))
    services_.failed(err);
  if (knows_budgets_)
    current_->money.know(budgets_, version_, now());
}

till::drawer* till::drawer_of(call_number call) {
  if (current_->calls.contains(call))
    return current_.get();
  for (auto& x : old_)
    if (x->calls.contains(call))
      return x.get();
  return nullptr;
}

const till::drawer* till::drawer_of(call_number call) const {
  return const_cast<till*>(this)->drawer_of(call);
}

caf::error till::write(const journal_record& what) {
  return services_.journal ? services_.journal->append(what) : caf::error{};
}

void till::reserve(call_number call, counted_by how, micro_usd amount,
                   call_line line, granted then) {
  if (!knows_budgets_) {
    early_.push_back(
      {[=, this] { reserve(call, how, amount, line, then); }, then});
    if (learners_.empty())
      learn();
    return;
  }
  auto& in = *current_;
  auto whose = line.whose;
  in.calls[call] = {std::move(line), std::move(then)};
  if (auto x = in.money.reserve(call, whose, amount, how, now()))
    answer(in, *x);
  talk();
}

void till::extend(call_number call, micro_usd more, granted then) {
  auto* in = drawer_of(call);
  if (in == nullptr) {
    then(make_error(ec::not_found, "there is no such call"));
    return;
  }
  in->calls[call].then = std::move(then);
  if (auto x = in->money.extend(call, more, now()))
    answer(*in, *x);
  talk();
}

micro_usd till::reserved(call_number call) const {
  auto* in = drawer_of(call);
  return in == nullptr ? 0 : in->money.reserved(call);
}

call_begun till::record_of(const drawer& in, call_number call) const {
  call_begun result{tenant_, in.money.holder(), call, in.calls.at(call).line};
  result.line.reserved = in.money.reserved(call);
  result.line.budgets = in.money.budgets_of(call);
  result.line.number = in.money.last_line();
  return result;
}

std::function<caf::error()> till::departure(call_number call) const {
  auto* in = drawer_of(call);
  if (in == nullptr || !services_.journal)
    return {};
  return [journal = services_.journal, what = record_of(*in, call)] {
    return journal->append(what);
  };
}

/// What a call on its way may cost more is written down first.
void till::begin(drawer& in, call_number call) {
  auto then = std::exchange(in.calls[call].then, nullptr);
  auto why = services_.journal ? services_.journal->amend(record_of(in, call))
                               : caf::error{};
  if (then)
    then(why);
}

void till::answer(drawer& in, const money_answer& x) {
  auto i = in.calls.find(x.call);
  if (i == in.calls.end())
    return;
  if (!x.why) {
    begin(in, x.call);
    return;
  }
  auto then = std::exchange(i->second.then, nullptr);
  if (!in.money.has_begun(x.call))
    in.calls.erase(i);
  if (then)
    then(x.why);
}

void till::settle(call_number call, call_line line) {
  auto* in = drawer_of(call);
  if (in == nullptr)
    return;
  in->calls.erase(call);
  auto booked = in->money.settle(call, std::move(line), now());
  if (booked)
    // The ledger hears of it whether or not the journal has it.
    if (auto err =
          write(costs::call_ended{tenant_, in->money.holder(), call, *booked}))
      services_.failed(err);
  serve(*in);
  talk();
}

void till::serve(drawer& in) {
  for (auto& x : in.money.take_answers())
    answer(in, x);
}

void till::learn(std::function<void()> then) {
  if (!then)
    then = [] {};
  // What is being read may be from before the change.
  if (!learners_.empty()) {
    late_learners_.push_back(std::move(then));
    return;
  }
  learners_.push_back(std::move(then));
  services_.inspect(ledger_key(), [this, alive = alive_](auto state) {
    if (*alive)
      learned(std::move(state));
  });
}

void till::learned(caf::expected<ledger_state> state) {
  auto told = std::exchange(learners_, std::exchange(late_learners_, {}));
  auto again = !learners_.empty();
  // A tenant that never spent anything has no ledger.
  auto none = !state && code_of(state.error()) == ec::not_found;
  if (state || none) {
    budgets_.clear();
    version_ = none ? 0 : state->budgets_version;
    if (!none)
      for (auto& [key, x] : state->budgets)
        budgets_.emplace(key, x.what);
    knows_budgets_ = true;
    current_->money.know(budgets_, version_, now());
    serve(*current_);
    for (auto& [begin, refused] : std::exchange(early_, {}))
      begin();
  } else {
    // Nothing begins under budgets that may be old; whoever waits asks again.
    knows_budgets_ = false;
    services_.failed(with_context("the budgets of " + tenant_, state.error()));
    for (auto& [begin, refused] : std::exchange(early_, {}))
      refused(state.error());
  }
  for (auto& then : told)
    then();
  if (again) {
    auto late = std::exchange(learners_, {});
    for (auto& then : late)
      learn(std::move(then));
  }
  talk();
}

void till::talk() {
  auto all = old_;
  all.push_back(current_);
  for (auto& in : all) {
    if (in->closing)
      continue;
    if (in->money.is_lost() && in->money.is_settled()) {
      close(in);
      continue;
    }
    if (auto word = in->money.next(now())) {
      auto number = word->number;
      services_.command(ledger_key(), std::move(*word),
                        [this, alive = alive_, in, number](auto answer) {
                          if (*alive)
                            hear(in, number, std::move(answer));
                        });
    }
  }
}

void till::hear(const std::shared_ptr<drawer>& in, uint64_t number,
                caf::expected<till_services::outcome> answer) {
  if (!answer) {
    auto code = code_of(answer.error());
    // The same word is said again after a while, unless it is refused for good.
    if (code != ec::cancelled && code != ec::conflict
        && code != ec::invalid_argument && code != ec::limit_exceeded)
      return;
    services_.failed(answer.error());
    allotments_set lost;
    lost.holder = in->money.holder();
    lost.number = number;
    lost.lost = true;
    in->money.answered(lost, now());
  } else {
    for (auto& event : answer->events)
      if (auto* x = std::get_if<allotments_set>(&event))
        in->money.answered(*x, now());
  }
  if (in->money.is_lost() && in == current_) {
    old_.push_back(current_);
    open_drawer();
  }
  if (in->money.is_outdated() && learners_.empty())
    learn();
  serve(*in);
  talk();
}

void till::close(const std::shared_ptr<drawer>& in) {
  in->closing = true;
  services_.command(ledger_key(), close_holder{in->money.holder(), {}},
                    [this, alive = alive_, in](auto answer) {
                      if (!*alive)
                        return;
                      in->closing = false;
                      if (answer || code_of(answer.error()) == ec::cancelled)
                        old_.erase(std::remove(old_.begin(), old_.end(), in),
                                   old_.end());
                    });
}

std::optional<timestamp> till::wake_at() const {
  std::optional<timestamp> first;
  auto consider = [&](const drawer& in) {
    auto at = in.money.wake_at(now());
    if (at && (!first || *at < *first))
      first = at;
  };
  consider(*current_);
  for (auto& in : old_)
    consider(*in);
  return first;
}

std::vector<journal_record> till::live_records() const {
  std::vector<journal_record> result;
  auto all = old_;
  all.push_back(current_);
  for (auto& in : all) {
    result.emplace_back(holder_opened{tenant_, in->money.holder()});
    for (auto& line : in->money.untold())
      result.emplace_back(
        costs::call_ended{tenant_, in->money.holder(), 0, line});
  }
  return result;
}

} // namespace machine::models
