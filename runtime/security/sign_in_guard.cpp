#include "runtime/security/sign_in_guard.hpp"

#include <limits>

namespace machine::security {

namespace {

/// A millisecond becomes a year.
constexpr uint32_t max_doublings = 35;

duration delay_after(uint32_t failures, const sign_in_rule& rule) {
  if (failures <= rule.free)
    return duration{0};
  auto result = rule.first_delay;
  for (auto left = std::min(failures - rule.free - 1, max_doublings);
       left > 0 && result < rule.longest_delay; --left)
    result *= 2;
  return std::min(result, rule.longest_delay);
}

/// Takes one from an address or an account that was counted too much.
constexpr auto take_back = [](sign_in_state& x, state_owner) {
  return x = without_failure(x);
};

} // namespace

sign_in_state as_of(const sign_in_state& x, const sign_in_rule& rule,
                    timestamp now) {
  auto result = x;
  result.last_failure = std::min(result.last_failure, now);
  if (now - result.last_failure >= rule.peace)
    result.failures = 0;
  return result;
}

std::optional<timestamp> may_try(const sign_in_state& x,
                                 const sign_in_rule& rule, timestamp now) {
  auto current = as_of(x, rule, now);
  auto until = current.last_failure + delay_after(current.failures, rule);
  return until > now ? std::optional{until} : std::nullopt;
}

sign_in_state after_failure(const sign_in_state& x, const sign_in_rule& rule,
                            timestamp now) {
  auto result = as_of(x, rule, now);
  if (result.failures < std::numeric_limits<uint32_t>::max())
    ++result.failures;
  result.last_failure = now;
  return result;
}

sign_in_state without_failure(const sign_in_state& x) {
  auto result = x;
  if (result.failures > 0)
    --result.failures;
  return result;
}

timestamp forgotten_from(const sign_in_state& x, const sign_in_rule& rule) {
  return x.failures == 0 ? timestamp::min() : x.last_failure + rule.peace;
}

sign_in_guard::sign_in_guard(const sign_in_rule& rule, size_t max_keys)
    : rule_(rule),
      accounts_(max_keys, rule.peace,
                [rule](auto& x) { return forgotten_from(x, rule); }),
      addresses_(max_keys, rule.peace,
                 [rule](auto& x) { return forgotten_from(x, rule); }) {}

std::optional<timestamp> sign_in_guard::begin(std::string_view account,
                                              std::string_view address,
                                              timestamp now) {
  // In one go, so that no other try comes in between.
  auto count = [&](sign_in_state& x, state_owner) {
    x = as_of(x, rule_, now);
    auto wait = may_try(x, rule_, now);
    if (!wait)
      x = after_failure(x, rule_, now);
    return wait;
  };
  if (auto wait = addresses_.with(address, now, count))
    return wait;
  auto wait = accounts_.with(account, now, count);
  if (wait)
    addresses_.with(address, now, take_back);
  return wait;
}

void sign_in_guard::succeed(std::string_view account, std::string_view address,
                            timestamp now) {
  accounts_.with(account, now, [](sign_in_state& x, state_owner whose) {
    // The overflow holds the failures of others, too.
    return x = whose == state_owner::key ? sign_in_state{} : without_failure(x);
  });
  addresses_.with(address, now, take_back);
}

void sign_in_guard::withdraw(std::string_view account, std::string_view address,
                             timestamp now) {
  accounts_.with(account, now, take_back);
  addresses_.with(address, now, take_back);
}

} // namespace machine::security
