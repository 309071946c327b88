#pragma once

#include "runtime/security/api_key.hpp"

/// How our tokens look, for those who read them and those who hide them.
namespace machine::security {

constexpr std::string_view key_marker = "tm_";
constexpr std::string_view session_marker = "tms_";

/// Crockford's Base32, in lower case.
constexpr std::string_view base32 = "0123456789abcdefghjkmnpqrstvwxyz";

constexpr size_t max_tenant_length = 32;
constexpr size_t token_id_length = 12;
constexpr size_t token_secret_length = 43;

/// Whether *c* is of Base64url.
bool is_token_char(char c);

/// What stands in front of a token's secret.
struct token_head {
  token_kind kind;
  std::string_view tenant;
  std::string_view id;
  /// Up to the secret, with the last underscore.
  size_t length;
};

/// The length of the tenant's name that *text* begins with, 0 if with none.
size_t tenant_length(std::string_view text);

/// The head that *text* begins with, if it does. Looks at no more of it than
/// the longest head has.
std::optional<token_head> find_token_head(std::string_view text);

} // namespace machine::security
