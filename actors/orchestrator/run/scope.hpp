#pragma once

#include "actors/orchestrator/run/state.hpp"
#include "actors/orchestrator/workflow/jq_plan.hpp"

#include <string>
#include <string_view>

namespace machine::orchestrator {

/// What expressions of steps in *block*, an instance, can see: `{inputs, vars,
/// steps, run, iteration, item, index}`. Of the blocks around it they see the
/// steps that have begun, the round of the innermost `repeat` (0: there is
/// none), and the item of the innermost `foreach` with its place from 0 (null:
/// there is none).
class run_scope final : public jq_scope {
public:
  /// @param now Is read when something is needed.
  run_scope(const run_state& now, std::string_view block)
      : now_(now), block_(block) {}

  json_text read(const jq_needs& what) const override;
  std::vector<std::string> others() const override;

private:
  const run_state& now_;
  std::string block_;
};

/// The steps in *block* alone, each with `{state, output, error}`.
json_text steps_of_block(const run_state& now, std::string_view block);

} // namespace machine::orchestrator
