#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace machine::orchestrator {

/// The first thing in a jq program that reaches outside of its input; none if
/// there is no such thing.
std::optional<std::string> find_impurity(std::string_view program);

} // namespace machine::orchestrator
