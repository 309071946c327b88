#include "runtime/security/base64url.hpp"
#include "runtime/security/jws.hpp"
#include "tests/runtime/security/issuer.hpp"

#include <thread>

#include <openssl/err.h>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

TEST_CASE("a token of every algorithm is taken") {
  struct row {
    std::string algorithm;
    const issuer_key& key;
    std::string id;
  };
  for (auto& x :
       {row{"RS256", rsa_key(), "rsa"}, row{"RS384", rsa_key(), "rsa"},
        row{"RS512", rsa_key(), "rsa"}, row{"PS256", rsa_key(), "rsa"},
        row{"PS384", rsa_key(), "rsa"}, row{"PS512", rsa_key(), "rsa"},
        row{"ES256", p256_key(), "p256"}, row{"ES384", p384_key(), "p384"},
        row{"ES512", p521_key(), "p521"}}) {
    CAPTURE(x.algorithm);
    auto token =
      token_of(R"({"alg":")" + x.algorithm + R"(","kid":")" + x.id + R"("})",
               good_claims(), x.key, x.algorithm);
    CHECK(verify(token));
    auto policy = issuer_policy();
    policy.algorithms.erase(*jwt_algorithm_from_string(x.algorithm));
    CHECK(is_refused(token, policy));
  }
}

TEST_CASE("the claims of a token come back") {
  auto claims = good_claims(R"(,"iat":1699999990.5,"nbf":1699999991,)"
                            R"("jti":"t-1","roles":["admin"])");
  auto got = verify(es256_token(claims));
  REQUIRE(got);
  CHECK(got->subject == "ada");
  CHECK(got->issuer == "https://issuer.example");
  CHECK(got->id == "t-1");
  CHECK(got->expires_at == test_now + std::chrono::seconds{600});
  CHECK(got->issued_at == test_now - std::chrono::milliseconds{9'500});
  CHECK(got->not_before == test_now - std::chrono::seconds{9});
  CHECK(got->all.text == claims);
  got = verify(es256_token());
  REQUIRE(got);
  CHECK(got->id.empty());
  CHECK(!got->issued_at);
  CHECK(!got->not_before);
}

TEST_CASE("a token without the name of a key is tried with all that fit") {
  CHECK(verify(token_with_header(R"({"alg":"ES256"})")));
  CHECK(is_refused(
    token_of(R"({"alg":"ES256"})", good_claims(), strange_key(), "ES256")));
}

TEST_CASE("keys of one name are all tried, and no more than eight") {
  auto set = [](size_t strangers) {
    std::string text;
    for (size_t i = 0; i < strangers; ++i)
      text += strange_key().jwk() + ',';
    text = R"({"keys":[)" + text + p256_key().jwk() + "]}";
    auto result = parse_jwk_set(text);
    REQUIRE(result);
    for (auto& key : result->keys)
      key.id = "same";
    return *result;
  };
  for (auto header :
       {R"({"alg":"ES256","kid":"same"})", R"({"alg":"ES256"})"}) {
    auto token = token_with_header(header);
    CHECK(
      verify_jwt(token, issuer_policy(), set(max_keys_tried - 1), test_now));
    CHECK(!verify_jwt(token, issuer_policy(), set(max_keys_tried), test_now));
  }
}

TEST_CASE("a key serves only the algorithm that it names") {
  auto keys =
    parse_jwk_set(R"({"keys":[)" + rsa_key().jwk(R"(,"alg":"PS256")") + "]}");
  REQUIRE(keys);
  auto token = [](const std::string& algorithm) {
    return token_of(R"({"alg":")" + algorithm + R"(","kid":"rsa"})",
                    good_claims(), rsa_key(), algorithm);
  };
  CHECK(verify_jwt(token("PS256"), issuer_policy(), *keys, test_now));
  for (auto other : {"PS384", "RS256"})
    CHECK(!verify_jwt(token(other), issuer_policy(), *keys, test_now));
}

TEST_CASE("the algorithm is ours, and not what a token says") {
  auto keys = issuer_keys().keys;
  auto text = token_of(R"({"alg":"RS256"})", good_claims(), rsa_key(), "RS256");
  auto token = parse_jws(text, 8'192);
  REQUIRE(token);
  auto& key = keys[0];
  CHECK(is_signed(*token, jwt_algorithm::rs256, key));
  CHECK(!is_signed(*token, jwt_algorithm::rs384, key));
  CHECK(!is_signed(*token, jwt_algorithm::ps256, key));
  CHECK(!is_signed(*token, jwt_algorithm::es256, key));
  CHECK(!is_signed(*token, jwt_algorithm::rs256, keys[1]));
  key.algorithm = jwt_algorithm::ps256;
  CHECK(!is_signed(*token, jwt_algorithm::rs256, key));
  CHECK(!is_signed(*token, jwt_algorithm::rs256, jwk{}));
}

TEST_CASE("types of tokens are JWT and at+jwt, in any case") {
  for (auto type : {"JWT", "jwt", "at+jwt", "AT+JWT"})
    CHECK(verify(token_with_header(R"({"alg":"ES256","kid":"p256","typ":")"
                                   + std::string{type} + R"("})")));
  for (auto type : {R"("logout+jwt")", R"("dpop+jwt")", R"("JWE")", R"("")",
                    R"("at+jw\u0074x")", "1", "null", R"(["JWT"])"})
    CHECK(is_refused(token_with_header(R"({"alg":"ES256","kid":"p256","typ":)"
                                       + std::string{type} + "}")));
}

TEST_CASE("a policy that takes anything takes nothing") {
  auto refused = [](auto change) {
    auto policy = issuer_policy();
    change(policy);
    auto result = verify(es256_token(), policy);
    return !result && code_of(result.error()) == ec::invalid_argument;
  };
  CHECK(!check(issuer_policy()));
  CHECK(refused([](auto& x) { x.issuer.clear(); }));
  CHECK(refused([](auto& x) { x.audience.clear(); }));
  CHECK(refused([](auto& x) { x.algorithms.clear(); }));
  CHECK(refused([](auto& x) { x.clock_skew = duration{-1}; }));
  CHECK(refused([](auto& x) { x.clock_skew = duration::max(); }));
  CHECK(refused([](auto& x) { x.max_lifetime = duration{0}; }));
  CHECK(refused([](auto& x) { x.max_lifetime = duration::max(); }));
  CHECK(refused([](auto& x) { x.max_bytes = 0; }));
  CHECK(refused([](auto& x) { x.max_bytes = SIZE_MAX; }));
}

TEST_CASE("a name of a key that is not known may mean new keys") {
  auto asks = [](const std::string& header) {
    return names_unknown_key(token_with_header(header), issuer_policy(),
                             issuer_keys());
  };
  CHECK(asks(R"({"alg":"ES256","kid":"new"})"));
  CHECK(!asks(R"({"alg":"ES256","kid":"p256"})"));
  CHECK(!asks(R"({"alg":"ES256"})"));
  CHECK(!asks(R"({"alg":"HS256","kid":"new"})"));
  CHECK(!asks(R"({"alg":"ES256","kid":"new","jku":"https://x.example"})"));
  CHECK(!names_unknown_key("x", issuer_policy(), issuer_keys()));
}

TEST_CASE("threads verify with the same keys at the same time") {
  auto keys = issuer_keys();
  auto es = es256_token();
  auto ps = token_of(R"({"alg":"PS256","kid":"rsa"})", good_claims(), rsa_key(),
                     "PS256");
  auto bad = token_of(R"({"alg":"PS256","kid":"rsa"})", good_claims(),
                      rsa_key(), "PS384");
  std::array<int, 4> right{};
  std::vector<std::thread> threads;
  for (auto& count : right)
    threads.emplace_back([&, &mine = count] {
      for (int i = 0; i < 50; ++i)
        if (verify_jwt(es, issuer_policy(), keys, test_now)
            && verify_jwt(ps, issuer_policy(), keys, test_now)
            && !verify_jwt(bad, issuer_policy(), keys, test_now))
          ++mine;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(right == std::array{50, 50, 50, 50});
}

TEST_CASE("OpenSSL's errors of the thread stay as they were") {
  ERR_clear_error();
  auto wrong = token_of(R"({"alg":"PS256","kid":"rsa"})", good_claims(),
                        rsa_key(), "PS384");
  ERR_raise(ERR_LIB_USER, 7);
  REQUIRE(!verify(wrong));
  REQUIRE(parse_jwk_set(R"({"keys":[{"kty":"EC","crv":"P-256","x":")"
                        + std::string(43, 'A') + R"(","y":")"
                        + std::string(43, 'A') + R"("}]})"));
  CHECK(ERR_GET_REASON(ERR_get_error()) == 7);
  CHECK(ERR_get_error() == 0);
}

TEST_CASE("Base64url has one spelling for each data") {
  CHECK(from_base64url("") == bytes{});
  CHECK(from_base64url("-_8") == bytes{0xFB, 0xFF});
  CHECK(from_base64url("AA") == bytes{0});
  // The last is one of bits that are left over and not zero.
  for (auto bad : {"A", "AA==", "AAA=", "+/8", "A A", "AA\n", "\xC3\xA4", "AB"})
    CHECK(!from_base64url(bad));
}
