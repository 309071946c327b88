#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace machine::models {

/// A name for a call: `d-`, ten characters of the time in milliseconds, and
/// sixteen of *a* and *b*; ids of later calls come later in the order of bytes.
std::string new_call_id(timestamp at, uint64_t a, uint64_t b);

/// When the call of this id began; none: it is no such id.
std::optional<timestamp> time_of_call(std::string_view id);

} // namespace machine::models
