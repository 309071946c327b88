#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace machine::cli {

/// The git repository around *directory*; none if there is none.
std::optional<std::string> repository_around(const std::string& directory);

/// Whether *directory* is in a git repository, or is a bare one.
bool is_repository(const std::string& directory);

/// How many files that git knows differ from the last commit in *directory*; 0
/// if git cannot say.
size_t uncommitted_files(const std::string& directory);

} // namespace machine::cli
