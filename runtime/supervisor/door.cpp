#include "runtime/supervisor/door.hpp"

#include <caf/exit_reason.hpp>

#include <utility>

namespace machine::supervision {

door::door(caf::actor_config& config) : caf::monitorable_actor(config) {}

const char* door::name() const {
  return "door";
}

void door::lead_to(caf::strong_actor_ptr next) {
  {
    std::lock_guard guard{mutex_};
    if (!closed_)
      std::swap(behind_, next);
  }
  // What was behind it may end here, outside of the lock.
}

caf::strong_actor_ptr door::leads_to() const {
  std::lock_guard guard{mutex_};
  return behind_;
}

void door::close() {
  lead_to(nullptr);
  {
    std::lock_guard guard{mutex_};
    closed_ = true;
  }
  cleanup(caf::make_error(caf::exit_reason::user_shutdown), nullptr);
}

void door::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) {
  if (auto to = leads_to())
    to->enqueue(std::move(what), host);
  else
    bounce(what, caf::make_error(caf::sec::request_receiver_down));
}

} // namespace machine::supervision
