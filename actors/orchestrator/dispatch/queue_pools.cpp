#include "actors/orchestrator/dispatch/queue.hpp"

#include <algorithm>
#include <utility>

/// How pools come and go, and what time does.
namespace machine::orchestrator::dispatching {

namespace {

/// Whether a worker has died, and something that it began lives. Its run hears
/// of a failure only when nothing does.
template <class Body>
bool fails_with_remains(const Body& x) {
  return x.ended && x.ended->how == ending::failed && !x.gone;
}

} // namespace

std::vector<activation_key> queue::seats_at(const std::string& pool) const {
  std::vector<activation_key> result;
  for (auto& [at, there] : seats_)
    if (there.bodies.contains(pool))
      result.push_back(at);
  return result;
}

/// Brings what we know of *pool* at *at* in line with what it *held*; null:
/// nothing.
void queue::compare(const std::string& pool, const activation_key& at,
                    const held_attempt* held) {
  auto& there = seats_.at(at);
  auto& known = there.bodies.at(pool);
  if (held && held->token == known.token) {
    known.ended = held->ended;
    // Its grace may have been over.
    known.gone = false;
    return;
  }
  // Our worker is no more; what lives there is not of its doing.
  auto unheard = !known.ended || (held && fails_with_remains(known));
  if (unheard && known.token != 0)
    there.lost.insert(known.token);
  if (unheard)
    known.ended = attempt_end{};
  conclude(at, there, known);
  known.token = 0;
  known.gone = true;
  if (held)
    known = {held->token, held->ended, false};
}

/// Something lives in *pool* of which we did not know.
void queue::adopt(const std::string& pool, const activation_key& at,
                  const held_attempt& held) {
  auto waiting = forget_waiting(at);
  auto& there = seats_[at];
  there.bodies[pool] = {held.token, held.ended, false};
  there.lost.erase(held.token);
  if (waiting)
    there.next = std::move(waiting);
  if (there.next && there.next->token <= held.token)
    there.next.reset();
}

void queue::on(join& x) {
  auto& labels = x.offer.labels;
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  auto held = std::exchange(x.offer.held, {});
  auto name = x.offer.name;
  // Then its attempts were given up when it was lost.
  auto was_lost = absent_.erase(name) > 0;
  out_.push_back(accept{name, x.offer.round});
  pools_[name] = std::move(x.offer);
  std::map<activation_key, const held_attempt*> lives;
  for (auto& y : held)
    lives.emplace(activation_key{y.run, y.activation}, &y);
  for (auto& at : seats_at(name)) {
    auto i = lives.find(at);
    compare(name, at, i == lives.end() ? nullptr : i->second);
  }
  for (auto& [at, what] : lives)
    if (auto i = seats_.find(at);
        i == seats_.end() || !i->second.bodies.contains(name))
      adopt(name, at, *what);
  for (auto& at : seats_at(name)) {
    auto& of = seats_.at(at).bodies.at(name);
    if (was_lost && !of.ended)
      out_.push_back(halt{name, at, of.token});
    else
      halt_outdated(at);
    settle(at);
  }
  review();
  if (expected_.erase(name) > 0 && expected_.empty())
    grow_up();
}

void queue::on(const lose& x) {
  if (pools_.erase(x.pool) == 0)
    return;
  auto& away = absent_[x.pool];
  away.since = now_;
  for (auto& at : seats_at(x.pool)) {
    auto& there = seats_.at(at);
    auto& known = there.bodies.at(x.pool);
    away.given_up.emplace(at, known.token);
    auto unheard = !known.ended || fails_with_remains(known);
    if (unheard && !there.stops.contains(known.token)) {
      tell_lost(at, known.token);
      known.token = 0;
    }
    if (!known.ended)
      known.ended = attempt_end{};
    if (there.stops.empty()) {
      known.gone = true;
      settle(at);
    } else {
      // Whoever waits for the end of everything does not take a loss for it.
      away.asked_after.insert(at);
    }
  }
  review();
}

/// Who asks whether nothing lives of the attempt with this token waits for what
/// a lost pool says, if that had it.
void queue::recall(const activation_key& at, uint64_t token) {
  for (auto& [name, away] : absent_) {
    auto i = away.given_up.find(at);
    if (i == away.given_up.end() || (i->second != token && i->second != 0))
      continue;
    auto waiting = forget_waiting(at);
    auto& there = seats_[at];
    there.bodies.try_emplace(name, body{i->second, attempt_end{}, false});
    if (waiting)
      there.next = std::move(waiting);
    away.asked_after.insert(at);
  }
}

/// All pools that were expected are there, or will not come.
void queue::grow_up() {
  expected_.clear();
  for (auto& x : std::exchange(held_back_, {})) {
    std::visit([this](auto& y) { on(y); }, x);
    fill();
  }
}

void queue::expire() {
  if (is_young() && born_ + how_.grace <= now_)
    grow_up();
  for (auto& [name, away] : absent_) {
    if (away.since + how_.grace > now_)
      continue;
    away.given_up.clear();
    for (auto& at : std::exchange(away.asked_after, {}))
      if (auto i = seats_.find(at); i != seats_.end())
        if (auto j = i->second.bodies.find(name); j != i->second.bodies.end()) {
          j->second.gone = true;
          settle(at);
        }
  }
  std::erase_if(absent_, [&](auto& x) {
    return x.second.asked_after.empty() && x.second.since + how_.memory <= now_;
  });
  for (auto* line : {&own_, &line_})
    for (auto& at : line->overdue(now_, how_.patience)) {
      auto order = *line->remove(at);
      std::vector<const pool_offer*> there;
      for (auto& [name, pool] : pools_)
        there.push_back(&pool);
      tell_failure(at, order.token, to_string(ec::unavailable),
                   explain_lack(order, there));
    }
}

std::optional<duration> queue::wake_at() const {
  std::optional<duration> result;
  auto consider = [&](duration x) {
    if (!result || x < *result)
      result = x;
  };
  if (is_young())
    consider(born_ + how_.grace);
  for (auto& [name, away] : absent_)
    if (!away.asked_after.empty())
      consider(away.since + how_.grace);
  for (auto* line : {&own_, &line_})
    if (auto x = line->next_overdue(how_.patience))
      consider(*x);
  return result;
}

waiting_line::judge queue::judge() const {
  return [this](const need& what) {
    return std::any_of(pools_.begin(), pools_.end(),
                       [&](auto& x) { return fits(x.second, what); });
  };
}

void queue::review() {
  own_.review(now_, judge());
  line_.review(now_, judge());
}

} // namespace machine::orchestrator::dispatching
