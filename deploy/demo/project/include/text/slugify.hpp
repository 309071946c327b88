#pragma once

#include <string>

namespace text {

/// A part of a URL made of *title*: lower case letters and digits, with one
/// dash for everything between them.
std::string slugify(const std::string& title);

} // namespace text
