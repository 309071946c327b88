#pragma once

#include "actors/orchestrator/ask/ask.hpp"
#include "actors/orchestrator/dispatch/workshop.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace machine::orchestrator {

/// Attempts that may wait for a worker; more fail with `overloaded`.
constexpr size_t max_waiting_attempts = 100'000;

/// A worker, and what is to be done once nothing of it lives: neither the
/// actor, nor a thread that does something for it.
struct worker {
  attempt_actor handle;
  /// 0: it worked for the dispatch before this one, which ended it.
  uint64_t token = 0;
  /// Why the actor ended; none while it lives.
  std::optional<caf::error> ended;
  /// No other thread does anything for it.
  bool gone = false;
  /// The tokens whose run waits to hear that nothing of them lives.
  std::set<uint64_t> stops;
  /// The tokens whose run is to hear that nobody has them.
  std::set<uint64_t> lost;
  /// Takes its place: the run gave the attempt away.
  std::optional<attempt_order> next;
};

struct dispatch_state {
  dispatch_state() = default;

  dispatch_state(const dispatch_state&) = delete;
  dispatch_state& operator=(const dispatch_state&) = delete;

  /// Workers end with what gave them their work.
  ~dispatch_state() {
    for (auto& [key, there] : working)
      if (!there.ended)
        caf::anon_send_exit(there.handle, caf::exit_reason::kill);
  }

  std::shared_ptr<const workshop> uses;
  std::map<activation_key, worker> working;
  /// What waits for a worker, by when it came.
  std::map<uint64_t, std::pair<activation_key, attempt_order>> waiting;
  std::map<activation_key, uint64_t> places;
  uint64_t last_place = 0;
  /// The ends of attempts, by their tokens, that their runs are being told.
  std::set<std::pair<activation_key, uint64_t>> untold;
  expectations expected;

  static inline const char* name = "dispatch";
};

/// @param self The actor handle.
dispatch_actor::behavior_type
dispatch(dispatch_actor::stateful_pointer<dispatch_state> self,
         std::shared_ptr<const workshop> uses);

} // namespace machine::orchestrator
