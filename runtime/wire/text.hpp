#pragma once

#include "runtime/types.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Spellings that formats of text share.
namespace machine::wire {

/// RFC 3339 in UTC with microseconds: `2026-11-24T10:54:43.123456Z`. A time
/// outside of the years 1 to 9999, which RFC 3339 cannot spell, becomes the
/// nearest that it can.
std::string format_time(timestamp x);

/// Reads RFC 3339 with any fraction and offset; the years 1 to 9999 in UTC.
/// What is finer than a microsecond is cut off.
std::optional<timestamp> parse_time(std::string_view text);

/// Base64 (RFC 4648, section 4, padded).
std::string to_base64(bytes_view x);

std::optional<bytes> from_base64(std::string_view text);

/// *text* if it has at most *most* bytes; else its beginning, and a note that
/// says how many it has: together no more than *most*.
std::string clip(std::string text, size_t most);

} // namespace machine::wire
