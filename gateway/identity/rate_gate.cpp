#include "gateway/identity/rate_gate.hpp"

#include <chrono>

namespace machine::gateway {

namespace {

header_list fields_of(const char* name, const security::quota& x) {
  auto quoted = '"' + std::string{name} + '"';
  return {{"RateLimit-Policy", quoted + ";q=" + std::to_string(x.limit)
                                 + ";w=" + std::to_string(x.window.count())},
          {"RateLimit", quoted + ";r=" + std::to_string(x.remaining)
                          + ";t=" + std::to_string(x.reset.count())}};
}

http_answer refusal_of(const char* whose, duration wait) {
  using std::chrono::ceil;
  using std::chrono::seconds;
  auto rest = std::max(ceil<seconds>(wait), seconds{1}).count();
  auto result = problem_answer(make_error(
    ec::rate_limited, std::string{"too many requests "} + whose
                        + "; come back in " + std::to_string(rest) + " s"));
  result.headers.emplace_back("Retry-After", std::to_string(rest));
  return result;
}

/// Whether *x* is nearer to its end than *y*.
bool is_nearer(const security::quota& x, const security::quota& y) {
  return x.remaining * y.limit < y.remaining * x.limit;
}

} // namespace

rate_gate::kind
rate_gate::make_kind(const char* name, const char* whose,
                     const std::optional<security::rate_limit>& limit,
                     size_t max_keys) {
  return {name, whose,
          limit ? std::make_unique<security::limiter>(*limit, max_keys)
                : nullptr};
}

rate_gate::rate_gate(const rate_rules& rules)
    : failure_cost_(rules.failure_cost),
      address_(make_kind("address", "from this address", rules.address,
                         rules.max_tracked)),
      key_(make_kind("key", "with this key", rules.key, rules.max_tracked)),
      principal_(make_kind("principal", "of this principal", rules.principal,
                           rules.max_tracked)),
      tenant_(make_kind("tenant", "of this tenant", rules.tenant,
                        rules.max_tracked)) {}

bool rate_gate::take(const kind& from, const std::string& key, timestamp now,
                     nearest_limit& nearest, rate_verdict& to) {
  if (!from.buckets)
    return true;
  auto took = from.buckets->take(key, now);
  if (took.what != security::permit::granted) {
    to.refusal = refusal_of(from.whose, took.wait);
    to.headers = fields_of(from.name, took.left);
    return false;
  }
  if (nearest.name == nullptr || is_nearer(took.left, nearest.left))
    nearest = {from.name, took.left};
  return true;
}

rate_verdict rate_gate::enter(const std::string& address, timestamp now) {
  rate_verdict result;
  nearest_limit nearest;
  if (take(address_, address_key(address), now, nearest, result)
      && nearest.name != nullptr)
    result.headers = fields_of(nearest.name, nearest.left);
  return result;
}

rate_verdict rate_gate::enter(const principal& who, timestamp now) {
  rate_verdict result;
  nearest_limit nearest;
  // No name of a tenant has a slash.
  auto mine = who.tenant + "/";
  if (who.key && !take(key_, mine + *who.key, now, nearest, result))
    return result;
  if (take(principal_, mine + who.id, now, nearest, result)
      && take(tenant_, who.tenant, now, nearest, result)
      && nearest.name != nullptr)
    result.headers = fields_of(nearest.name, nearest.left);
  return result;
}

void rate_gate::note_failure(const std::string& address, timestamp now) {
  if (address_.buckets)
    address_.buckets->charge(address_key(address), now, failure_cost_);
}

} // namespace machine::gateway
