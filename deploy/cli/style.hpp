#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace machine::cli {

enum class style : uint8_t { plain, bold, dim, green, red, yellow, cyan };

enum class colour_mode : uint8_t { none, ansi };

/// A piece of a line that looks the same throughout. The text is printable.
struct span {
  std::string text;
  style look = style::plain;

  bool operator==(const span&) const = default;
};

/// A line of the terminal, without its end.
using line = std::vector<span>;

size_t width_of(const line& x);

/// *x* in at most *width* columns.
line clip(const line& x, size_t width);

/// *left* and, at the right edge, *right*; *left* gives way.
line spread(const line& left, const line& right, size_t width);

/// *x* as it is written to a terminal or file.
std::string to_text(const line& x, colour_mode colours);

} // namespace machine::cli
