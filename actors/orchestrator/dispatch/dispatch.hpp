#pragma once

#include "actors/orchestrator/ask/ask.hpp"
#include "actors/orchestrator/dispatch/interfaces.hpp"
#include "actors/orchestrator/dispatch/queue.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

namespace machine::orchestrator {

/// Carries messages to and from the rules, which are in `queue.hpp`.
class dispatch_state {
public:
  static inline const char* name = "dispatch";

  using self_pointer = dispatch_actor::stateful_pointer<dispatch_state>;

  void start(self_pointer self, run_region runs, dispatching::settings how);

  /// Does what follows from *what*.
  void handle(dispatching::input what);

  /// The pool of that name is whoever has sent the message of the moment.
  void on_join(pool_offer offer);

  /// The name of the pool that has sent the message of the moment; none: it is
  /// no pool, or one whose place another has taken.
  std::optional<std::string> sender() const;

  void on_ready(uint64_t number);
  void on_wake();
  void on_down(const caf::down_msg& down);

private:
  struct performer;

  duration now() const;
  std::optional<std::string> name_of(const caf::actor_addr& pool) const;
  void set_alarm();

  self_pointer self_ = nullptr;
  run_region runs_;
  std::optional<dispatching::queue> queue_;
  std::map<std::string, workers_actor> pools_;
  expectations expected_;
  /// When the next `wake` comes.
  std::optional<duration> alarm_;
};

/// @param runs Where runs are told how their attempts end.
dispatch_actor::behavior_type
dispatch(dispatch_actor::stateful_pointer<dispatch_state> self, run_region runs,
         dispatching::settings how);

} // namespace machine::orchestrator
