#include "tests/runtime/security/issuer.hpp"

using namespace machine;
using namespace machine::security;
using namespace machine::test;

namespace {

jwk_set read(const std::string& keys) {
  auto result = parse_jwk_set(R"({"keys":[)" + keys + "]}");
  if (!result)
    FAIL(render(result.error()));
  return *result;
}

/// Whether the one key *x* is left out, with a reason.
bool is_left_out(const std::string& x) {
  auto result = read(x);
  return result.keys.empty() && result.left_out.size() == 1
      && result.left_out.front().starts_with("key 1 of the set ");
}

ec problem_of(std::string_view text) {
  auto result = parse_jwk_set(text);
  return result ? ec::none : code_of(result.error());
}

std::string rsa_of(bytes_view n, bytes_view e) {
  return R"({"kty":"RSA","n":")" + to_base64url(n) + R"(","e":")"
       + to_base64url(e) + R"("})";
}

std::string ec_of(const std::string& curve, bytes_view x, bytes_view y) {
  return R"({"kty":"EC","crv":")" + curve + R"(","x":")" + to_base64url(x)
       + R"(","y":")" + to_base64url(y) + R"("})";
}

} // namespace

TEST_CASE("keys of each type are read") {
  auto keys = issuer_keys().keys;
  CHECK(keys[0].id == "rsa");
  CHECK(keys[0].type == jwk_type::rsa);
  CHECK(keys[0].signature_bytes == 256);
  CHECK(keys[1].type == jwk_type::p256);
  CHECK(keys[1].signature_bytes == 64);
  CHECK(keys[2].type == jwk_type::p384);
  CHECK(keys[2].signature_bytes == 96);
  CHECK(keys[3].type == jwk_type::p521);
  CHECK(keys[3].signature_bytes == 132);
  for (auto& key : keys)
    CHECK(!key.algorithm);
}

TEST_CASE("a set may be empty, and have members that we do not know") {
  CHECK(read("").keys.empty());
  auto set = parse_jwk_set(R"({"x":{"y":[]},"keys":[)"
                           + p256_key().jwk(R"(,"x5c":["AAAA"],"z":1)") + "]}");
  REQUIRE(set);
  CHECK(set->keys.size() == 1);
}

TEST_CASE("a key may have no name") {
  auto set = read(
    ec_of("P-256", p256_key().number("qx", 32), p256_key().number("qy", 32)));
  REQUIRE(set.keys.size() == 1);
  CHECK(!set.keys[0].id);
}

TEST_CASE("keys of one name are all kept") {
  auto set = read(p256_key().jwk() + ',' + p256_key().jwk() + ','
                  + R"({"kid":"p256",)" + rsa_key().jwk().substr(13));
  CHECK(set.keys.size() == 3);
  CHECK(set.left_out.empty());
  for (auto& key : set.keys)
    CHECK(key.id == "p256");
}

TEST_CASE("symmetric keys and other types are left out") {
  for (auto x :
       {R"({"kty":"oct","k":"AAAA"})",
        R"({"kty":"oct","k":"AAAA","alg":"RS256"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", R"({"kty":"rsa"})",
        R"({"kty":null})", R"({})", "1", "[]", "null"})
    CHECK(is_left_out(x));
}

TEST_CASE("keys that are for something else are left out") {
  for (auto more :
       {R"(,"use":"enc")", R"(,"use":"SIG")", R"(,"use":"")", R"(,"use":null)",
        R"(,"use":["sig"])", R"(,"key_ops":[])", R"(,"key_ops":["sign"])",
        R"(,"key_ops":["encrypt"])", R"(,"key_ops":"verify")",
        R"(,"alg":"RSA-OAEP")", R"(,"alg":"HS256")", R"(,"alg":"none")",
        R"(,"alg":null)", R"(,"alg":"ES384")", R"(,"alg":"RS256")"}) {
    CAPTURE(more);
    CHECK(is_left_out(p256_key().jwk(more)));
  }
  for (auto more : {R"(,"use":"sig")", R"(,"key_ops":["sign","verify"])",
                    R"(,"alg":"ES256")"})
    CHECK(read(p256_key().jwk(more)).keys.size() == 1);
}

TEST_CASE("what is signed with a key for encryption is refused") {
  auto set = read(p256_key().jwk(R"(,"use":"enc")"));
  CHECK(!verify_jwt(es256_token(), issuer_policy(), set, test_now));
}

TEST_CASE("a key whose private part is public is left out") {
  for (auto name : {"d", "p", "q", "dp", "dq", "qi", "oth"})
    for (auto* key : {&rsa_key(), &p256_key()})
      CHECK(is_left_out(key->jwk(R"(,")" + std::string{name} + R"(":"AQ")")));
}

TEST_CASE("an RSA key has 2048 to 8192 bits and a sound exponent") {
  auto small = issuer_key{"1024", "small"};
  CHECK(is_left_out(small.jwk()));
  auto n = rsa_key().number("n");
  const bytes e{1, 0, 1};
  CHECK(read(rsa_of(n, e)).keys.size() == 1);
  CHECK(read(rsa_of(n, bytes{3})).keys.size() == 1);
  for (auto& bad : {bytes{}, bytes{0}, bytes{1}, bytes{0, 1}, bytes{2},
                    bytes{1, 0, 0}, bytes{1, 0, 0, 0, 1}, bytes(4'096, 1)})
    CHECK(is_left_out(rsa_of(n, bad)));
  auto padded = n;
  padded.insert(padded.begin(), 2, 0);
  auto set = read(rsa_of(padded, e));
  REQUIRE(set.keys.size() == 1);
  CHECK(set.keys[0].signature_bytes == 256);
  // 2047 bits; even; 8200 bits; nothing but zeros.
  auto shorter = n;
  shorter.front() = 0x7F;
  auto even = n;
  even.back() &= 0xFE;
  for (auto& bad : {shorter, even, bytes(1'025, 0xFF), bytes(256), bytes{}})
    CHECK(is_left_out(rsa_of(bad, e)));
}

TEST_CASE("an EC key is a point of its curve, written in full") {
  auto x = p256_key().number("qx", 32);
  auto y = p256_key().number("qy", 32);
  CHECK(read(ec_of("P-256", x, y)).keys.size() == 1);
  for (auto curve : {"P-384", "P-521", "secp256k1", "p-256", ""})
    CHECK(is_left_out(ec_of(curve, x, y)));
  auto off = y;
  off.back() ^= 1;
  CHECK(is_left_out(ec_of("P-256", x, off)));
  CHECK(is_left_out(ec_of("P-256", bytes(32), bytes(32))));
  CHECK(is_left_out(ec_of("P-256", bytes(32, 0xFF), y)));
  CHECK(is_left_out(ec_of("P-256", {x.data(), 31}, y)));
  auto padded = x;
  padded.insert(padded.begin(), 0);
  CHECK(is_left_out(ec_of("P-256", padded, y)));
  CHECK(is_left_out(ec_of("P-256", x, {})));
}

TEST_CASE("numbers of keys are strict Base64url") {
  auto text = p256_key().jwk();
  auto at = text.find(R"("x":")") + 5;
  for (auto bad : {"+", "=", " ", "\\u0000", "\\n", "\xC3\xA4"}) {
    auto changed = text;
    changed.replace(at, 1, bad);
    CHECK(is_left_out(changed));
  }
}

TEST_CASE("the name of a key has a bound") {
  auto named = [](size_t size) {
    return R"({"kid":")" + std::string(size, 'x') + R"(",)"
         + p256_key().jwk().substr(14);
  };
  CHECK(read(named(jwk_set::max_id_bytes)).keys.size() == 1);
  CHECK(is_left_out(named(jwk_set::max_id_bytes + 1)));
  CHECK(is_left_out(R"({"kid":7,)" + p256_key().jwk().substr(14)));
}

TEST_CASE("one bad key does not spoil the others") {
  auto set = read(R"({"kty":"oct","k":"AAAA"},)" + p256_key().jwk() + ",7");
  CHECK(set.keys.size() == 1);
  REQUIRE(set.left_out.size() == 2);
  CHECK(set.left_out[0].starts_with("key 1 of the set is of no type"));
  CHECK(set.left_out[1].starts_with("key 3 of the set is no object"));
}

TEST_CASE("what is no set, or beyond the bounds, is refused") {
  for (auto text :
       {"", "null", "[]", "{}", R"({"keys":{}})", R"({"keys":null})",
        R"({"keys":[]}x)", R"({"keys":[],"keys":[]})",
        R"({"keys":[{"kty":"EC","kty":"RSA"}]})", "{\"keys\":[\"\xFF\"]}",
        R"({"Keys":[]})"})
    CHECK(problem_of(text) == ec::invalid_argument);
  auto many = [](size_t count) {
    std::string result = R"({"keys":[1)";
    for (size_t i = 1; i < count; ++i)
      result += ",1";
    return result + "]}";
  };
  CHECK(problem_of(many(jwk_set::max_keys)) == ec::none);
  CHECK(problem_of(many(jwk_set::max_keys + 1)) == ec::limit_exceeded);
  CHECK(problem_of(R"({"keys":[],"x":")" + std::string(jwk_set::max_bytes, 'x')
                   + R"("})")
        == ec::limit_exceeded);
  CHECK(problem_of(R"({"keys":)" + std::string(1'000, '[')
                   + std::string(1'000, ']') + '}')
        == ec::limit_exceeded);
}
