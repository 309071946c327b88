#pragma once

#include "runtime/error.hpp"

#include <string>
#include <string_view>

namespace machine::cli {

/// Makes *text* what stands in the file *path*: nobody sees half of it, and a
/// crash leaves the old or the new one. A file that was there keeps its rights;
/// a link still leads to it. Fails with `io_failed`.
caf::error replace_file(const std::string& path, std::string_view text);

} // namespace machine::cli
