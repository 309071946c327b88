#pragma once

#include "actors/orchestrator/run/run.hpp"

namespace machine::orchestrator {

/// Finds in the log of a run that failed where it can be tried again.
class failure_finder {
public:
  /// Takes the next event of the log.
  void note(const entity::recorded<run_event>& what);

  /// The last event before the decision in which the step failed to which the
  /// run owes its failure, and the activation of that step; that the run was
  /// created is before all. None: the run has not failed, or for another reason
  /// than a step.
  const std::optional<std::pair<uint64_t, std::string>>& point() const {
    return point_;
  }

private:
  run_state state_;
  uint64_t seq_ = 0;
  /// The first event of the present decision.
  uint64_t decision_ = 1;
  std::optional<std::pair<uint64_t, std::string>> last_;
  std::optional<std::pair<uint64_t, std::string>> point_;
};

} // namespace machine::orchestrator
