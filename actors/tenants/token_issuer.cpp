#include "actors/tenants/token_issuer.hpp"

#include "actors/tenants/bounds.hpp"
#include "actors/tenants/check.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace machine::tenants {

namespace {

/// Signed with a private key: of what is signed with a secret that both sides
/// know, and of what is not signed at all, anybody could be the author.
constexpr std::array<std::string_view, 9> known_algorithms{
  "RS256", "RS384", "RS512", "PS256", "PS384",
  "PS512", "ES256", "ES384", "ES512"};

constexpr wire::limits jwks_bounds{max_jwks, 16, 10'000};

/// Names of members, for what is always there.
constexpr uint64_t issuer_overhead = 256;

/// Of one element of a list or map.
constexpr uint64_t element_overhead = 16;

caf::error check_algorithms(const std::vector<std::string>& these) {
  if (these.empty())
    return make_error(ec::invalid_argument,
                      "an issuer needs at least one algorithm, as RS256");
  std::set<std::string_view> seen;
  for (auto& x : these) {
    if (std::find(known_algorithms.begin(), known_algorithms.end(), x)
        == known_algorithms.end())
      return make_error(ec::invalid_argument,
                        "algorithm " + wire::excerpt(x)
                          + ": tokens are signed with RS256, RS384, RS512, "
                            "PS256, PS384, PS512, ES256, ES384 or ES512");
    if (!seen.insert(x).second)
      return make_error(ec::invalid_argument,
                        "algorithm " + x + " is named twice; name it once");
  }
  return caf::none;
}

/// The host and port of an address behind its scheme.
std::string_view authority_of(std::string_view rest) {
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool is_port(std::string_view x) {
  return !x.empty() && x.size() <= 5
      && std::all_of(x.begin(), x.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

/// The host of *authority* without its port; empty if that is none. Names of
/// users are none of a host's: they make one look like another.
std::string_view host_of(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos)
    return {};
  auto end = authority.starts_with('[') ? authority.find(']') : 0;
  if (end == std::string_view::npos)
    return {};
  auto colon = authority.find(':', end);
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1)))
    return {};
  return authority.substr(0, colon);
}

caf::error check_jwks_url(const std::string& url) {
  if (auto err = check_text("the address of an issuer's keys", url, max_url))
    return err;
  constexpr std::string_view secure = "https://";
  constexpr std::string_view plain = "http://";
  auto bad = [&](const char* why) {
    return make_error(ec::invalid_argument, "the address of an issuer's keys, "
                                              + wire::excerpt(url) + ", "
                                              + why);
  };
  if (url.find_first_of(" \\\"<>") != std::string::npos)
    return bad("has characters that no address has; write them as %XX");
  std::string_view view = url;
  auto is_secure = view.starts_with(secure);
  if (!is_secure && !view.starts_with(plain))
    return bad("must begin with https://");
  view.remove_prefix(is_secure ? secure.size() : plain.size());
  auto host = host_of(authority_of(view));
  if (host.empty())
    return bad("has no host, or more than host and port before its path");
  if (!is_secure && host != "localhost" && host != "127.0.0.1"
      && host != "[::1]")
    return bad("must begin with https://; http:// is for localhost alone");
  return caf::none;
}

caf::error check_jwks(const json_text& jwks) {
  auto parsed = wire::parse_json(jwks.text, jwks_bounds);
  if (!parsed)
    return with_context("the keys of an issuer", parsed.error());
  if (parsed->root().kind == wire::node_kind::map)
    for (auto* x = parsed->first(parsed->root()); x != nullptr;
         x = parsed->next(*x))
      if (x->key == "keys" && x->kind == wire::node_kind::list)
        return caf::none;
  return make_error(ec::invalid_argument,
                    "the keys of an issuer are an object with the list `keys` "
                    "(RFC 7517), and this is another document");
}

caf::error check_roles(const token_issuer& x) {
  if (!x.role_claim) {
    if (x.roles.empty())
      return caf::none;
    return make_error(ec::invalid_argument,
                      "issuer " + x.id
                        + " gives roles, but not by which claim; set "
                          "role_claim, or leave the roles out");
  }
  if (auto err =
        check_text("the name of a claim", *x.role_claim, max_claim_text))
    return err;
  if (x.roles.empty() || x.roles.size() > max_claim_values)
    return make_error(ec::invalid_argument,
                      "claim " + *x.role_claim + " has "
                        + std::to_string(x.roles.size())
                        + " values that give a role; it needs 1 to "
                        + std::to_string(max_claim_values));
  for (auto& [value, given] : x.roles)
    if (auto err = check_text("the value of a claim", value, max_claim_text))
      return err;
  return caf::none;
}

} // namespace

caf::error check_issuer(const token_issuer& x) {
  if (auto err = check_id("issuer", x.id))
    return err;
  if (auto err = check_text("the name of an issuer", x.issuer, max_url))
    return err;
  if (auto err = check_text("an audience", x.audience, max_url))
    return err;
  if (auto err = check_algorithms(x.algorithms))
    return err;
  if (x.jwks_url.has_value() == x.jwks.has_value())
    return make_error(ec::invalid_argument,
                      "issuer " + x.id
                        + " needs either the address of its keys (jwks_url) or "
                          "the keys themselves (jwks)");
  if (auto err = x.jwks ? check_jwks(*x.jwks) : check_jwks_url(*x.jwks_url))
    return err;
  return check_roles(x);
}

uint64_t size_of(const token_issuer& x) {
  auto result = issuer_overhead + 2 * x.id.size() + x.issuer.size()
              + x.audience.size() + x.jwks_url.value_or("").size()
              + (x.jwks ? x.jwks->text.size() : 0)
              + x.role_claim.value_or("").size();
  for (auto& name : x.algorithms)
    result += element_overhead + name.size();
  for (auto& [value, given] : x.roles)
    result += element_overhead + value.size();
  return result;
}

} // namespace machine::tenants
