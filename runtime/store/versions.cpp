#include "runtime/store/versions.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace machine::store {

versions::group versions::group_of(const stream_id& x) {
  const std::hash<std::string_view> hash;
  // Ids differ most; the same id in two tenants is two streams all the same.
  auto mixed = hash(x.id) ^ (hash(x.tenant) * 31) ^ (hash(x.kind) * 131);
  return static_cast<group>((mixed ^ (mixed >> 24)) % groups);
}

versions::change::change(versions& in, std::vector<group> of)
    : in_(in), of_(std::move(of)) {
  std::sort(of_.begin(), of_.end());
  of_.erase(std::unique(of_.begin(), of_.end()), of_.end());
  count();
}

} // namespace machine::store
