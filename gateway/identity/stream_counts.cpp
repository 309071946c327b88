#include "gateway/identity/stream_counts.hpp"

namespace machine::gateway {

stream_counts::place::~place() {
  from_->give_back(names_);
}

caf::expected<std::shared_ptr<stream_counts::place>>
stream_counts::take(const principal& who, const std::string& address) {
  if (who.kind == principal::nature::machine)
    return std::shared_ptr<place>{};
  struct limit {
    size_t most;
    std::string name;
    const char* whose;
  };
  auto mine = who.tenant + "/";
  std::vector<limit> limits{
    {rules_.streams_of_address, "a " + address_key(address),
     "from this address"},
    {rules_.streams_of_principal, "p " + mine + who.id, "of this principal"},
    {rules_.streams_of_tenant, "t " + who.tenant, "of this tenant"}};
  if (who.key)
    limits.push_back(
      {rules_.streams_of_key, "k " + mine + *who.key, "with this key"});
  std::vector<std::string> names;
  std::lock_guard guard{mutex_};
  for (auto& x : limits) {
    if (x.most == 0)
      continue;
    auto i = counts_.find(x.name);
    if (i != counts_.end() && i->second >= x.most)
      return make_error(ec::rate_limited,
                        std::to_string(x.most) + " streams " + x.whose
                          + " are open; close one of them first");
    names.push_back(std::move(x.name));
  }
  for (auto& name : names)
    ++counts_[name];
  return std::make_shared<place>(shared_from_this(), std::move(names));
}

size_t stream_counts::size() const {
  std::lock_guard guard{mutex_};
  return counts_.size();
}

void stream_counts::give_back(const std::vector<std::string>& names) {
  std::lock_guard guard{mutex_};
  for (auto& name : names)
    if (auto i = counts_.find(name); i != counts_.end() && --i->second == 0)
      counts_.erase(i);
}

} // namespace machine::gateway
