#pragma once

#include "actors/orchestrator/run/run.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace machine::orchestrator {

/// Finds in the log of a run that failed where it can be tried again.
class failure_finder {
public:
  /// The last event before something failed, and its activation.
  using place = std::pair<uint64_t, std::string>;

  /// Takes the next event of the log.
  void note(const entity::recorded<run_event>& what);

  /// Where the step was to which the run owes its failure, before the decision
  /// in which it failed or ran out of time; that the run was created is before
  /// all. If more than one would have ended the run, the first. None: the run
  /// has not failed, or not for a step, or what failed would fail in the same
  /// way again.
  const std::optional<place>& point() const {
    return point_;
  }

private:
  void see(const step_failed& x);
  void see(const step_stopping& x);
  void see(const block_stopping& x);
  void see(const block_ended& x);
  void see(const run_closing& x);
  void see(const interrupt_withdrawn&) {}

  template <class Event>
  void see(const Event&) {
    failing_.reset();
  }

  place here(const std::string& activation, const std::string& code) const;
  void stop(const std::string& id, place otherwise);

  run_state state_;
  uint64_t seq_ = 0;
  /// The last event before the present decision; 0: none that something could
  /// go on from.
  uint64_t before_ = 0;
  /// The activations that there had been by then.
  uint64_t activations_ = 0;
  /// Why each activation or block stops that does.
  std::map<std::string, place> causes_;
  /// Why what is around it is told next to stop, or the run to end.
  std::optional<place> failing_;
  std::optional<place> point_;
};

} // namespace machine::orchestrator
