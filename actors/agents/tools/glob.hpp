#pragma once

#include <string_view>

namespace machine::agents {

/// Whether *path* is of the form *glob*: `*` stands for any characters of one
/// name, `?` for one of them, `**` for any characters at all. A glob without a
/// slash is matched against the last name of the path alone.
bool matches_glob(std::string_view glob, std::string_view path);

} // namespace machine::agents
