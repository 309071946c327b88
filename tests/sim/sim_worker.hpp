#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "tests/sim/world.hpp"

#include <functional>
#include <memory>

namespace machine::sim {

class sim_node;

/// Held by a worker and by what it has other threads do. Once the last holder
/// is gone, nothing of the attempt lives.
using presence = std::shared_ptr<const void>;

/// Performs one attempt, as the jobs of `dispatch/` do: every effect is
/// intended first, done, and recorded as done; what an earlier worker has done
/// is not done again.
class sim_worker final : public mortal {
public:
  /// @param pool Whoever is called with the reason once it has ended.
  sim_worker(world& in, sim_node& at, orchestrator::attempt_order order,
             presence here, owner pool,
             std::function<void(const caf::error&)> down);
  ~sim_worker();

  void stop();

private:
  using effect_end = std::function<void(const caf::error&)>;

  void begin();
  void own_work();
  void turn();
  void next_effect(orchestrator::effect_kind kind, effect_end then);
  void intend(orchestrator::effect_kind kind, effect_end then);
  void ask_permission(const orchestrator::intend_effect& what,
                      orchestrator::effect_kind kind, const effect_end& then);
  void perform(orchestrator::effect_kind kind, effect_end then);
  void record(orchestrator::effect_kind kind, caf::error how, effect_end then);
  void after_effect(orchestrator::effect_kind kind, const caf::error& how,
                    const effect_end& then);
  void conclude(const caf::error& how);
  void fail(const caf::error& why);
  void stopped();
  void report(orchestrator::run_command what);
  void tell(orchestrator::run_command what, std::function<void()> then,
            std::function<void(const caf::error&)> refused);
  void in_thread(length most, std::function<void()> then);
  void expire();
  void quit(const caf::error& why);

  bool stopping() const {
    return stopping_ || expired_;
  }

  std::string effect_id() const;
  const orchestrator::effect_record* journal() const;
  std::string what() const;

  world& in_;
  sim_node& at_;
  orchestrator::attempt_order order_;
  presence here_;
  owner pool_;
  std::function<void(const caf::error&)> down_;
  /// Of an agent: effects that are left to do.
  uint32_t turns_ = 0;
  uint32_t turn_ = 0;
  uint32_t number_ = 0;
  uint32_t tries_ = 0;
  micro_usd lease_ = 0;
  bool begun_ = false;
  bool stopping_ = false;
  bool expired_ = false;
  bool ending_ = false;
  /// A thread does something that stops when it is asked to.
  std::function<void()> interrupt_;
};

} // namespace machine::sim
