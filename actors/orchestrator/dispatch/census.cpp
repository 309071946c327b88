#include "actors/orchestrator/dispatch/census.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace machine::orchestrator {

std::vector<activation_key> census::attach(const workers_actor& who) {
  std::lock_guard guard{mutex_};
  listener_ = who.address();
  return {present_.begin(), present_.end()};
}

presence census::enter(std::shared_ptr<census> all, activation_key at) {
  {
    std::lock_guard guard{all->mutex_};
    all->present_.insert(at);
  }
  // Whoever is the last to hold it leaves.
  return {nullptr, [all = std::move(all), at = std::move(at)](void*) {
            all->leave(at);
          }};
}

void census::leave(const activation_key& at) {
  std::unique_lock guard{mutex_};
  present_.erase(at);
  auto to = caf::actor_cast<workers_actor>(listener_);
  guard.unlock();
  if (to)
    caf::anon_send(to, atom::gone_v, at.run, at.activation);
}

} // namespace machine::orchestrator
