#pragma once

#include "runtime/messages.hpp"
#include "runtime/supervisor/restarts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace machine::supervision {

/// An actor that is started again when it fails.
struct child {
  std::string name;
  /// Leads to the actor of the moment; made by `make_door`.
  caf::strong_actor_ptr door;
  /// Makes the actor.
  std::function<caf::strong_actor_ptr()> spawn;
  /// Called once a new actor has taken the place of one that failed: who has
  /// to know is told here.
  std::function<void()> restarted;
};

/// Watches children, each of which is replaced alone when it fails.
using supervisor_actor = caf::typed_actor<
  // Responds with how the children are.
  caf::replies_to<atom::inspect>::with<std::vector<child_status>>>;

struct supervisor_options {
  restart_intensity intensity;
  std::function<timestamp()> now;
  /// Hears of each failure: which child, and why it ended.
  std::function<void(const std::string&, const caf::error&)> failed;
  /// Called once, after too many failures, when no child is left.
  std::function<void(const caf::error&)> gave_up;
};

class supervisor_state {
public:
  static inline const char* name = "supervisor";

  using self_pointer = supervisor_actor::stateful_pointer<supervisor_state>;

  supervisor_state() = default;

  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;

  /// Children end with their supervisor, the last one first, and with them
  /// their doors.
  ~supervisor_state();

  void start(self_pointer self, std::vector<child> children,
             supervisor_options options);

  std::vector<child_status> status() const;

  void on_down(const caf::down_msg& down);

private:
  void give_up(const caf::error& why);

  struct resident {
    child what;
    caf::actor_addr address;
    uint64_t restarts = 0;
  };

  self_pointer self_ = nullptr;
  supervisor_options options_;
  restart_history history_{{}};
  std::vector<resident> residents_;
};

/// Starts *children* in their order, before it returns, and a supervisor that
/// watches them until it ends.
supervisor_actor supervise(caf::actor_system& system,
                           std::vector<child> children,
                           supervisor_options options);

} // namespace machine::supervision
