#pragma once

#include "actors/orchestrator/dispatch/queue.hpp"
#include "tests/sim/timeline.hpp"
#include "tests/sim/turns.hpp"

#include <map>
#include <optional>
#include <string>

namespace machine::sim {

class sim_machine;
class world;

/// Carries messages to and from the rules of dispatch, which are the real ones,
/// as `dispatch/dispatch.cpp`.
class sim_dispatch : public mortal {
public:
  using input = orchestrator::dispatching::input;

  /// @param number Tells it from those that were before.
  sim_dispatch(sim_machine& in, uint64_t number);

  uint64_t number() const {
    return number_;
  }

  /// Does what follows from *what*.
  void handle(input what);

  /// *what* comes from the pool *who* of the node *pool*.
  void hear(const std::string& pool, uint64_t who, const input& what);

  void on_down(const std::string& pool, uint64_t who);

  /// The node *pool* cannot be reached any more.
  void on_parted(const std::string& pool);

private:
  struct performer;

  duration now() const;
  void set_alarm();
  void grow_up();

  sim_machine& in_;
  uint64_t number_;
  duration born_;
  orchestrator::dispatching::queue queue_;
  turns turns_;
  std::map<std::string, uint64_t> pools_;
  std::optional<duration> alarm_;
  bool is_young_ = true;
};

} // namespace machine::sim
