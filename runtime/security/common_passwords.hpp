#pragma once

#include <string_view>

namespace machine::security {

/// Whether *folded*, a password with its ASCII letters in lower case, is among
/// the first that are guessed: it is on the list, or on it but for digits and
/// signs at its end (`password2024!`), or repeats a piece of up to four bytes.
bool is_common_password(std::string_view folded);

} // namespace machine::security
