#include "gateway/identity/refusal_book.hpp"

#include "gateway/identity/rate_rules.hpp"

namespace machine::gateway {

using security::audit_record;

std::optional<audit_record> refusal_book::add(audit_record what) {
  auto is_nobody = what.kind == security::principal_kind::anonymous;
  auto count = [&what](counted& in) {
    ++in.count;
    in.last = std::move(what);
    return std::nullopt;
  };
  auto& in = is_nobody ? nobody_ : tenants_[what.tenant];
  auto name = is_nobody ? address_key(what.address) : what.who;
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

void refusal_book::take(section& from, std::vector<audit_record>& to) {
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
        to.push_back(sum_of(x, "refused again and again"));
    if (of.others.count == 0)
      continue;
    auto sum = sum_of(of.others, "refusals of more kinds than are kept apart");
    sum.action = "others";
    sum.target.clear();
    to.push_back(std::move(sum));
  }
  if (from.others.count == 0)
    return;
  // Whoever they were, they were too many to tell apart.
  audit_record sum;
  sum.at = from.others.last.at;
  sum.tenant = from.others.last.tenant;
  sum.action = "others";
  sum.phase = security::audit_phase::refused;
  sum.times = from.others.count;
  sum.detail = "refusals of more sources than are kept apart";
  to.push_back(std::move(sum));
}

std::vector<audit_record> refusal_book::take() {
  std::vector<audit_record> result;
  for (auto& [tenant, of] : tenants_)
    take(of, result);
  take(nobody_, result);
  tenants_.clear();
  nobody_ = {};
  return result;
}

} // namespace machine::gateway
