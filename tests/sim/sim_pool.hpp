#pragma once

#include "actors/orchestrator/dispatch/queue_words.hpp"
#include "tests/sim/sim_worker.hpp"

#include <map>
#include <memory>
#include <optional>

namespace machine::sim {

using orchestrator::activation_key;
using orchestrator::attempt_end;
using orchestrator::attempt_order;

/// The workers of a node, as `dispatch/workers.cpp` has them, without actors.
class sim_pool : public mortal {
public:
  /// @param number Tells it from the pools that the node had before.
  sim_pool(world& in, sim_node& at, uint64_t number);

  uint64_t number() const {
    return number_;
  }

  /// The dispatch that has taken the last offer; 0: none.
  uint64_t listener() const {
    return listener_;
  }

  /// Says to dispatch what there is, until it has taken that.
  void offer();

  void on_start(attempt_order order, uint64_t round);
  void on_stop(const activation_key& at, uint64_t token);
  void on_accept(uint64_t round, uint64_t dispatch);
  void on_gone(const activation_key& at);
  void on_dispatch_down(uint64_t dispatch);

private:
  struct worker {
    std::unique_ptr<sim_worker> handle;
    uint64_t token = 0;
    std::optional<attempt_end> ended;
    bool gone = false;
  };

  void on_down(const activation_key& at, const caf::error& reason);
  void leave(const activation_key& at);
  void tell(orchestrator::dispatching::input what);

  world& in_;
  sim_node& at_;
  uint64_t number_;
  std::map<activation_key, worker> working_;
  uint64_t round_ = 0;
  bool accepted_ = false;
  uint64_t listener_ = 0;
};

} // namespace machine::sim
