#include "actors/models/desk/inbox.hpp"

#include <caf/send.hpp>

namespace machine::models {

void desk_inbox::post(note what) {
  auto first = false;
  {
    std::lock_guard guard{mutex_};
    first = notes_.empty();
    notes_.push_back(std::move(what));
  }
  if (first)
    caf::anon_send(to_, atom::ready_v);
}

std::vector<desk_inbox::note> desk_inbox::take() {
  std::lock_guard guard{mutex_};
  return std::exchange(notes_, {});
}

void desk_inbox::remind() {
  caf::anon_send(to_, atom::ready_v);
}

} // namespace machine::models
