#pragma once

#include <string>
#include <string_view>

namespace machine {

/// *x* as UTF-8 of at most *most* bytes: what is no UTF-8 becomes U+FFFD, and
/// no character is cut in two. Telemetry is kept in memory, and much of what it
/// tells comes from clients.
std::string bounded_text(std::string_view x, size_t most);

} // namespace machine
