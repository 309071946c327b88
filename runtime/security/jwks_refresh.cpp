#include "runtime/security/jwks_refresh.hpp"

#include <algorithm>

namespace machine::security {

namespace {

/// Whether *now* is less than *length* after *since*. A time that lies ahead is
/// of a clock that was set back since: it counts as long ago.
bool is_within(const std::optional<timestamp>& since, duration length,
               timestamp now) {
  return since && *since <= now && now - *since < length;
}

duration age_of(const jwks_state& x) {
  return std::clamp(x.max_age.value_or(jwks_times::default_age),
                    jwks_times::min_age, jwks_times::max_age);
}

duration pause_after(uint32_t failures) {
  // Doubled more often it is beyond the maximum in any case.
  auto doublings = std::min(failures, 16u);
  return std::min(jwks_times::first_pause * (1 << doublings) / 2,
                  jwks_times::max_pause);
}

bool is_fetching(const jwks_state& x, timestamp now) {
  return is_within(x.begun_at, jwks_times::fetch_deadline, now);
}

/// Whether a failure is too recent to try again.
bool is_pausing(const jwks_state& x, timestamp now) {
  return is_within(x.failed_at, pause_after(x.failures), now);
}

} // namespace

jwks_decision decide(const jwks_state& x, key_lookup lookup, timestamp now) {
  auto fetching = is_fetching(x, now);
  auto pausing = is_pausing(x, now);
  auto usable =
    x.fetched_at && now < *x.fetched_at + age_of(x) + jwks_times::grace;
  if (!usable)
    return pausing ? jwks_decision::refuse : jwks_decision::fetch_now;
  if (lookup == key_lookup::unknown) {
    auto limited =
      is_within(x.unknown_key_at, jwks_times::unknown_key_interval, now);
    return fetching || !(pausing || limited) ? jwks_decision::fetch_now
                                             : jwks_decision::use;
  }
  auto fresh = is_within(x.fetched_at, age_of(x), now);
  return fresh || fetching || pausing ? jwks_decision::use
                                      : jwks_decision::fetch_in_background;
}

jwks_state begin_fetch(jwks_state x, key_lookup why, timestamp now) {
  if (is_fetching(x, now))
    return x;
  x.begun_at = now;
  if (why == key_lookup::unknown)
    x.unknown_key_at = now;
  return x;
}

jwks_state fetch_succeeded(jwks_state x, std::optional<duration> max_age,
                           timestamp now) {
  x.fetched_at = now;
  x.max_age = max_age;
  x.failed_at.reset();
  x.failures = 0;
  x.begun_at.reset();
  return x;
}

jwks_state fetch_failed(jwks_state x, timestamp now) {
  x.failed_at = now;
  x.failures = std::min(x.failures + 1, 1'000u);
  x.begun_at.reset();
  return x;
}

} // namespace machine::security
