#include "runtime/security/jwt_policy.hpp"

namespace machine::security {

namespace {

caf::error unsound(std::string why) {
  return make_error(ec::invalid_argument,
                    "the policy for tokens: " + std::move(why));
}

} // namespace

caf::error check(const jwt_policy& x) {
  if (x.issuer.empty())
    return unsound("it names no issuer; say whose tokens are taken");
  if (x.audience.empty())
    return unsound("it names no audience; say what this machine is called "
                   "by the issuer");
  if (x.algorithms.empty())
    return unsound("it allows no algorithm; RS256 is what most issuers use");
  if (x.clock_skew < duration::zero()
      || x.clock_skew > jwt_policy::max_clock_skew)
    return unsound("the clock skew must be from 0 to 10 minutes");
  if (x.max_lifetime
      && (*x.max_lifetime <= duration::zero()
          || *x.max_lifetime > jwt_policy::largest_max_lifetime))
    return unsound("the longest lifetime must be from 1 ms to 10 years");
  if (x.max_bytes == 0 || x.max_bytes > jwt_policy::largest_max_bytes)
    return unsound("the bound on a token must be from 1 byte to 64 KiB");
  return caf::none;
}

} // namespace machine::security
