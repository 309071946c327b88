#include "runtime/security/base64url.hpp"
#include "runtime/security/jws.hpp"
#include "tests/runtime/security/issuer.hpp"

#include <openssl/hmac.h>
#include <openssl/pem.h>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

namespace {

std::string signed_part(const std::string& header) {
  return to_base64url(header) + '.' + to_base64url(good_claims());
}

/// The parts of *token*.
std::array<std::string, 3> parts_of(const std::string& token) {
  auto first = token.find('.');
  auto second = token.find('.', first + 1);
  return {token.substr(0, first), token.substr(first + 1, second - first - 1),
          token.substr(second + 1)};
}

/// *token* with the signature *x*.
std::string with_signature(const std::string& token, bytes_view x) {
  auto parts = parts_of(token);
  return parts[0] + '.' + parts[1] + '.' + to_base64url(x);
}

bytes signature_of(const std::string& token) {
  auto result = from_base64url(parts_of(token)[2]);
  REQUIRE(result);
  return *result;
}

std::string rs256_token() {
  return token_of(R"({"alg":"RS256","kid":"rsa"})", good_claims(), rsa_key(),
                  "RS256");
}

/// The public part of the RSA key in PEM and DER.
std::vector<std::string> public_texts() {
  auto* key = rsa_key().get();
  std::vector<std::string> result;
  auto add = [&](auto write) {
    auto* out = BIO_new(BIO_s_mem());
    REQUIRE(write(out) == 1);
    char* data = nullptr;
    auto size = BIO_get_mem_data(out, &data);
    result.emplace_back(data, static_cast<size_t>(size));
    BIO_free(out);
  };
  add([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key); });
  add([&](BIO* out) { return i2d_PUBKEY_bio(out, key); });
  result.push_back(rsa_key().jwk());
  result.push_back(to_base64url(rsa_key().number("n")));
  result.emplace_back();
  return result;
}

} // namespace

TEST_CASE("a token without a signature is refused") {
  for (auto name : {"none", "None", "nOnE", "NONE", ""}) {
    auto header = R"({"alg":")" + std::string{name} + R"("})";
    CHECK(is_refused(signed_part(header) + '.'));
    CHECK(is_refused(signed_part(header)));
    CHECK(is_refused(token_with_header(header)));
  }
  for (auto header :
       {"{}", R"({"alg":null})", R"({"alg":256})", R"({"alg":["ES256"]})",
        R"({"alg":"es256"})", R"({"alg":"ES256 "})", R"({"alg":"ES256\u0000"})",
        R"({"alg":"EdDSA"})", R"({"alg":"ES256K"})", R"({"alg":"RSA-OAEP"})"})
    CHECK(is_refused(token_with_header(header)));
}

TEST_CASE("a public key is no secret to sign with") {
  for (auto& secret : public_texts())
    for (auto id : {"", R"(,"kid":"rsa")"})
      for (auto algorithm : {"HS256", "RS256"}) {
        auto text =
          signed_part(R"({"alg":")" + std::string{algorithm} + '"' + id + '}');
        bytes tag(EVP_MAX_MD_SIZE);
        unsigned size = 0;
        HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             as_bytes(text).data(), text.size(), tag.data(), &size);
        tag.resize(size);
        CHECK(is_refused(text + '.' + to_base64url(tag)));
      }
}

TEST_CASE("a token brings no key of its own") {
  auto own = strange_key().jwk();
  for (auto& member :
       {R"("jwk":)" + own, std::string{R"("jku":"https://evil.example/keys")"},
        std::string{R"("x5u":"https://evil.example/chain")"},
        std::string{R"("x5c":["AAAA"])"}, std::string{R"("jwk":null)"},
        std::string{R"("\u006aku":"")"}}) {
    CAPTURE(member);
    CHECK(is_refused(token_of(R"({"alg":"ES256",)" + member + '}',
                              good_claims(), strange_key(), "ES256")));
    // Not even beside a signature that is good.
    CHECK(is_refused(
      token_with_header(R"({"alg":"ES256","kid":"p256",)" + member + '}')));
  }
}

TEST_CASE("the name of a key is a name and nothing else") {
  for (auto& id :
       {std::string{R"("../../dev/null")"}, std::string{R"("/dev/null")"},
        std::string{R"("' UNION SELECT 'key' --")"},
        std::string{R"("p256\u0000")"}, std::string{R"("P256")"},
        std::string{R"("strange")"}, std::string{R"("")"}, std::string{"null"},
        std::string{"0"}, std::string{R"(["p256"])"},
        '"' + std::string(257, 'x') + '"'}) {
    CAPTURE(id);
    auto header = R"({"alg":"ES256","kid":)" + id + '}';
    CHECK(is_refused(token_with_header(header)));
    CHECK(is_refused(token_of(header, good_claims(), strange_key(), "ES256")));
  }
  // The name of another of the issuer's keys.
  CHECK(is_refused(token_with_header(R"({"alg":"ES256","kid":"p384"})")));
  CHECK(is_refused(token_with_header(R"({"alg":"ES256","kid":"rsa"})")));
  CHECK(is_refused(token_with_header(R"({"alg":"RS256","kid":"p256"})")));
}

TEST_CASE("an extension that must be understood is refused") {
  for (auto member :
       {R"("crit":["exp"],"exp":1)", R"("crit":["b64"],"b64":false)",
        R"("crit":["alg"])", R"("crit":[])", R"("crit":null)"})
    CHECK(is_refused(token_with_header(R"({"alg":"ES256","kid":"p256",)"
                                       + std::string{member} + '}')));
}

TEST_CASE("ES256 is not for another curve") {
  for (auto header : {R"({"alg":"ES256","kid":"p384"})", R"({"alg":"ES256"})"})
    CHECK(is_refused(token_of(header, good_claims(), p384_key(), "ES256")));
  CHECK(is_refused(token_of(R"({"alg":"ES384","kid":"p256"})", good_claims(),
                            p256_key(), "ES384")));
}

TEST_CASE("a header says each thing once, and is small") {
  for (auto& header :
       {std::string{R"({"alg":"ES256","alg":"ES256"})"},
        std::string{R"({"alg":"none","alg":"ES256"})"},
        std::string{R"({"alg":"ES256","kid":"p256","kid":"p256"})"},
        std::string{R"({"alg":"ES256","\u0061lg":"ES256"})"},
        std::string{R"(["ES256"])"}, std::string{R"("ES256")"},
        std::string{R"({"alg":"ES256"} )"} + '\0',
        std::string{R"({"alg":"ES256"}{})"}, std::string{R"({"alg":"ES256")"},
        std::string{"{\"alg\":\"ES256\",\"a\":\"\xFF\"}"},
        std::string{"\xEF\xBB\xBF{\"alg\":\"ES256\"}"},
        R"({"alg":"ES256","a":)" + std::string(100, '[') + std::string(100, ']')
          + '}',
        R"({"alg":"ES256","a":")" + std::string(2'000, 'a') + R"("})"}) {
    CAPTURE(header);
    CHECK(is_refused(token_with_header(header)));
  }
}

TEST_CASE("a token has three parts of Base64url, and nothing else") {
  auto token = es256_token();
  auto [header, payload, signature] = parts_of(token);
  REQUIRE(verify(token));
  for (auto& bad : {
         std::string{},
         std::string{"."},
         std::string{".."},
         std::string{"..."},
         header,
         header + '.' + payload,
         header + '.' + payload + '.',
         '.' + payload + '.' + signature,
         header + ".." + signature,
         token + '.',
         '.' + token,
         token + ".x",
         token + '.' + signature + '.' + signature,
         token + '=',
         token + "==",
         header + "=." + payload + '.' + signature,
         ' ' + token,
         token + ' ',
         token + '\n',
         token + '\0',
         '"' + token + '"',
         "Bearer " + token,
         header + '.' + payload + "\xC3\xA4." + signature,
         header + "/." + payload + '.' + signature,
         header + '.' + payload + '.' + signature + '+',
       }) {
    CAPTURE(bad);
    CHECK(is_refused(bad));
  }
}

TEST_CASE("a token beyond the bound is refused, whatever it says") {
  auto claims = good_claims(R"(,"x":")" + std::string(8'192, 'x') + '"');
  CHECK(is_refused(es256_token(claims)));
  auto policy = issuer_policy();
  policy.max_bytes = 16'384;
  CHECK(verify(es256_token(claims), policy));
  auto token = es256_token();
  policy.max_bytes = token.size();
  CHECK(verify(token, policy));
  policy.max_bytes = token.size() - 1;
  CHECK(is_refused(token, policy));
  CHECK(is_refused(std::string(10u << 20, 'x')));
  CHECK(is_refused(std::string(8'192, '.')));
}

TEST_CASE("a signature has its one size") {
  for (auto& token : {es256_token(), rs256_token()}) {
    REQUIRE(verify(token));
    auto whole = signature_of(token);
    for (size_t size = 0; size < whole.size(); ++size)
      CHECK(is_refused(with_signature(token, {whole.data(), size})));
    for (auto more : {1, 2, 64, 900}) {
      auto longer = whole;
      longer.resize(whole.size() + static_cast<size_t>(more));
      CHECK(is_refused(with_signature(token, longer)));
      std::rotate(longer.rbegin(), longer.rbegin() + more, longer.rend());
      CHECK(is_refused(with_signature(token, longer)));
    }
  }
  // Zeros before each half: the same numbers, in another size.
  auto token = es256_token();
  auto padded = signature_of(token);
  padded.insert(padded.begin() + 32, 0);
  padded.insert(padded.begin(), 0);
  CHECK(is_refused(with_signature(token, padded)));
}

TEST_CASE("numbers that sign everything sign nothing") {
  auto order = *from_base64url("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
  bytes zero(32);
  bytes one(32);
  one.back() = 1;
  for (auto& r : {zero, one, order, bytes(32, 0xFF)})
    for (auto& s : {zero, one, order, bytes(32, 0xFF)}) {
      auto both = r;
      both.insert(both.end(), s.begin(), s.end());
      CHECK(is_refused(with_signature(es256_token(), both)));
    }
  for (uint8_t x : {0x00, 0x01, 0xFF})
    CHECK(is_refused(with_signature(rs256_token(), bytes(256, x))));
  // The message itself would be the signature of an exponent of 1.
  CHECK(is_refused(with_signature(rs256_token(), rsa_key().number("n"))));
}

TEST_CASE("a token with any bit changed is refused") {
  // Each data has one spelling, so this holds for the last letters, too, some
  // bits of which say nothing.
  for (auto& token : {es256_token(), rs256_token()}) {
    REQUIRE(verify(token));
    for (size_t i = 0; i < token.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        auto changed = token;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        if (!is_refused(changed))
          FAIL("bit " << bit << " of byte " << i << " is not noticed");
      }
  }
}

TEST_CASE("parts of good tokens make no other token") {
  std::vector<std::string> good{es256_token(),
                                es256_token(good_claims(R"(,"a":1)")),
                                token_with_header(R"({"alg":"ES256"})")};
  for (auto& x : good)
    for (auto& y : good)
      for (auto& z : good) {
        auto token =
          parts_of(x)[0] + '.' + parts_of(y)[1] + '.' + parts_of(z)[2];
        auto is_good = std::find(good.begin(), good.end(), token) != good.end();
        CHECK(is_refused(token) != is_good);
      }
}

TEST_CASE("the same token with another of the issuer's signatures is refused") {
  // A signature over another text, and one by another algorithm.
  auto token = es256_token();
  auto other = es256_token(good_claims(R"(,"admin":true)"));
  CHECK(is_refused(with_signature(token, signature_of(other))));
  auto text = signed_part(R"({"alg":"RS256","kid":"rsa"})");
  CHECK(is_refused(text + '.' + rsa_key().sign(text, "PS256")));
  CHECK(is_refused(text + '.' + rsa_key().sign(text, "RS512")));
}
