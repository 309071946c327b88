#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::orchestrator {

/// The first thing in a jq program that reaches outside of its input; none if
/// there is no such thing.
std::optional<std::string> find_impurity(std::string_view program);

/// The paths that a jq program names literally from the root: `.steps.x.output`
/// is `{"steps", "x", "output"}`. Found by spelling alone; what is computed is
/// not found.
std::vector<std::vector<std::string>> literal_paths(std::string_view program);

} // namespace machine::orchestrator
