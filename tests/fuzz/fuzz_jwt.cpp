// Whatever text arrives, as a token, as one of its parts or as the keys of an
// issuer: nothing crashes, nothing is taken that the issuer did not sign, and
// no refusal repeats what it refuses. Begin with corpus/jwt.

#include "runtime/security/jwt.hpp"
#include "runtime/security/jwt_header.hpp"

#include <cstdlib>

using namespace machine;
using namespace machine::security;

namespace {

/// Nobody has the private parts of these any more; corpus/jwt has a token of
/// each.
constexpr std::string_view published =
  R"({"keys":[{"kid":"e","kty":"EC","crv":"P-256","use":"sig",)"
  R"("x":"qXMGoNDHMAFfR8KGrVNh2RJk_llfIAiPZdAWETM6XYo",)"
  R"("y":"jC9mSnmcmuBFfXHTUC6XoP9dZV6fB9_7gBC0MwRfe6M"},)"
  R"({"kid":"r","kty":"RSA","alg":"PS256","key_ops":["verify"],)"
  R"("e":"AQAB","n":")"
  "j-3vwdTjU0lDJyeMj_QvAy2x-KiNgssasV08thp-NaLsO_c54DbLvj0iP8w03QZGsH"
  "VxnRUzZTnhpC8jSSsAY-TF8l_OZD3wmgCALO3M39hifIWt3mKdrwjbk1V1zX30RwAu"
  "ZO4BJ2G9LLQvRToSQIGtVk4TOyz5__TZefxP9VTm5hW3MpiqXt_9jDdqvHpgp-C8xS"
  "3QVWMRjepq1hHie4osvmPSnBcEMKVRW_JsrCzP9gbGOGafbEPCAYsDFYMXmQdy9UKi"
  "ERkzDMrx6dY3x_y5ozHZYzKiKEPn3n6A5sxzGLNVX-y2MdNR0wG4Ws5hlXcrb83S_9"
  "VgRWOe9NXTMQ"
  R"("}]})";

/// A token of the EC key.
constexpr std::string_view good_token =
  "eyJhbGciOiJFUzI1NiIsImtpZCI6ImUiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJ"
  "odHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjpbIm1hY2hpbmUiXSwic3ViIjoiY"
  "WRhIiwiZXhwIjoxNzAwMDAwNjAwLCJuYmYiOjE2OTk5OTk5OTkuNSwiaWF0IjoxNzA"
  "wMDAwMDAwLCJqdGkiOiJ0LTEifQ.Vs3zquuCqayYn4Z_vRnDXLgBsZdmvCTfzoHjAQ"
  "qZDvwLvRf9JIk1xtUwgbuIzDCMIQPfSAc-u2zxqzbNHzfeGg";

/// What the issuer signed, all that there is.
constexpr std::string_view signed_claims =
  R"({"iss":"https://issuer.example","aud":["machine"],"sub":"ada",)"
  R"("exp":1700000600,"nbf":1699999999.5,"iat":1700000000,"jti":"t-1"})";

constexpr timestamp now{std::chrono::seconds{1'700'000'000}};

void require(bool holds) {
  if (!holds)
    std::abort();
}

jwt_policy make_policy() {
  jwt_policy result;
  result.issuer = "https://issuer.example";
  result.audience = "machine";
  result.algorithms = {jwt_algorithm::es256, jwt_algorithm::es384,
                       jwt_algorithm::rs256, jwt_algorithm::ps256};
  return result;
}

/// A sentence that repeated something of the token would be another each time.
void check_refusal(const caf::error& x) {
  static std::set<std::string> sentences;
  require(code_of(x) == ec::denied);
  auto sentence = message_of(x);
  std::erase_if(sentence, [](char c) { return c >= '0' && c <= '9'; });
  sentences.insert(sentence);
  require(sentences.size() < 64);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto policy = make_policy();
  static const auto keys = parse_jwk_set(published);
  static const auto good = verify_jwt(good_token, policy, *keys, now);
  require(good && good->all.text == signed_claims);
  auto input = as_text({data, size});
  auto claims = verify_jwt(input, policy, *keys, now);
  if (claims)
    require(claims->all.text == signed_claims);
  else
    check_refusal(claims.error());
  if (names_unknown_key(input, policy, *keys))
    require(!claims);
  if (auto header = read_jwt_header(input, policy); !header)
    check_refusal(header.error());
  if (auto read = read_jwt_claims(input, policy, now); !read)
    check_refusal(read.error());
  if (auto set = parse_jwk_set(input)) {
    require(set->keys.size() + set->left_out.size() <= jwk_set::max_keys);
    for (auto& key : set->keys)
      require(key.key != nullptr && key.signature_bytes >= 64);
    auto got = verify_jwt(good_token, policy, *set, now);
    require(!got || got->all.text == signed_claims);
  }
  return 0;
}
