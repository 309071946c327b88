#include "gateway/identity/outsider.hpp"

#include "actors/tenants/check.hpp"
#include "runtime/security/digest.hpp"
#include "runtime/security/json_member.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

using security::member_of;

/// Of a subject's hash, in hexadecimal digits: 128 bits.
constexpr size_t subject_digits = 32;

/// The claim *name*, be it within others.
const wire::node* find_claim(const wire::document& in, const wire::node& of,
                             std::string_view name) {
  if (of.kind != wire::node_kind::map)
    return nullptr;
  if (auto* whole = member_of(in, of, name))
    return whole;
  auto dot = name.find('.');
  if (dot == std::string_view::npos)
    return nullptr;
  auto* outer = member_of(in, of, name.substr(0, dot));
  return outer == nullptr ? nullptr
                          : find_claim(in, *outer, name.substr(dot + 1));
}

} // namespace

bool looks_like_jwt(std::string_view token) {
  return std::count(token.begin(), token.end(), '.') == 2;
}

security::jwt_policy policy_of(const tenants::token_issuer& x) {
  security::jwt_policy result;
  result.issuer = x.issuer;
  result.audience = x.audience;
  for (auto& name : x.algorithms)
    if (auto known = security::jwt_algorithm_from_string(name))
      result.algorithms.insert(*known);
  return result;
}

std::string outsider_id(const std::string& issuer, const std::string& subject) {
  if (!tenants::check_id("subject", subject))
    return issuer + ":" + subject;
  auto hash = security::to_hex(security::blake2b({as_bytes(subject)}));
  return issuer + ":~" + hash.substr(0, subject_digits);
}

std::optional<tenants::role> role_of(const tenants::token_issuer& x,
                                     const security::jwt_claims& claims) {
  std::optional<tenants::role> result;
  auto take = [&](const wire::node& value) {
    if (value.kind != wire::node_kind::text)
      return;
    if (auto i = x.roles.find(std::string{value.text}); i != x.roles.end())
      result = std::max(result, std::optional{i->second});
  };
  auto parsed = wire::parse_json(claims.all.text, {});
  auto* claim = x.role_claim && parsed
                ? find_claim(*parsed, parsed->root(), *x.role_claim)
                : nullptr;
  if (claim != nullptr && claim->kind == wire::node_kind::list)
    for (auto* i = parsed->first(*claim); i != nullptr; i = parsed->next(*i))
      take(*i);
  else if (claim != nullptr)
    take(*claim);
  return result ? result : x.default_role;
}

caf::expected<principal_ptr> outsider_of(const std::string& tenant,
                                         const tenants::token_issuer& x,
                                         const security::jwt_claims& claims) {
  auto given = role_of(x, claims);
  if (!given)
    return make_error(ec::denied, "issuer " + x.id
                                    + " gives you no role in tenant " + tenant
                                    + "; ask an administrator of the tenant");
  auto result = std::make_shared<principal>();
  result->tenant = result->home = tenant;
  result->id = outsider_id(x.id, claims.subject);
  result->kind = principal::nature::outsider;
  result->everywhere = *given;
  return principal_ptr{std::move(result)};
}

} // namespace machine::gateway
