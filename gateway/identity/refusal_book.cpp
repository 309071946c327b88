#include "gateway/identity/refusal_book.hpp"

namespace machine::gateway {

std::optional<security::audit_record>
refusal_book::add(security::audit_record what) {
  kind key{what.tenant, what.who, what.address, what.action, what.status};
  if (auto i = kinds_.find(key); i != kinds_.end()) {
    ++i->second.count;
    i->second.last = std::move(what);
    return std::nullopt;
  }
  if (kinds_.size() >= max_kinds_) {
    ++others_.count;
    others_.last = std::move(what);
    return std::nullopt;
  }
  kinds_.emplace(std::move(key), counted{0, what});
  return what;
}

std::vector<security::audit_record> refusal_book::take() {
  std::vector<security::audit_record> result;
  for (auto& [key, x] : kinds_) {
    if (x.count == 0)
      continue;
    auto& sum = result.emplace_back(std::move(x.last));
    sum.times = x.count;
    sum.request_id.clear();
    sum.detail = "refused again and again";
  }
  if (others_.count > 0) {
    // Whoever they were, they were too many to tell apart.
    security::audit_record sum;
    sum.at = others_.last.at;
    sum.tenant = rest_;
    sum.action = "others";
    sum.phase = security::audit_phase::refused;
    sum.times = others_.count;
    sum.detail = "refusals of more kinds than are kept apart";
    result.push_back(std::move(sum));
  }
  kinds_.clear();
  others_ = {};
  return result;
}

} // namespace machine::gateway
