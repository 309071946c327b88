#pragma once

#include <cstddef>
#include <string>

namespace text {

/// Breaks *input* into lines of at most *width* characters, at spaces. A word
/// longer than that has a line of its own.
std::string wrap(const std::string& input, std::size_t width);

} // namespace text
