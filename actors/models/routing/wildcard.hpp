#pragma once

#include <string_view>

namespace machine::models {

/// Whether *name* is of the form *pattern*: `*` stands for any characters, `?`
/// for one. Takes time in proportion to the product of their lengths at most.
bool matches_wildcard(std::string_view pattern, std::string_view name);

} // namespace machine::models
