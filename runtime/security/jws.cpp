#include "runtime/security/jws.hpp"

#include "runtime/security/base64url.hpp"
#include "runtime/security/openssl_errors.hpp"
#include "runtime/security/public_key.hpp"

#include <cjose/jws.h>

namespace machine::security {

namespace {

struct jws_release {
  void operator()(cjose_jws_t* x) const {
    cjose_jws_release(x);
  }
};

caf::error no_jws(std::string why) {
  return make_error(ec::denied, "the token is no signed JWT: " + why);
}

} // namespace

caf::expected<jws> parse_jws(std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes)
    return make_error(ec::denied, "the token has " + std::to_string(text.size())
                                    + " bytes; at most "
                                    + std::to_string(max_bytes) + " are taken");
  auto first = text.find('.');
  auto second = first == text.npos ? first : text.find('.', first + 1);
  // A third dot is no Base64url.
  if (second == text.npos)
    return no_jws("it must have three parts with dots between");
  auto header = text.substr(0, first);
  auto payload = text.substr(first + 1, second - first - 1);
  auto signature = text.substr(second + 1);
  if (header.empty() || payload.empty() || signature.empty())
    return no_jws("a part of it is empty");
  if (header.size() > jws::max_header_bytes)
    return no_jws("its header is too long");
  if (signature.size() > jws::max_signature_bytes)
    return no_jws("its signature is too long");
  auto decoded_header = from_base64url(header);
  auto decoded_payload = from_base64url(payload);
  auto decoded_signature = from_base64url(signature);
  if (!decoded_header || !decoded_payload || !decoded_signature)
    return no_jws("a part of it is no Base64url without padding");
  return jws{std::string{text}, std::move(*decoded_header),
             std::move(*decoded_payload), std::move(*decoded_signature)};
}

bool is_signed(const jws& x, jwt_algorithm algorithm, const jwk& key) {
  if (key.key == nullptr || !fits(key, algorithm)
      || x.signature.size() != key.signature_bytes)
    return false;
  openssl_errors_dropped guard;
  std::unique_ptr<cjose_jws_t, jws_release> token{
    cjose_jws_import(x.text.data(), x.text.size(), nullptr)};
  if (token == nullptr)
    return false;
  // cjose verifies by the algorithm that it reads itself: it must be ours.
  auto* read = cjose_header_get(cjose_jws_get_protected(token.get()),
                                CJOSE_HDR_ALG, nullptr);
  return read != nullptr && read == to_string(algorithm)
      && cjose_jws_verify(token.get(), key.key->handle.get(), nullptr);
}

} // namespace machine::security
