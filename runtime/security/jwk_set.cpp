#include "runtime/security/jwk_set.hpp"

#include "runtime/security/base64url.hpp"
#include "runtime/security/json_member.hpp"
#include "runtime/security/openssl_errors.hpp"
#include "runtime/security/public_key.hpp"
#include "runtime/types.hpp"

#include <array>
#include <bit>

namespace machine::security {

namespace {

/// Why a key is left out: the end of a sentence that begins with the key.
caf::error unfit(std::string why) {
  return make_error(ec::invalid_argument, std::move(why));
}

std::optional<bytes> read_number(const wire::document& from,
                                 const wire::node& key, std::string_view name) {
  auto text = text_member(from, key, name);
  return text ? from_base64url(*text) : std::nullopt;
}

/// *x* without the zeros in front, which some issuers write.
bytes without_zeros(bytes x) {
  size_t zeros = 0;
  while (zeros < x.size() && x[zeros] == 0)
    ++zeros;
  x.erase(x.begin(), x.begin() + static_cast<ptrdiff_t>(zeros));
  return x;
}

std::shared_ptr<const public_key> own(cjose_jwk_t* x) {
  public_key result;
  result.handle.reset(x);
  return x == nullptr ? nullptr
                      : std::make_shared<const public_key>(std::move(result));
}

caf::expected<jwk> read_rsa(const wire::document& from, const wire::node& x) {
  auto modulus = read_number(from, x, "n");
  auto exponent = read_number(from, x, "e");
  if (!modulus || !exponent)
    return unfit("has no \"n\" and \"e\" in Base64url");
  auto n = without_zeros(std::move(*modulus));
  auto e = without_zeros(std::move(*exponent));
  auto bits = n.empty() ? 0 : n.size() * 8 - std::countl_zero(n.front());
  if (bits < jwk_set::min_rsa_bits || bits > jwk_set::max_rsa_bits)
    return unfit("has " + std::to_string(bits) + " bits; RSA keys of "
                 + std::to_string(jwk_set::min_rsa_bits) + " to "
                 + std::to_string(jwk_set::max_rsa_bits) + " are taken");
  // With 1 every message would be its own signature.
  auto is_one = e.size() == 1 && e.front() == 1;
  if (e.empty() || e.size() > 4 || is_one || e.back() % 2 == 0
      || n.back() % 2 == 0)
    return unfit("is no RSA key: its numbers must be odd, and its exponent "
                 "from 3 to 32 bits");
  cjose_jwk_rsa_keyspec spec{};
  spec.n = n.data();
  spec.nlen = n.size();
  spec.e = e.data();
  spec.elen = e.size();
  jwk result;
  result.type = jwk_type::rsa;
  result.signature_bytes = n.size();
  result.key = own(cjose_jwk_create_RSA_spec(&spec, nullptr));
  if (result.key == nullptr)
    return unfit("is not taken by the library");
  return result;
}

struct curve_row {
  std::string_view name;
  jwk_type type;
  cjose_jwk_ec_curve curve;
  size_t coordinate_bytes;
};

constexpr std::array<curve_row, 3> curve_rows{{
  {"P-256", jwk_type::p256, CJOSE_JWK_EC_P_256, 32},
  {"P-384", jwk_type::p384, CJOSE_JWK_EC_P_384, 48},
  {"P-521", jwk_type::p521, CJOSE_JWK_EC_P_521, 66},
}};

caf::expected<jwk> read_ec(const wire::document& from, const wire::node& x) {
  auto name = text_member(from, x, "crv");
  const curve_row* row = nullptr;
  for (auto& candidate : curve_rows)
    if (name == candidate.name)
      row = &candidate;
  if (row == nullptr)
    return unfit("is on no curve that is taken: P-256, P-384 and P-521 are");
  auto px = read_number(from, x, "x");
  auto py = read_number(from, x, "y");
  if (!px || !py || px->size() != row->coordinate_bytes
      || py->size() != row->coordinate_bytes)
    return unfit("has no \"x\" and \"y\" in Base64url of its curve's size");
  cjose_jwk_ec_keyspec spec{};
  spec.crv = row->curve;
  spec.x = px->data();
  spec.xlen = px->size();
  spec.y = py->data();
  spec.ylen = py->size();
  jwk result;
  result.type = row->type;
  result.signature_bytes = 2 * row->coordinate_bytes;
  result.key = own(cjose_jwk_create_EC_spec(&spec, nullptr));
  if (result.key == nullptr)
    return unfit("is no point of its curve");
  return result;
}

bool is_for_verification(const wire::document& from, const wire::node& x) {
  if (auto* use = member_of(from, x, "use");
      use != nullptr
      && (use->kind != wire::node_kind::text || use->text != "sig"))
    return false;
  auto* operations = member_of(from, x, "key_ops");
  if (operations == nullptr)
    return true;
  if (operations->kind != wire::node_kind::list)
    return false;
  for (auto* i = from.first(*operations); i != nullptr; i = from.next(*i))
    if (i->kind == wire::node_kind::text && i->text == "verify")
      return true;
  return false;
}

caf::expected<jwk> read_key(const wire::document& from, const wire::node& x) {
  if (x.kind != wire::node_kind::map)
    return unfit("is no object");
  auto type = text_member(from, x, "kty");
  if (type != "RSA" && type != "EC")
    return unfit("is of no type that is taken: RSA and EC are");
  for (auto name : {"d", "p", "q", "dp", "dq", "qi", "oth"})
    if (member_of(from, x, name) != nullptr)
      return unfit("comes with its private part, so anybody can sign with it");
  if (!is_for_verification(from, x))
    return unfit("is not for signatures");
  auto result = type == "RSA" ? read_rsa(from, x) : read_ec(from, x);
  if (!result)
    return result;
  if (auto* id = member_of(from, x, "kid")) {
    if (id->kind != wire::node_kind::text
        || id->text.size() > jwk_set::max_id_bytes)
      return unfit("has a \"kid\" that is no string of at most "
                   + std::to_string(jwk_set::max_id_bytes) + " bytes");
    result->id = id->text;
  }
  if (member_of(from, x, "alg") != nullptr) {
    auto name = text_member(from, x, "alg");
    result->algorithm = name ? jwt_algorithm_from_string(*name) : std::nullopt;
    if (!result->algorithm || !fits(*result, *result->algorithm))
      return unfit("has an \"alg\" that is not taken, or of another type");
  }
  return result;
}

} // namespace

bool fits(const jwk& x, jwt_algorithm algorithm) {
  return x.type == jwk_type_of(algorithm)
      && (!x.algorithm || *x.algorithm == algorithm);
}

caf::expected<jwk_set> parse_jwk_set(std::string_view text) {
  constexpr wire::limits bounds{jwk_set::max_bytes, 8, 8'192};
  auto parsed = wire::parse_json(text, bounds);
  if (!parsed)
    return with_context("the JWK Set", parsed.error());
  auto& document = *parsed;
  auto& root = document.root();
  auto* list = root.kind == wire::node_kind::map
               ? member_of(document, root, "keys")
               : nullptr;
  if (list == nullptr || list->kind != wire::node_kind::list)
    return make_error(ec::invalid_argument,
                      "the JWK Set: it must be an object with a list \"keys\" "
                      "(RFC 7517); is this the issuer's \"jwks_uri\"?");
  openssl_errors_dropped guard;
  jwk_set result;
  size_t count = 0;
  for (auto* i = document.first(*list); i != nullptr; i = document.next(*i)) {
    if (++count > jwk_set::max_keys)
      return make_error(ec::limit_exceeded,
                        "the JWK Set: it has more than "
                          + std::to_string(jwk_set::max_keys) + " keys");
    auto key = read_key(document, *i);
    if (key)
      result.keys.push_back(std::move(*key));
    else
      result.left_out.push_back("key " + std::to_string(count) + " of the set "
                                + message_of(key.error()));
  }
  return result;
}

} // namespace machine::security
