#include "runtime/security/jwt_header.hpp"

#include "runtime/security/json_member.hpp"
#include "runtime/security/jwk_set.hpp"

namespace machine::security {

namespace {

caf::error bad_header(std::string why) {
  return make_error(ec::denied, "the token's header " + std::move(why));
}

bool equals_ignoring_case(std::string_view x, std::string_view lower) {
  if (x.size() != lower.size())
    return false;
  for (size_t i = 0; i < x.size(); ++i) {
    auto c = x[i] >= 'A' && x[i] <= 'Z' ? x[i] + ('a' - 'A') : x[i];
    if (c != lower[i])
      return false;
  }
  return true;
}

} // namespace

caf::expected<jwt_header> read_jwt_header(std::string_view json,
                                          const jwt_policy& policy) {
  constexpr wire::limits bounds{4'096, 4, 64};
  auto parsed = wire::parse_json(json, bounds);
  // What the parser says would quote the token.
  if (!parsed || parsed->root().kind != wire::node_kind::map)
    return bad_header("is no small JSON object in which names stand once");
  auto& document = *parsed;
  auto& root = document.root();
  for (auto name : {"jwk", "jku", "x5u", "x5c"})
    if (member_of(document, root, name) != nullptr)
      return bad_header(std::string{"has \""} + name
                        + "\"; keys are the issuer's, and no token's");
  if (member_of(document, root, "crit") != nullptr)
    return bad_header("has \"crit\"; no extension is known");
  auto name = text_member(document, root, "alg");
  auto algorithm = name ? jwt_algorithm_from_string(*name) : std::nullopt;
  if (!algorithm || !policy.algorithms.contains(*algorithm))
    return bad_header("has no \"alg\" that is allowed");
  if (member_of(document, root, "typ") != nullptr) {
    auto type = text_member(document, root, "typ");
    if (!type
        || !(equals_ignoring_case(*type, "jwt")
             || equals_ignoring_case(*type, "at+jwt")))
      return bad_header("has a \"typ\" other than JWT and at+jwt");
  }
  jwt_header result{*algorithm, std::nullopt};
  if (member_of(document, root, "kid") != nullptr) {
    auto id = text_member(document, root, "kid");
    if (!id || id->size() > jwk_set::max_id_bytes)
      return bad_header("has a \"kid\" that is no string of at most "
                        + std::to_string(jwk_set::max_id_bytes) + " bytes");
    result.key_id = *id;
  }
  return result;
}

} // namespace machine::security
