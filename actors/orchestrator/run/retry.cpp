#include "actors/orchestrator/run/retry.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <cmath>

namespace machine::orchestrator {

bool is_transient(std::string_view code) {
  switch (ec_from_string(code)) {
    case ec::timeout:
    case ec::unavailable:
    case ec::overloaded:
    case ec::io_failed:
    case ec::provider_rate_limited:
    case ec::provider_failed:
    case ec::provider_garbled:
    case ec::provider_interrupted: return true;
    default: return false;
  }
}

bool is_of_class(std::string_view code, std::string_view name) {
  if (name == "any")
    return true;
  if (name == "transient")
    return is_transient(code);
  if (name == "provider")
    return code.starts_with("provider_");
  return code == name;
}

std::optional<duration> next_retry(const retry_policy& policy, uint32_t attempt,
                                   std::string_view code, uint64_t random) {
  if (attempt > policy.max)
    return std::nullopt;
  auto wanted = std::any_of(policy.on.begin(), policy.on.end(),
                            [&](auto& x) { return is_of_class(code, x); });
  if (!(policy.on.empty() ? is_transient(code) : wanted))
    return std::nullopt;
  auto longest = static_cast<double>(policy.max_backoff.count());
  auto pause = static_cast<double>(policy.backoff.count())
             * std::pow(policy.factor, static_cast<double>(attempt - 1));
  pause = std::clamp(pause, 0.0, longest);
  // The upper 53 bits make a number in [0, 1).
  auto part = static_cast<double>(random >> 11) * 0x1.0p-53;
  pause -= pause * std::clamp(policy.jitter, 0.0, 1.0) * part;
  return duration{static_cast<duration::rep>(pause)};
}

} // namespace machine::orchestrator
