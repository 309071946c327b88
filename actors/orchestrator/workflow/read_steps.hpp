#pragma once

#include "actors/orchestrator/workflow/source.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"

namespace machine::orchestrator {

/// Reads the list *from* and all blocks in it into *out*, in the order of the
/// file.
void read_steps(const source_node& from,
                const std::optional<std::string>& parent, workflow& out,
                source_map& where, problems& found);

/// 1 to 64 of `a-z 0-9 _ -`, first a letter.
bool is_name(std::string_view x);

} // namespace machine::orchestrator
