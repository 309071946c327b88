#pragma once

#include "actors/orchestrator/run/run.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace machine::orchestrator {

/// Finds in the log of a run that failed where it can be tried again.
class failure_finder {
public:
  using place = std::pair<uint64_t, std::string>;

  /// Takes the next event of the log.
  void note(const entity::recorded<run_event>& what);

  /// The last event before the decision in which the step failed, or ran out of
  /// time, to which the run owes its failure, and the activation of that step;
  /// that the run was created is before all. None: the run has not failed, or
  /// for another reason than a step.
  const std::optional<place>& point() const {
    return point_;
  }

private:
  /// Whether the step that failed last did so in the present decision, within
  /// the activation *around*.
  bool owes_it_to_last(const std::string& around) const;
  /// The last event before the present decision.
  uint64_t before_decision() const;

  run_state state_;
  uint64_t seq_ = 0;
  /// The first event of the present decision.
  uint64_t decision_ = 1;
  /// The step that failed last for what it did itself, and from which decision
  /// on.
  std::optional<place> last_;
  uint64_t last_decision_ = 0;
  /// Before they were told to stop: steps that ran out of time.
  std::map<std::string, uint64_t> out_of_time_;
  /// Steps that stop for a step within.
  std::set<std::string> to_follow_;
  std::optional<place> point_;
};

} // namespace machine::orchestrator
