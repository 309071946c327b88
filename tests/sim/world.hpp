#pragma once

#include "actors/costs/ledger/ledger.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/tracker/project.hpp"
#include "tests/sim/answer.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/names.hpp"
#include "tests/sim/outside.hpp"
#include "tests/sim/sim_store.hpp"
#include "tests/sim/timeline.hpp"
#include "tests/sim/trace.hpp"
#include "tests/sim/watch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace machine::sim {

using costs::ledger;
using orchestrator::run;
using tracker::project;

class sim_machine;
class sim_node;

/// All that there is: time, the store, the outside, and a machine that may die.
class world {
public:
  /// @param without Decisions that are left out.
  /// @param to Gets a line for everything that happens; may be null.
  world(uint64_t seed, std::set<decision_id> without, trace* to);
  ~world();

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Does what is next; false if nothing is.
  bool step();

  /// From now on nothing goes wrong by chance.
  void calm();

  /// What clocks on the wall show.
  timestamp wall() const {
    return time.now() + ahead_;
  }

  /// Sets the clocks on the wall forward.
  void jump(length by) {
    ahead_ += by;
  }

  /// How long a message is under way.
  length hop();

  /// The same between those who have a connection.
  length short_hop();

  /// The machine dies, and starts again after *down*.
  void crash(length down);

  /// The machine; null while it is dead.
  sim_machine* machine() {
    return machine_.get();
  }

  /// The number of a dispatch that begins.
  uint64_t next_dispatch() {
    return ++dispatches_;
  }

  sim_node& node(const std::string& name);

  /// As long as there is a world.
  owner life() const {
    return life_;
  }

  /// A person asks a run once, without asking again.
  void ask_run(
    const std::string& id, run::command what,
    reply::handler then = [](auto&) {});

  void note(const char* who, const std::string& what) {
    if (trace_ != nullptr)
      trace_->add(time.now(), who, what);
  }

  bool traced() const {
    return trace_ != nullptr;
  }

  timeline time;
  fate luck;
  watch watching;
  sim_store store;
  outside beyond;
  /// The first is a part of the machine.
  std::vector<std::unique_ptr<sim_node>> nodes;
  uint64_t steps = 0;
  /// An effect in so many fails.
  uint64_t failures = 1;

private:
  void boot();
  void make_nodes();
  void strike();
  void strike_nodes();

  trace* trace_;
  length ahead_{0};
  std::unique_ptr<sim_machine> machine_;
  std::shared_ptr<const int> life_ = std::make_shared<const int>(0);
  /// How often what goes wrong does: once in so many steps; 0: never.
  uint64_t crash_every_ = 0;
  uint64_t entity_every_ = 0;
  uint64_t shell_every_ = 0;
  uint64_t node_every_ = 0;
  uint64_t dispatches_ = 0;
};

/// Has *send* ask until there is an answer, as `ask/ask.hpp`: trouble that may
/// pass is waited out. *then* hears what events that caused, if the one who
/// answers says so.
void ask_until_answered(world& in, const owner& whose,
                        const std::function<void(const answer&)>& send,
                        const std::function<void(const std::any&)>& then,
                        const std::function<void(const caf::error&)>& refused);

} // namespace machine::sim
