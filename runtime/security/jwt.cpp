#include "runtime/security/jwt.hpp"

#include "runtime/security/json_member.hpp"
#include "runtime/security/jws.hpp"
#include "runtime/security/jwt_header.hpp"

#include <algorithm>

namespace machine::security {

namespace {

bool has_name(const jwk& key, const jwt_header& header) {
  return !header.key_id || key.id == header.key_id;
}

bool has_key(const jwk_set& keys, const jwt_header& header) {
  return std::any_of(keys.keys.begin(), keys.keys.end(),
                     [&](auto& key) { return has_name(key, header); });
}

caf::error check_signature(const jws& token, const jwt_header& header,
                           const jwk_set& keys) {
  if (!has_key(keys, header))
    return make_error(ec::denied, "the token is signed with a key that the "
                                  "issuer is not known to have");
  size_t tried = 0;
  for (auto& key : keys.keys) {
    if (!has_name(key, header) || !fits(key, header.algorithm))
      continue;
    if (++tried > max_keys_tried)
      break;
    if (is_signed(token, header.algorithm, key))
      return caf::none;
  }
  if (tried == 0)
    return make_error(ec::denied, "the token's key is not for the token's "
                                  "algorithm");
  return make_error(ec::denied, "the token's signature is wrong");
}

} // namespace

caf::expected<jwt_claims> verify_jwt(std::string_view token,
                                     const jwt_policy& policy,
                                     const jwk_set& keys, timestamp now) {
  if (auto problem = check(policy))
    return problem;
  auto parts = parse_jws(token, policy.max_bytes);
  if (!parts)
    return parts.error();
  auto header = read_jwt_header(as_text(parts->header), policy);
  if (!header)
    return header.error();
  if (auto problem = check_signature(*parts, *header, keys))
    return problem;
  return read_jwt_claims(as_text(parts->payload), policy, now);
}

bool names_unknown_key(std::string_view token, const jwt_policy& policy,
                       const jwk_set& keys) {
  auto parts = parse_jws(token, policy.max_bytes);
  if (!parts)
    return false;
  auto header = read_jwt_header(as_text(parts->header), policy);
  return header && header->key_id && !has_key(keys, *header);
}

std::optional<std::string> unverified_issuer(std::string_view token,
                                             size_t max_bytes) {
  auto parts = parse_jws(token, max_bytes);
  if (!parts)
    return std::nullopt;
  auto claims = as_text(parts->payload);
  auto parsed = wire::parse_json(claims, {max_bytes, 16, 2'000});
  if (!parsed || parsed->root().kind != wire::node_kind::map)
    return std::nullopt;
  auto issuer = text_member(*parsed, parsed->root(), "iss");
  return issuer ? std::optional{std::string{*issuer}} : std::nullopt;
}

} // namespace machine::security
