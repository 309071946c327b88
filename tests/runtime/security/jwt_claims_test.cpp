#include "tests/runtime/security/issuer.hpp"

#include <rapidcheck.h>

using namespace machine;
using namespace machine::security;
using namespace machine::test;

namespace {

/// Claims that are taken once they have `exp` and what a test is about.
std::string claims_with(const std::string& more) {
  return R"({"iss":"https://issuer.example","aud":"machine","sub":"ada",)"
       + more + '}';
}

std::string at_second(const std::string& name, int64_t second) {
  return '"' + name + "\":" + std::to_string(second);
}

std::string exp_and(const std::string& more) {
  return claims_with(at_second("exp", test_second + 600) + ',' + more);
}

bool is_taken(const std::string& claims) {
  return static_cast<bool>(verify(es256_token(claims)));
}

bool is_denied(const std::string& claims) {
  return is_refused(es256_token(claims));
}

} // namespace

TEST_CASE("an expired token is refused, after the skew of the clocks") {
  for (auto [late, taken] :
       {std::pair{-1, true}, std::pair{0, true}, std::pair{59, true},
        std::pair{60, false}, std::pair{61, false}}) {
    CAPTURE(late);
    auto claims = claims_with(at_second("exp", test_second - late));
    CHECK(is_taken(claims) == taken);
    CHECK(is_denied(claims) != taken);
  }
}

TEST_CASE("a token of the future is refused, beyond the skew of the clocks") {
  for (auto name : {"nbf", "iat"}) {
    CAPTURE(name);
    CHECK(is_taken(exp_and(at_second(name, test_second - 1'000))));
    CHECK(is_taken(exp_and(at_second(name, test_second + 60))));
    CHECK(is_denied(exp_and(at_second(name, test_second + 61))));
    CHECK(is_denied(exp_and(at_second(name, test_second + 400))));
  }
}

TEST_CASE("the skew of the clocks can be nothing") {
  auto policy = issuer_policy();
  policy.clock_skew = duration{0};
  CHECK(verify(es256_token(claims_with(at_second("exp", test_second + 1))),
               policy));
  CHECK(is_refused(es256_token(claims_with(at_second("exp", test_second))),
                   policy));
}

TEST_CASE("a token without an end is refused") {
  CHECK(is_denied(claims_with(R"("iat":1700000000)")));
  for (auto value : {R"("1700000600")",
                     "-1",
                     "-1700000600",
                     "1e308",
                     "1e999",
                     "-1e999",
                     "253402300800",
                     "9223372036854775807",
                     "9223372036854775808",
                     "18446744073709551616",
                     "1e300",
                     "NaN",
                     "Infinity",
                     "nan",
                     "null",
                     "true",
                     "[1700000600]",
                     R"({"$numberLong":"1700000600"})",
                     "+1700000600",
                     "01700000600",
                     "0x6553F358",
                     "1.7e",
                     "-0.5",
                     ""}) {
    CAPTURE(value);
    CHECK(is_denied(claims_with(R"("exp":)" + std::string{value})));
    CHECK(is_denied(exp_and(R"("nbf":)" + std::string{value})));
    CHECK(is_denied(exp_and(R"("iat":)" + std::string{value})));
  }
}

TEST_CASE("times may have fractions and exponents") {
  for (auto value : {"1700000600.25", "1.7000006e9", "253402300799"})
    CHECK(is_taken(claims_with(R"("exp":)" + std::string{value})));
  auto claims = verify(es256_token(claims_with(R"("exp":1700000600.25)")));
  REQUIRE(claims);
  CHECK(claims->expires_at == test_now + std::chrono::milliseconds{600'250});
}

TEST_CASE("a token lives no longer than the policy allows") {
  auto policy = issuer_policy();
  policy.max_lifetime = std::chrono::minutes{10};
  auto taken = [&](int64_t from, int64_t until) {
    auto claims = claims_with(at_second("exp", test_second + until) + ','
                              + at_second("iat", test_second + from));
    return static_cast<bool>(verify(es256_token(claims), policy));
  };
  CHECK(taken(0, 600));
  CHECK(!taken(0, 601));
  CHECK(!taken(-300, 301));
  auto alone = [&](int64_t until) {
    auto claims = claims_with(at_second("exp", test_second + until));
    return static_cast<bool>(verify(es256_token(claims), policy));
  };
  CHECK(alone(600));
  CHECK(!alone(601));
}

TEST_CASE("a token is of the issuer, letter for letter") {
  for (auto value :
       {R"("https://issuer.example/")", R"("https://issuer.exampl")",
        R"("HTTPS://issuer.example")", R"("https://evil.example")", R"("")",
        R"(["https://issuer.example"])", "null", "1"})
    CHECK(is_denied(R"({"iss":)" + std::string{value}
                    + R"(,"aud":"machine","sub":"ada","exp":1700000600})"));
  CHECK(is_denied(R"({"aud":"machine","sub":"ada","exp":1700000600})"));
}

TEST_CASE("a token is for us") {
  auto with = [](const std::string& audience) {
    return R"({"iss":"https://issuer.example","aud":)" + audience
         + R"(,"sub":"ada","exp":1700000600})";
  };
  for (auto value : {R"("machine")", R"(["machine"])", R"(["a","machine"])",
                     R"(["machine","machine"])"})
    CHECK(is_taken(with(value)));
  for (auto value :
       {R"("Machine")", R"("machine ")", R"("machines")", R"("a machine")",
        R"("machine\u0000")", R"("")", R"([])", R"(["a"])", R"([["machine"]])",
        R"(["machine",1])", R"({"machine":true})", "null", "0"}) {
    CAPTURE(value);
    CHECK(is_denied(with(value)));
  }
  CHECK(is_denied(
    R"({"iss":"https://issuer.example","sub":"ada","exp":1700000600})"));
}

TEST_CASE("a token is of somebody who has a printable name") {
  auto with = [](const std::string& subject) {
    return R"({"iss":"https://issuer.example","aud":"machine","sub":)" + subject
         + R"(,"exp":1700000600})";
  };
  for (auto& value : {std::string{R"("ada")"}, std::string{R"("auth0|1 2")"},
                      std::string{"\"\xC3\xA4\xC2\xA0\""},
                      '"' + std::string(256, 'x') + '"'}) {
    CAPTURE(value);
    CHECK(is_taken(with(value)));
    CHECK(is_taken(exp_and(R"("jti":)" + value)));
  }
  for (auto& value :
       {std::string{R"("")"}, std::string{"null"}, std::string{"7"},
        std::string{R"(["ada"])"}, '"' + std::string(257, 'x') + '"',
        std::string{R"("ada\n")"}, std::string{R"("\u0000ada")"},
        std::string{R"("a\u001bda")"}, std::string{R"("a\u007fda")"},
        std::string{R"("a\u0085da")"}, std::string{R"("a\u009bda")"},
        std::string{R"("a\ud800da")"}, std::string{"\"a\xFF\""},
        std::string{"\"a\xC0\xAE\""}}) {
    CAPTURE(value);
    CHECK(is_denied(with(value)));
    CHECK(is_denied(exp_and(R"("jti":)" + value)));
  }
  CHECK(is_denied(
    R"({"iss":"https://issuer.example","aud":"machine","exp":1700000600})"));
}

TEST_CASE("claims say each thing once") {
  for (auto again :
       {R"("exp":1700000600)", R"("exp":9999999999)", R"("aud":"machine")",
        R"("aud":"other")", R"("sub":"ada")", R"("iss":"x")",
        R"("\u0065xp":1700000600)", R"("x":1,"x":1)", R"("x":{"y":1,"y":2})"}) {
    CAPTURE(again);
    CHECK(is_denied(good_claims(',' + std::string{again})));
  }
}

TEST_CASE("claims are one JSON object of bounded depth and size") {
  auto nested = [](size_t depth) {
    return good_claims(R"(,"x":)" + std::string(depth, '[')
                       + std::string(depth, ']'));
  };
  CHECK(is_taken(nested(15)));
  CHECK(is_denied(nested(16)));
  CHECK(is_denied(nested(3'000)));
  std::string objects;
  for (int i = 0; i < 900; ++i)
    objects += R"({"a":)";
  CHECK(is_denied(good_claims(R"(,"x":)" + objects)));
  std::string many = R"(,"x":[0)";
  for (int i = 0; i < 2'000; ++i)
    many += ",0";
  CHECK(is_denied(good_claims(many + ']')));
  for (auto& bad : {std::string{"[]"}, std::string{"null"}, std::string{"x"},
                    good_claims() + good_claims(), good_claims() + 'x',
                    "\xEF\xBB\xBF" + good_claims(), good_claims() + '\0',
                    good_claims(",\"x\":\"\xFF\""), good_claims(",\"\xFF\":1"),
                    good_claims(","), good_claims().substr(1)})
    CHECK(is_denied(bad));
}

TEST_CASE("a refusal has no word of the token") {
  const std::string secret = "hunter2-hunter2";
  for (auto& claims :
       {R"({"iss":")" + secret + R"("})", '"' + secret, "{\"" + secret,
        claims_with(R"("exp":")" + secret + '"'),
        claims_with(at_second("exp", 1) + R"(,"jti":")" + secret + '"'),
        exp_and(R"("x":1,")" + secret + R"(":1,")" + secret + R"(":1)"),
        exp_and(R"("jti":"\n)" + secret + '"')})
    CHECK(refusal(es256_token(claims)).find(secret) == std::string::npos);
  for (auto& header :
       {R"({"alg":")" + secret + R"("})",
        R"({"alg":"ES256","kid":")" + secret + R"("})",
        R"({"alg":"ES256","typ":")" + secret + R"("})", "{\"" + secret,
        R"({")" + secret + R"(":1,")" + secret + R"(":2})"})
    CHECK(refusal(token_with_header(header)).find(secret) == std::string::npos);
}

TEST_CASE("refusals tell their reasons apart in the log") {
  auto says = [](const std::string& claims, const std::string& what) {
    auto sentence = refusal(es256_token(claims));
    CAPTURE(sentence);
    CHECK(sentence.find(what) != std::string::npos);
  };
  says(claims_with(at_second("exp", 1)), "expired");
  says(exp_and(at_second("nbf", test_second + 100)), "not good yet");
  says(exp_and(at_second("iat", test_second + 100)), "in the future");
  says(claims_with(R"("x":1)"), "no \"exp\"");
  says("{}", "another issuer than https://issuer.example");
  says(R"({"iss":"https://issuer.example"})", "audience than machine");
  CHECK(refusal(token_with_header(R"({"alg":"ES256","kid":"p384"})"))
        == "the token's key is not for the token's algorithm");
  CHECK(refusal(token_with_header(R"({"alg":"ES256","kid":")"
                                  + std::string(257, 'x') + R"("})"))
        == "the token's header has a \"kid\" that is no string of at most 256 "
           "bytes");
  CHECK(refusal("..") == "the token is no signed JWT: a part of it is empty");
  CHECK(refusal("a.a." + std::string(1'367, 'A'))
        == "the token is no signed JWT: its signature is too long");
  CHECK(refusal(token_with_header(R"({"alg":"ES256","kid":"x"})"))
        == "the token is signed with a key that the issuer is not known to "
           "have");
  CHECK(refusal(token_of(R"({"alg":"ES256","kid":"p256"})", good_claims(),
                         strange_key(), "ES256"))
        == "the token's signature is wrong");
}

TEST_CASE("whatever is written for claims is refused or is what it says") {
  CHECK(rc::check([] {
    auto piece = rc::gen::element<std::string>(
      "{", "}", "[", "]", ":", ",", R"("exp")", R"("iss")", R"("aud")",
      R"("sub")", R"("https://issuer.example")", R"("machine")", "1700000600",
      "1e400", "null", "\"", "\\u0000", "\xFF", R"("ada")");
    auto pieces = *rc::gen::container<std::vector<std::string>>(piece);
    auto text = *rc::gen::element<std::string>("", good_claims(), "{");
    auto at = *rc::gen::inRange<size_t>(0, text.size() + 1);
    std::string put;
    for (auto& x : pieces)
      put += x;
    text.insert(at, put);
    auto got = read_jwt_claims(text, issuer_policy(), test_now);
    if (got) {
      RC_ASSERT(got->issuer == "https://issuer.example");
      RC_ASSERT(!got->subject.empty());
      RC_ASSERT(got->expires_at > test_now - std::chrono::seconds{60});
      RC_ASSERT(got->all.text == text);
    } else {
      RC_ASSERT(code_of(got.error()) == ec::denied);
    }
  }));
}
