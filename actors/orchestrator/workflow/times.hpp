#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string_view>

/// How workflows spell time.
namespace machine::orchestrator {

/// Reads `250ms`, `10s`, `5m`, `2h` or `1d`; at most ten years.
std::optional<duration> parse_duration(std::string_view text);

/// Reads an instant as in RFC 3339, or milliseconds since 1970.
std::optional<timestamp> parse_instant(std::string_view text);

} // namespace machine::orchestrator
