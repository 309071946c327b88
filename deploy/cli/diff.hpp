#pragma once

#include "deploy/cli/style.hpp"

#include <string_view>
#include <vector>

namespace machine::cli {

/// A diff as git writes it, for a terminal: coloured, and whatever would do
/// something to the terminal or hide from its reader is visible.
std::vector<line> diff_lines(std::string_view diff);

} // namespace machine::cli
