#include "actors/models/rate_window.hpp"

#include <algorithm>
#include <cmath>

namespace machine::models {

namespace {

using std::chrono::seconds;

/// Nobody waits for longer, whatever a provider says.
constexpr duration longest_wait{24 * 3'600'000};

/// What is said without a time is taken for a minute's.
constexpr duration usual_window{60'000};

int64_t second_of(timestamp x) {
  return std::chrono::floor<seconds>(x.time_since_epoch()).count();
}

duration until(timestamp then, timestamp now) {
  return std::clamp(std::chrono::ceil<duration>(then - now), duration{0},
                    longest_wait);
}

} // namespace

duration minute_count::wait_for(uint64_t amount, uint64_t limit,
                                timestamp now) const {
  if (limit == 0)
    return duration{0};
  auto second = second_of(now);
  auto size = static_cast<int64_t>(slots_.size());
  auto counts = [&](const slot& x) {
    return x.second >= 0 && x.second > second - size;
  };
  uint64_t used = 0;
  for (auto& x : slots_)
    if (counts(x))
      used += x.amount;
  auto need = std::min(amount, limit);
  if (used + need <= limit)
    return duration{0};
  // The oldest goes first.
  auto oldest = slots_;
  std::sort(oldest.begin(), oldest.end(),
            [](auto& x, auto& y) { return x.second < y.second; });
  for (auto& x : oldest) {
    if (!counts(x))
      continue;
    used -= x.amount;
    if (used + need <= limit)
      return until(timestamp{seconds{x.second + size}}, now);
  }
  return usual_window;
}

void minute_count::add(uint64_t amount, timestamp now) {
  auto second = std::max<int64_t>(second_of(now), 0);
  auto& to = slots_[static_cast<size_t>(second) % slots_.size()];
  if (to.second != second)
    to = {second, 0};
  to.amount += std::min<uint64_t>(amount, UINT32_MAX);
}

void minute_count::take_back(uint64_t amount, timestamp then) {
  auto second = std::max<int64_t>(second_of(then), 0);
  auto& from = slots_[static_cast<size_t>(second) % slots_.size()];
  if (from.second == second)
    from.amount -= std::min(from.amount, amount);
}

duration learned_limit::wait_for(uint64_t amount, timestamp now) const {
  if (!left_ || now >= full_)
    return duration{0};
  auto passed = static_cast<double>(std::max<int64_t>((now - at_).count(), 0));
  auto need = static_cast<double>(limit_ ? std::min(amount, *limit_) : amount);
  auto missing = need - (*left_ + refill_ * passed);
  if (missing <= 0)
    return duration{0};
  auto whole = until(full_, now);
  if (refill_ <= 0)
    return whole;
  auto wait = std::ceil(missing / refill_ / 1'000);
  return std::min(whole,
                  duration{static_cast<int64_t>(std::min(wait, 86'400'000.0))});
}

void learned_limit::take(uint64_t amount) {
  if (left_)
    *left_ -= static_cast<double>(amount);
}

void learned_limit::learn(const rate_limit_state& said, uint64_t in_flight,
                          timestamp now) {
  if (!said.remaining)
    return;
  auto window = std::min(said.reset.value_or(usual_window), longest_wait);
  at_ = now;
  full_ = now + window;
  limit_ = said.limit;
  left_ = static_cast<double>(*said.remaining) - static_cast<double>(in_flight);
  refill_ = 0;
  auto microseconds = static_cast<double>(window.count()) * 1'000;
  if (said.limit && *said.limit > *said.remaining && microseconds > 0)
    refill_ = static_cast<double>(*said.limit - *said.remaining) / microseconds;
}

duration rate_window::wait_for(uint64_t tokens, timestamp now) const {
  return std::max({requests_.wait_for(1, limits_.requests_per_minute, now),
                   tokens_.wait_for(tokens, limits_.tokens_per_minute, now),
                   learned_requests_.wait_for(1, now),
                   learned_tokens_.wait_for(tokens, now),
                   learned_input_.wait_for(tokens, now)});
}

rate_ticket rate_window::begin(uint64_t tokens, timestamp now) {
  requests_.add(1, now);
  tokens_.add(tokens, now);
  learned_requests_.take(1);
  learned_tokens_.take(tokens);
  learned_input_.take(tokens);
  ++requests_in_flight_;
  tokens_in_flight_ += tokens;
  return {tokens, now, false};
}

void rate_window::hear(rate_ticket& call,
                       const std::optional<rate_report>& said, timestamp now) {
  if (!call.heard) {
    call.heard = true;
    --requests_in_flight_;
    tokens_in_flight_ -= call.tokens;
  }
  if (!said)
    return;
  learned_requests_.learn(said->requests, requests_in_flight_, now);
  learned_tokens_.learn(said->tokens, tokens_in_flight_, now);
  learned_input_.learn(said->input_tokens, tokens_in_flight_, now);
}

void rate_window::settle(rate_ticket& call, std::optional<uint64_t> tokens,
                         timestamp now) {
  hear(call, std::nullopt, now);
  if (!tokens)
    return;
  if (*tokens > call.tokens)
    tokens_.add(*tokens - call.tokens, now);
  else
    tokens_.take_back(call.tokens - *tokens, call.begun);
  call.tokens = *tokens;
}

} // namespace machine::models
