#include "actors/models/routing/breaker.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// The most doublings that are counted: more are beyond any bound.
constexpr uint32_t max_openings = 20;

/// Never before the last change.
timestamp not_before(const breaker& x, timestamp now) {
  return std::max(now, x.changed);
}

int64_t slot_number(const breaker_rule& rule, timestamp now) {
  auto length =
    std::max<int64_t>(1, std::chrono::microseconds{rule.window}.count()
                           / static_cast<int64_t>(breaker::slots));
  return now.time_since_epoch().count() / length;
}

breaker_slot& slot_at(breaker& x, const breaker_rule& rule, timestamp now) {
  auto number = slot_number(rule, now);
  auto& slot = x.window[static_cast<uint64_t>(number) % breaker::slots];
  if (slot.number != number)
    slot = {number, 0, 0};
  return slot;
}

breaker_slot in_window(const breaker& x, const breaker_rule& rule,
                       timestamp now) {
  auto last = slot_number(rule, now);
  breaker_slot sum;
  for (auto& slot : x.window)
    if (slot.number <= last
        && slot.number > last - static_cast<int64_t>(breaker::slots)) {
      sum.calls += slot.calls;
      sum.failures += slot.failures;
    }
  return sum;
}

void enter(breaker& x, breaker_state state, timestamp now) {
  x.state = state;
  ++x.epoch;
  x.changed = now;
  x.probes.clear();
  x.successes = 0;
  x.failures_in_a_row = 0;
  x.window = {};
}

duration cooldown_of(const breaker& x, const breaker_rule& rule) {
  auto length = rule.cooldown;
  for (uint32_t i = 1; i < x.openings && length < rule.longest_cooldown; ++i)
    length *= 2;
  return std::min(length, rule.longest_cooldown);
}

void open(breaker& x, const breaker_rule& rule,
          std::optional<duration> retry_after, timestamp now) {
  auto was_closed_for_long =
    x.state == breaker_state::closed && now - x.changed >= rule.window;
  if (was_closed_for_long)
    x.openings = 0;
  // Who says how long it takes is believed, and need not be guessed at.
  if (!retry_after)
    x.openings = std::min(x.openings + 1, max_openings);
  auto length = retry_after
                ? std::clamp(*retry_after, duration{0}, rule.longest_cooldown)
                : cooldown_of(x, rule);
  enter(x, breaker_state::open, now);
  x.until = now + length;
}

void forget_lost_probes(breaker& x, const breaker_rule& rule, timestamp now) {
  std::erase_if(x.probes, [&](auto& probe) {
    return probe.began + rule.probe_timeout <= now;
  });
}

void closed_call_ended(breaker& x, const breaker_rule& rule, health how,
                       std::optional<duration> retry_after, timestamp now) {
  auto& slot = slot_at(x, rule, now);
  ++slot.calls;
  if (how == health::works) {
    x.failures_in_a_row = 0;
    return;
  }
  ++slot.failures;
  ++x.failures_in_a_row;
  auto recent = in_window(x, rule, now);
  auto too_many = recent.calls >= rule.least_calls
               && recent.failures >= rule.error_rate * recent.calls;
  if (retry_after || too_many || x.failures_in_a_row >= rule.failures_in_a_row)
    open(x, rule, retry_after, now);
}

void probe_ended(breaker& x, const breaker_rule& rule, health how,
                 std::optional<duration> retry_after, timestamp now) {
  if (how == health::fails)
    open(x, rule, retry_after, now);
  else if (++x.successes >= rule.successes)
    enter(x, breaker_state::closed, now);
}

/// Whether *a* is to be believed rather than *b*.
bool is_newer(const breaker_signal& a, const breaker_signal& b) {
  auto rank = [](const breaker_signal& x) {
    return std::tuple{x.changed, x.state == breaker_state::open, x.until,
                      x.openings};
  };
  return rank(a) > rank(b);
}

} // namespace

health health_of(ec code) {
  switch (code) {
    case ec::none:
    case ec::provider_rejected:
    case ec::context_exceeded:
    case ec::content_refused: return health::works;
    case ec::timeout:
    case ec::unavailable:
    case ec::overloaded:
    case ec::io_failed:
    case ec::provider_auth:
    case ec::provider_rate_limited:
    case ec::provider_failed:
    case ec::provider_garbled:
    case ec::provider_interrupted: return health::fails;
    default: return health::unknown;
  }
}

permission may_call(breaker& x, const breaker_rule& rule, timestamp now) {
  using std::chrono::ceil;
  now = not_before(x, now);
  if (x.state == breaker_state::closed)
    return {permission::kind::granted, x.epoch};
  if (x.state == breaker_state::open) {
    if (now < x.until)
      return {permission::kind::refused, x.epoch, 0,
              ceil<duration>(x.until - now)};
    // Others take it for open still: when it was opened is what they compare.
    auto opened = x.changed;
    enter(x, breaker_state::half_open, now);
    x.changed = opened;
  }
  forget_lost_probes(x, rule, now);
  if (x.probes.size() >= rule.probes) {
    auto lost = rule.cooldown;
    if (!x.probes.empty())
      lost = std::min(lost, ceil<duration>(x.probes.front().began
                                           + rule.probe_timeout - now));
    return {permission::kind::refused, x.epoch, 0, lost};
  }
  x.probes.push_back({++x.probes_begun, now});
  return {permission::kind::probe, x.epoch, x.probes_begun};
}

bool would_let(const breaker& x, const breaker_rule& rule, timestamp now) {
  auto copy = x;
  return may_call(copy, rule, now).what != permission::kind::refused;
}

void call_ended(breaker& x, const breaker_rule& rule, const permission& with,
                ec code, std::optional<duration> retry_after, timestamp now) {
  if (with.what == permission::kind::refused || with.epoch != x.epoch)
    return;
  now = not_before(x, now);
  auto how = health_of(code);
  if (x.state == breaker_state::half_open)
    std::erase_if(x.probes,
                  [&](auto& probe) { return probe.number == with.probe; });
  if (how == health::unknown)
    return;
  if (x.state == breaker_state::closed)
    closed_call_ended(x, rule, how, retry_after, now);
  else if (x.state == breaker_state::half_open)
    probe_ended(x, rule, how, retry_after, now);
}

double error_rate(const breaker& x, const breaker_rule& rule, timestamp now) {
  auto recent = in_window(x, rule, now);
  return recent.calls == 0 ? 0
                           : static_cast<double>(recent.failures)
                               / static_cast<double>(recent.calls);
}

breaker_signal signal_of(const breaker& x, std::string provider,
                         std::string model) {
  breaker_signal result;
  result.provider = std::move(provider);
  result.model = std::move(model);
  result.state = x.state == breaker_state::closed ? breaker_state::closed
                                                  : breaker_state::open;
  result.changed = x.changed;
  result.until = x.state == breaker_state::closed ? timestamp{} : x.until;
  result.openings = x.openings;
  return result;
}

void hear(breaker& x, const breaker_rule& rule, const breaker_signal& from,
          timestamp now) {
  auto news = from;
  news.changed = std::min(news.changed, now);
  news.until = std::min(news.until, now + rule.longest_cooldown);
  news.openings = std::min(news.openings, max_openings);
  if (news.state == breaker_state::closed)
    news.until = {};
  else
    news.state = breaker_state::open;
  if (!is_newer(news, signal_of(x, from.provider, from.model)))
    return;
  enter(x, news.state, news.changed);
  x.until = news.until;
  x.openings = news.openings;
}

} // namespace machine::models
