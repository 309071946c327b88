#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text as a terminal shows it.
namespace machine::cli {

/// Columns that *text* takes: none for combining characters, two for wide
/// ones (Unicode's East Asian Width W and F, and emoji).
size_t width_of(std::string_view text);

/// *text* without anything that would do something to a terminal or deceive
/// its reader: control characters, escape sequences and marks of direction
/// are left out, tabs become spaces, what is not UTF-8 becomes U+FFFD. Line
/// ends stay.
std::string printable(std::string_view text);

/// *text* with what `printable` leaves out made visible, as `^[` and
/// `<U+202E>`: for what is looked at to be judged.
std::string visible(std::string_view text);

/// *text* as a shell takes it for one word.
std::string shell_word(const std::string& text);

/// The beginning of *text* in at most *width* columns, with an ellipsis if
/// something is missing.
std::string clip(std::string_view text, size_t width);

/// *text* clipped or filled with spaces to exactly *width* columns.
std::string fit(std::string_view text, size_t width);

/// *text* in lines of at most *width* columns, broken at spaces if possible.
std::vector<std::string> wrap(std::string_view text, size_t width);

/// The last *count* lines that `wrap` would give, without wrapping all of it.
std::vector<std::string> wrap_tail(std::string_view text, size_t width,
                                   size_t count);

/// The last *count* lines of *text* that are not empty.
std::vector<std::string> last_lines(std::string_view text, size_t count);

/// The first line of *text*, as `printable` makes it.
std::string first_line(std::string_view text);

} // namespace machine::cli
