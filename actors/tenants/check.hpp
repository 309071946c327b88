#pragma once

#include "runtime/error.hpp"

#include <string_view>

/// Rules for names and texts that come from outside. All of them fail with
/// `invalid_argument`, and say what is allowed.
namespace machine::tenants {

/// The tenant of the streams of all tenants; nobody may have its name.
constexpr const char* system_tenant = "system";

/// A lower-case letter, then up to 31 of those, digits and `-`; not `system`.
caf::error check_tenant_name(std::string_view name);

/// 1 to 64 characters of `A-Za-z0-9._@-`.
/// @param what Whose id it is, as `principal`.
caf::error check_id(const char* what, std::string_view id);

/// Who gives a command: the id of a principal, or that of an issuer, a colon
/// and whom it vouches for (`outsider_id`).
caf::error check_author(std::string_view id);

/// 1 to 128 characters of `A-Za-z0-9._:@-`, as names of streams are.
caf::error check_project(std::string_view name);

/// 12 lower-case letters and digits.
caf::error check_key_id(std::string_view id);

/// 64 lower-case hexadecimal digits.
caf::error check_key_hash(std::string_view hash);

/// 1 to *most* bytes of UTF-8 without control characters. What is no UTF-8 is
/// written to the log as something else.
/// @param what What it is, as `the name of a key`.
caf::error check_text(const char* what, std::string_view text, size_t most);

} // namespace machine::tenants
