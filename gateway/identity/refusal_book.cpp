#include "gateway/identity/refusal_book.hpp"

#include "gateway/identity/rate_rules.hpp"

#include <algorithm>
#include <iterator>

namespace machine::gateway {

using security::audit_record;

namespace {

/// What providers give a customer of IPv6 at most (RFC 6177).
constexpr unsigned customer_bits = 48;

} // namespace

std::optional<audit_record> refusal_book::add(audit_record what) {
  auto is_nobody = what.kind == security::principal_kind::anonymous;
  auto count = [&what](counted& in) {
    ++in.count;
    in.last = std::move(what);
    return std::nullopt;
  };
  auto& in = is_nobody ? nobody_ : tenants_[what.tenant];
  auto name = is_nobody ? address_key(what.address, customer_bits) : what.who;
  auto there = in.sources.find(name);
  if (there == in.sources.end()) {
    if (in.sources.size() >= most_.sources)
      return count(in.others);
    there = in.sources.try_emplace(std::move(name)).first;
  }
  auto& of = there->second;
  kind key{is_nobody ? std::string{} : what.address, what.action, what.status};
  if (auto i = of.kinds.find(key); i != of.kinds.end())
    return count(i->second);
  if (of.kinds.size() >= most_.kinds)
    return count(of.others);
  of.kinds.emplace(std::move(key), counted{0, what});
  return what;
}

std::vector<audit_record> refusal_book::sums_of(section& from) {
  std::vector<audit_record> result;
  auto sum_of = [](counted& x, const char* detail) {
    auto result = std::move(x.last);
    result.times = x.count;
    result.request_id.clear();
    result.detail = detail;
    return result;
  };
  for (auto& [name, of] : from.sources) {
    for (auto& [key, x] : of.kinds)
      if (x.count > 0)
        result.push_back(sum_of(x, "refused again and again"));
    if (of.others.count == 0)
      continue;
    auto sum = sum_of(of.others, "refusals of more kinds than are kept apart");
    sum.action = "others";
    sum.target.clear();
    result.push_back(std::move(sum));
  }
  if (from.others.count == 0)
    return result;
  // Whoever they were, they were too many to tell apart.
  audit_record sum;
  sum.at = from.others.last.at;
  sum.tenant = from.others.last.tenant;
  sum.action = "others";
  sum.phase = security::audit_phase::refused;
  sum.times = from.others.count;
  sum.detail = "refusals of more sources than are kept apart";
  result.push_back(std::move(sum));
  return result;
}

std::vector<audit_record> refusal_book::take() {
  auto result = sums_of(nobody_);
  for (auto& [tenant, of] : tenants_) {
    auto more = sums_of(of);
    std::move(more.begin(), more.end(), std::back_inserter(result));
  }
  tenants_.clear();
  nobody_ = {};
  return result;
}

} // namespace machine::gateway
