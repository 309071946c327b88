#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::wire {

/// The one of *known* that somebody who wrote *got* most likely meant: the
/// fewest insertions, deletions, changes and swaps of neighbours (Damerau and
/// Levenshtein) away, and no more than a third of its length.
std::optional<std::string> nearest(std::string_view got,
                                   const std::vector<std::string>& known);

} // namespace machine::wire
