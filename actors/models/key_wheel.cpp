#include "actors/models/key_wheel.hpp"

#include <algorithm>

namespace machine::models {

namespace {

using std::chrono::minutes;

/// A key that was refused is tried again after this, doubled each time.
constexpr duration first_refusal = minutes{1};
constexpr duration longest_refusal = minutes{60};

/// The same for one whose provider did not say for how long it has enough.
constexpr duration first_pause{1'000};
constexpr duration longest_pause_of_key{30'000};

duration doubled(duration first, uint32_t times, duration most) {
  auto factor = int64_t{1} << std::min(times, 16u);
  return std::min(first * factor, most);
}

} // namespace

key_wheel::key_wheel(const std::vector<uint32_t>& weights,
                     rate_limits of_each) {
  for (auto weight : weights) {
    state x;
    x.weight = std::max<int64_t>(weight, 1);
    x.window = rate_window{of_each};
    keys_.push_back(x);
  }
}

duration key_wheel::wait_of(const state& x, uint64_t tokens, timestamp now) {
  auto pause = std::chrono::ceil<duration>(x.paused_until - now);
  return std::max({duration{0}, pause, x.window.wait_for(tokens, now)});
}

key_wheel::turn key_wheel::take(uint64_t tokens, timestamp now,
                                const std::set<size_t>& tried) {
  // What is best comes first; what follows is for want of it.
  std::vector<size_t> good;
  std::vector<size_t> avoided;
  std::vector<size_t> refused;
  auto wait = duration::max();
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (tried.contains(i))
      continue;
    auto& x = keys_[i];
    if (auto left = wait_of(x, tokens, now); left > duration{0})
      wait = std::min(wait, left);
    else if (x.refused_until > now)
      refused.push_back(i);
    else if (x.avoided_until > now)
      avoided.push_back(i);
    else
      good.push_back(i);
  }
  if (!good.empty())
    return choose(good, tokens, now);
  if (!avoided.empty())
    return choose(avoided, tokens, now);
  if (wait != duration::max())
    return {std::nullopt, {}, wait};
  // Whoever has tried others already knows that keys are refused.
  if (!refused.empty() && tried.empty()) {
    auto first = *std::min_element(
      refused.begin(), refused.end(), [&](size_t x, size_t y) {
        return keys_[x].refused_until < keys_[y].refused_until;
      });
    return choose({first}, tokens, now);
  }
  return {std::nullopt, {}, duration{0}};
}

key_wheel::turn key_wheel::choose(const std::vector<size_t>& among,
                                  uint64_t tokens, timestamp now) {
  int64_t sum = 0;
  auto best = among.front();
  for (auto i : among) {
    keys_[i].current += keys_[i].weight;
    sum += keys_[i].weight;
    if (keys_[i].current > keys_[best].current)
      best = i;
  }
  keys_[best].current -= sum;
  return {best, keys_[best].window.begin(tokens, now), duration{0}};
}

void key_wheel::hear(size_t key, rate_ticket& call,
                     const std::optional<rate_report>& said, timestamp now) {
  keys_[key].window.hear(call, said, now);
}

void key_wheel::settle(size_t key, rate_ticket& call,
                       std::optional<uint64_t> tokens, timestamp now) {
  keys_[key].window.settle(call, tokens, now);
}

void key_wheel::accept(size_t key) {
  auto& x = keys_[key];
  x.refusals = 0;
  x.refused_until = {};
  x.pauses = 0;
}

void key_wheel::refuse(size_t key, timestamp now) {
  auto& x = keys_[key];
  x.refused_until = now + doubled(first_refusal, x.refusals++, longest_refusal);
}

void key_wheel::pause(size_t key, std::optional<duration> asked,
                      timestamp now) {
  auto& x = keys_[key];
  if (asked)
    x.paused_until = std::max(x.paused_until, now + *asked);
  else
    x.avoided_until =
      now + doubled(first_pause, x.pauses++, longest_pause_of_key);
}

} // namespace machine::models
