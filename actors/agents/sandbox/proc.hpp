#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace machine::agents {

/// The content of a file of /proc or of a control group; empty if there is
/// none. At most a mebibyte is read.
std::string read_small_file(const std::string& path);

/// The first number behind *name* in *text*; 0 if there is none.
uint64_t number_after(std::string_view text, std::string_view name);

/// The process ids in a list that spaces or line ends separate.
std::vector<pid_t> numbers_in(std::string_view text);

} // namespace machine::agents
