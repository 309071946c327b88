#include "runtime/security/token_shape.hpp"

namespace machine::security {

bool is_token_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
      || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

size_t tenant_length(std::string_view text) {
  auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  auto is_part = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  };
  if (text.empty() || !is_letter(text.front()))
    return 0;
  size_t result = 1;
  while (result < text.size() && result < max_tenant_length
         && is_part(text[result]))
    ++result;
  return result;
}

std::optional<token_head> find_token_head(std::string_view text) {
  token_head result{};
  auto rest = text;
  if (rest.starts_with(key_marker)) {
    result.kind = token_kind::api_key;
    rest.remove_prefix(key_marker.size());
  } else if (rest.starts_with(session_marker)) {
    result.kind = token_kind::session;
    rest.remove_prefix(session_marker.size());
  } else {
    return std::nullopt;
  }
  result.tenant = rest.substr(0, tenant_length(rest));
  rest.remove_prefix(result.tenant.size());
  if (result.tenant.empty() || !rest.starts_with('_'))
    return std::nullopt;
  rest.remove_prefix(1);
  result.id = rest.substr(0, token_id_length);
  if (result.id.size() != token_id_length
      || result.id.find_first_not_of(base32) != std::string_view::npos)
    return std::nullopt;
  rest.remove_prefix(token_id_length);
  if (!rest.starts_with('_'))
    return std::nullopt;
  result.length = text.size() - rest.size() + 1;
  return result;
}

} // namespace machine::security
