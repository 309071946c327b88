#include "actors/orchestrator/dispatch/queue.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace machine::orchestrator::dispatching {

namespace {

bool is_own_work(const attempt_order& x) {
  return x.kind == attempt_kind::prepare || x.kind == attempt_kind::publish;
}

bool is_of_run(const input& x) {
  return std::holds_alternative<start>(x) || std::holds_alternative<stop>(x)
      || std::holds_alternative<probe>(x);
}

} // namespace

queue::queue(settings how, duration now)
    : how_(std::move(how)), now_(now), born_(now), expected_(how_.expected) {}

std::vector<action> queue::apply(input what, duration now) {
  now_ = now;
  if (is_young() && is_of_run(what))
    held_back_.push_back(std::move(what));
  else
    std::visit([this](auto& x) { on(x); }, what);
  expire();
  fill();
  return std::exchange(out_, {});
}

void queue::on(start& x) {
  // A run that is loaded again says it again, and one that died may be late.
  if (x.order.token <= newest(x.at))
    return;
  forget_waiting(x.at);
  auto i = seats_.find(x.at);
  if (i == seats_.end()) {
    admit(x.at, std::move(x.order));
    return;
  }
  // Two workers would write into one worktree.
  i->second.next = std::move(x.order);
  halt_outdated(x.at);
}

void queue::on(const stop& x) {
  recall(x.at, x.token);
  if (auto i = seats_.find(x.at); i != seats_.end()) {
    auto& there = i->second;
    if (there.next && there.next->token == x.token)
      there.next.reset();
    there.stops.insert(x.token);
    halt_outdated(x.at);
    return;
  }
  // It has not begun, or ended already: nothing of it lives.
  if (waits(x.at, x.token))
    forget_waiting(x.at);
  tell(x.at, x.token, attempt_is_stopped{x.at.activation, x.token});
}

/// Makes sure that the run hears how its attempt ends.
void queue::on(const probe& x) {
  if (untold_.contains({x.at, x.token}) || waits(x.at, x.token))
    return;
  auto i = seats_.find(x.at);
  if (i == seats_.end()) {
    tell_lost(x.at, x.token);
    return;
  }
  // Of another worker something lives: first its end, and then the word that
  // nobody is at it.
  auto& bodies = i->second.bodies;
  if (std::none_of(bodies.begin(), bodies.end(),
                   [&](auto& b) { return b.second.token == x.token; }))
    i->second.lost.insert(x.token);
}

void queue::on(const ended& x) {
  auto i = seats_.find(x.at);
  if (i == seats_.end())
    return;
  auto j = i->second.bodies.find(x.pool);
  if (j == i->second.bodies.end() || j->second.token != x.token
      || j->second.ended)
    return;
  j->second.ended = x.how;
  settle(x.at);
}

void queue::on(const gone& x) {
  auto i = seats_.find(x.at);
  if (i == seats_.end())
    return;
  if (auto j = i->second.bodies.find(x.pool); j != i->second.bodies.end()) {
    j->second.gone = true;
    settle(x.at);
  }
}

void queue::on(const credit& x) {
  if (auto i = pools_.find(x.pool); i != pools_.end())
    i->second.credit += x.more;
}

void queue::on(const heard& x) {
  untold_.erase({x.at, x.token});
}

void queue::on(const refused& x) {
  untold_.erase({x.at, x.token});
  if (x.code == ec::fenced || x.code == ec::not_found)
    return;
  // What follows from it cannot be recorded either. The run must not wait for
  // ever.
  out_.push_back(
    give_up{x.at.run,
            {"the machine", "the end of " + x.at.activation
                              + " cannot be recorded: " + x.message}});
}

/// The token of the newest order for *at*; 0 if there is none.
uint64_t queue::newest(const activation_key& at) const {
  for (auto* line : {&own_, &line_})
    if (auto* order = line->find(at))
      return order->token;
  uint64_t result = 0;
  if (auto i = seats_.find(at); i != seats_.end()) {
    for (auto& [pool, there] : i->second.bodies)
      result = std::max(result, there.token);
    if (i->second.next)
      result = std::max(result, i->second.next->token);
  }
  return result;
}

queue::place queue::place_of(const activation_key& at, uint64_t token) const {
  for (auto* line : {&own_, &line_})
    if (auto* order = line->find(at); order && order->token == token)
      return place::in_line;
  if (auto i = seats_.find(at); i != seats_.end())
    if (auto& next = i->second.next; next && next->token == token)
      return place::behind_another;
  auto is_it = [&](const input& x) {
    auto* early = std::get_if<start>(&x);
    return early && early->at == at && early->order.token == token;
  };
  return std::any_of(held_back_.begin(), held_back_.end(), is_it)
         ? place::before_the_line
         : place::nowhere;
}

std::optional<attempt_order> queue::forget_waiting(const activation_key& at) {
  if (auto result = own_.remove(at))
    return result;
  return line_.remove(at);
}

/// Has *order* performed, now or when there is room. Nothing of *at* lives.
void queue::admit(const activation_key& at, attempt_order order) {
  if (is_own_work(order)) {
    own_.add(at, std::move(order), now_, judge());
    return;
  }
  if (line_.size() >= how_.max_waiting) {
    tell_failure(at, order.token, to_string(ec::overloaded),
                 std::to_string(line_.size())
                   + " attempts wait for a worker already; try later");
    return;
  }
  line_.add(at, std::move(order), now_, judge());
}

/// What the end of a worker means, once nothing of it lives.
void queue::conclude(const activation_key& at, seat& in, const body& of) {
  if (of.token == 0)
    return;
  if (of.ended->how == ending::fenced)
    in.lost.insert(of.token);
  else if (of.ended->how == ending::failed && !in.stops.contains(of.token))
    tell_failure(at, of.token, of.ended->code,
                 "the worker of " + at.activation
                   + " died: " + of.ended->message);
}

/// Goes on if nothing of *at* lives any more.
void queue::settle(const activation_key& at) {
  auto i = seats_.find(at);
  if (i == seats_.end())
    return;
  for (auto& [pool, there] : i->second.bodies)
    if (!there.ended || !there.gone)
      return;
  auto was = std::move(i->second);
  seats_.erase(i);
  for (auto& [pool, there] : was.bodies)
    conclude(at, was, there);
  for (auto token : was.lost)
    if (!was.stops.contains(token))
      tell_lost(at, token);
  for (auto token : was.stops)
    tell(at, token, attempt_is_stopped{at.activation, token});
  if (was.next)
    admit(at, std::move(*was.next));
}

/// Stops the workers of *at* that are to stop or to make room.
void queue::halt_outdated(const activation_key& at) {
  auto& there = seats_.at(at);
  auto last = newest(at);
  for (auto& [pool, of] : there.bodies)
    if (!of.ended && pools_.contains(pool)
        && (of.token < last || there.stops.contains(of.token)))
      out_.push_back(halt{pool, at, of.token});
}

void queue::fill() {
  if (is_young())
    return;
  while (give(own_, take_rule::always))
    ;
  while (give(line_, take_rule::with_credit))
    ;
}

bool queue::give(waiting_line& from, take_rule rule) {
  if (from.size() == 0)
    return false;
  for (auto& name : by_preference()) {
    auto& pool = pools_.at(name);
    if (rule == take_rule::with_credit && pool.credit <= 0)
      continue;
    auto next = from.take(pool);
    if (!next)
      continue;
    --pool.credit;
    seats_[next->at].bodies[name].token = next->order.token;
    out_.push_back(
      begin{name, pool.round, std::move(next->at), std::move(next->order)});
    return true;
  }
  return false;
}

/// The pools, first who can do least, so that others stay free for what only
/// they can do; then who has most room.
std::vector<std::string> queue::by_preference() const {
  std::vector<std::string> result;
  for (auto& [name, pool] : pools_)
    result.push_back(name);
  std::stable_sort(result.begin(), result.end(), [&](auto& x, auto& y) {
    auto& a = pools_.at(x);
    auto& b = pools_.at(y);
    return std::tuple{a.labels.size(), a.kinds.size(), -a.credit}
         < std::tuple{b.labels.size(), b.kinds.size(), -b.credit};
  });
  return result;
}

void queue::tell(const activation_key& at, uint64_t token, run_command what) {
  untold_.emplace(at, token);
  out_.push_back(dispatching::tell{at, token, std::move(what)});
}

void queue::tell_failure(const activation_key& at, uint64_t token,
                         std::string code, std::string message) {
  fail_attempt failure;
  failure.activation = at.activation;
  failure.token = token;
  failure.code = std::move(code);
  failure.message = std::move(message);
  tell(at, token, std::move(failure));
}

void queue::tell_lost(const activation_key& at, uint64_t token) {
  tell(at, token, attempt_is_lost{at.activation, token});
}

} // namespace machine::orchestrator::dispatching
