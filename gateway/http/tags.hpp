#pragma once

#include <string>
#include <string_view>

namespace machine::gateway {

/// How tags are compared (RFC 9110, section 8.8.3.2): a weak one never equals
/// another where it has to be strong.
enum class comparison : uint8_t { weak, strong };

/// Whether *tag* is in *known*, a list of tags as `If-Match` and
/// `If-None-Match` have it, or that is `*`.
bool has_tag(std::string_view known, std::string_view tag, comparison how);

/// The `ETag` of *content*: the same for the same bytes, and another for any
/// others.
std::string tag_of(std::string_view content);

} // namespace machine::gateway
