#pragma once

#include <string>
#include <string_view>

namespace machine::gateway {

/// The name of a request: what its client has *given*, if that is 1 to 64
/// characters of `A-Z a-z 0-9 . _ -`, and a new one otherwise.
std::string request_id_of(std::string_view given);

} // namespace machine::gateway
