#pragma once

#include "actors/orchestrator/dispatch/workshop.hpp"

#include <caf/actor_addr.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// What a pool of workers is.
struct pool_settings {
  /// No other pool has it.
  std::string name;
  std::vector<std::string> labels;
  std::vector<attempt_kind> kinds = all_performed_kinds();
};

class workers_state {
public:
  static inline const char* name = "workers";

  using self_pointer = workers_actor::stateful_pointer<workers_state>;

  workers_state() = default;

  workers_state(const workers_state&) = delete;
  workers_state& operator=(const workers_state&) = delete;

  /// Workers end with their pool.
  ~workers_state();

  void start(self_pointer self, std::shared_ptr<const workshop> uses,
             dispatch_actor dispatch, pool_settings how);

  /// Says to dispatch what there is, until it has taken that.
  void offer();

  void on_start(const entity::key& run, attempt_order order, uint64_t round);
  void on_stop(const activation_key& at, uint64_t token);
  void on_accept(uint64_t round);
  void on_gone(const activation_key& at);
  void on_wake(uint64_t round);
  void on_down(const caf::down_msg& down);

private:
  /// A worker, or what an earlier pool has left of one.
  struct worker {
    attempt_actor handle;
    uint64_t token = 0;
    /// Why it ended; none while it acts.
    std::optional<attempt_end> ended;
    /// No other thread does anything for it.
    bool gone = false;
  };

  /// Makes its place free if nothing of it lives any more.
  void leave(const activation_key& at);

  self_pointer self_ = nullptr;
  std::shared_ptr<const workshop> uses_;
  dispatch_actor dispatch_;
  pool_settings how_;
  std::map<activation_key, worker> working_;
  uint64_t round_ = 0;
  bool accepted_ = false;
  /// Who has taken the last offer.
  caf::actor_addr listener_;
};

/// @param dispatch Leads to the dispatch of the moment. Once that is gone, the
///                 pool offers itself to the next, and its workers go on.
workers_actor::behavior_type
workers(workers_actor::stateful_pointer<workers_state> self,
        std::shared_ptr<const workshop> uses, dispatch_actor dispatch,
        pool_settings how);

} // namespace machine::orchestrator
