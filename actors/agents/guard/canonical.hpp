#pragma once

#include <string>
#include <string_view>

namespace machine::agents {

/// *text*, JSON, in the one form that all documents of the same value have: no
/// blanks, members by key, whole numbers without a fraction. What is no JSON
/// stays as it is.
std::string canonical_json(std::string_view text);

} // namespace machine::agents
