#pragma once

#include "actors/tracker/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace machine::tracker {

/// Words that a task is looked for by, at most; what is over counts for
/// nothing.
constexpr size_t max_search_words = 20;

/// The words of *query*, as they are compared: ASCII letters in lower case.
std::vector<std::string> search_words(std::string_view query);

/// Whether each of *words* stands somewhere in the id, the title, the
/// description, the labels, the author or the comments of *x*.
bool matches(const task& x, const std::vector<std::string>& words);

} // namespace machine::tracker
