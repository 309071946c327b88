#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "actors/tracker/project.hpp"
#include "tests/support/directory.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace machine {

class node;
struct run_request;

} // namespace machine

namespace machine::test {

/// Runs a shell command of the test's own; its output.
std::string shell(const std::string& command);

/// A machine with a scripted model, and a git repository to work in. Whatever
/// goes wrong in here fails the test.
class machine_under_test {
public:
  /// What the machine has instead of its store.
  using other_store = std::function<std::shared_ptr<store::engine>(
    std::shared_ptr<store::engine>)>;

  explicit machine_under_test(std::string script, other_store other = {});
  ~machine_under_test();

  std::string repository() const;

  /// Of the store, the worktrees and all else.
  std::string data_directory() const {
    return dir_ / "data";
  }

  machine::node& node() {
    return *node_;
  }

  /// Stops the machine and starts it again on the same data.
  void restart();

  /// Begins a run of *workflow*, which is YAML; its id.
  std::string start(std::string_view workflow, micro_usd budget = 1'000'000,
                    std::string project = "default");

  /// Begins a run that goes on from the event *seq* of another; its id.
  std::string fork(const std::string& origin, uint64_t seq);

  /// Waits until the run *id* is as *wanted* says; a minute at most.
  orchestrator::run_state
  wait(const std::string& id,
       const std::function<bool(const orchestrator::run_state&)>& wanted);

  orchestrator::run_state wait_for_end(const std::string& id);

  orchestrator::run_state state(const std::string& id);

  tracker::project_state project(const std::string& id = "default");

  /// Has the entity decide *what* and waits.
  caf::error tell(const std::string& run, orchestrator::run_command what);
  caf::error tell(const std::string& project, tracker::project_command what);

  /// The events of a run.
  std::vector<orchestrator::run_event> events(const std::string& id);

  /// The log of a run, for people.
  std::string log(const std::string& id);

  std::string git(const std::string& arguments);

  template <class Event>
  size_t count(const std::string& id) {
    size_t result = 0;
    for (auto& x : events(id))
      result += std::holds_alternative<Event>(x) ? 1 : 0;
    return result;
  }

private:
  void boot();
  std::string start(run_request what);

  temporary_directory dir_;
  std::string script_;
  other_store other_;
  std::unique_ptr<machine::node> node_;
};

} // namespace machine::test
