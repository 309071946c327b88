#include "actors/tenants/state.hpp"

#include <algorithm>
#include <tuple>

namespace machine::tenants {

std::vector<std::string> unrevoked_keys(const tenant_state& now,
                                        const std::string& principal) {
  std::vector<std::string> result;
  for (auto& [id, x] : now.keys)
    if (x.principal == principal && !x.revoked_at)
      result.push_back(id);
  return result;
}

std::vector<const access_key*> live_keys(const tenant_state& now,
                                         const std::string& principal,
                                         key_kind kind, timestamp at) {
  std::vector<const access_key*> result;
  for (auto& [id, x] : now.keys)
    if (x.principal == principal && x.kind == kind && is_live(x, at))
      result.push_back(&x);
  std::sort(result.begin(), result.end(), [](auto* x, auto* y) {
    return std::tie(x->created_at, x->id) < std::tie(y->created_at, y->id);
  });
  return result;
}

std::vector<std::string> ended_keys(const tenant_state& now, timestamp at,
                                    size_t most) {
  std::vector<std::pair<timestamp, std::string>> ended;
  for (auto& [id, x] : now.keys)
    if (auto end = end_of(x); end && *end <= at)
      ended.emplace_back(*end, id);
  std::sort(ended.begin(), ended.end());
  std::vector<std::string> result;
  for (size_t i = 0; i < std::min(most, ended.size()); ++i)
    result.push_back(std::move(ended[i].second));
  return result;
}

} // namespace machine::tenants
