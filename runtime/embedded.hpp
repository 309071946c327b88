#pragma once

#include <string_view>

namespace machine {

/// The content of a data file that is part of the program, by its path in the
/// repository (`actors/models/catalogue.toml`). Empty if there is none.
std::string_view embedded_file(std::string_view path);

} // namespace machine
