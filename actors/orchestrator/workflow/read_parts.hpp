#pragma once

#include "actors/orchestrator/workflow/map_reader.hpp"
#include "actors/orchestrator/workflow/read_steps.hpp"

#include <array>

/// The parts of a step. Included by the files of `read_steps.hpp` alone.
namespace machine::orchestrator {

/// The kinds of steps, as workflows name them.
constexpr std::array<std::string_view, 12> step_kinds{
  "agent", "model",   "tool",   "command", "approve", "wait",
  "call",  "foreach", "repeat", "route",   "set",     "fail"};

/// Reads what steps of any kind may say, but for their blocks.
void read_common(map_reader& in, step& to, problems& found);

/// Reads the member `guard` of a step or a workflow; none if there is none.
/// @param what What errors call it: `step fix: guard`.
std::optional<guard_settings>
read_guard(map_reader& in, const std::string& what, problems& found);

/// Reports what means nothing to a step of the kind *kind*.
void refuse_common(const map_reader& in, const std::string& kind,
                   const std::string& id, problems& found);

/// Reads the action of a step that has no blocks of its own.
/// @param what What errors call it: `step check: command`.
step_action read_action(const std::string& kind, const source_node& node,
                        const std::string& what, problems& found);

/// Reads the action of a `foreach`, `repeat` or `route` into the step at
/// *index*, which has been added, and the steps of its blocks.
/// @param inside Where the steps of a block without a name are.
void read_block(const reading& in, const std::string& kind,
                const source_node& node, size_t index,
                const block_place& inside);

} // namespace machine::orchestrator
