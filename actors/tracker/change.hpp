#pragma once

#include "actors/tracker/task.hpp"

#include <cstdint>
#include <string>

namespace machine::tracker {

/// Makes *edit* part of *draft*. What is in a list already is not added again.
void change(task& draft, const task_edit& edit);

/// About what *x* takes in a snapshot, in bytes, without its comments.
uint64_t size_of(const task& x);

/// The same of one comment.
uint64_t size_of_comment(const std::string& author, const std::string& text);

} // namespace machine::tracker
