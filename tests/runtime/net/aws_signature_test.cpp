#include "runtime/net/aws_signature.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::net;

namespace {

// The credentials, the scope and the time of all vectors of the signing test
// suite that AWS publishes (github.com/awslabs/aws-c-auth,
// tests/aws-signing-test-suite/v4), and the vectors.
const aws_credentials suite{"AKIDEXAMPLE",
                            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};

const aws_scope where{"us-east-1", "service"};

/// 2015-08-30T12:36:00Z.
constexpr timestamp then{std::chrono::seconds{1'440'938'160}};

struct vector_of_suite {
  std::string name;
  std::string method;
  std::string target;
  header_list headers;
  std::string body;
  std::string signed_headers;
  std::string signature;
};

const vector_of_suite vectors[] = {
  {"get-vanilla",
   "GET",
   "/",
   {},
   "",
   "host;x-amz-date",
   "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
  {"get-vanilla-query-order-key-case",
   "GET",
   "/?Param2=value2&Param1=value1",
   {},
   "",
   "host;x-amz-date",
   "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
  {"get-vanilla-query-unreserved",
   "GET",
   "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
   "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
   {},
   "",
   "host;x-amz-date",
   "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
  {"get-utf8",
   "GET",
   "/\u1234",
   {},
   "",
   "host;x-amz-date",
   "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
  {"get-space-unnormalized",
   "GET",
   "/example space/",
   {},
   "",
   "host;x-amz-date",
   "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
  {"get-header-value-trim",
   "GET",
   "/",
   {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
   "",
   "host;my-header1;my-header2;x-amz-date",
   "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
  {"get-header-key-duplicate",
   "GET",
   "/",
   {{"My-Header1", "value2"},
    {"My-Header1", "value2"},
    {"My-Header1", "value1"}},
   "",
   "host;my-header1;x-amz-date",
   "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
  {"post-vanilla-query",
   "POST",
   "/?Param1=value1",
   {},
   "",
   "host;x-amz-date",
   "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
  {"post-x-www-form-urlencoded",
   "POST",
   "/",
   {{"Content-Type", "application/x-www-form-urlencoded"},
    {"Content-Length", "13"},
    {"x-amz-content-sha256",
     "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
   "Param1=value1",
   "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
   "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
  {"get-vanilla-with-session-token",
   "GET",
   "/",
   {{"X-Amz-Security-Token",
     "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}},
   "",
   "host;x-amz-date;x-amz-security-token",
   "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
};

request request_of(const vector_of_suite& x) {
  request result;
  result.method = x.method;
  result.url = "https://example.amazonaws.com" + x.target;
  result.headers = x.headers;
  result.headers.emplace_back("X-Amz-Date", "20150830T123600Z");
  result.body = x.body;
  return result;
}

std::string header(const request& x, const std::string& name) {
  for (auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return {};
}

request converse() {
  request x;
  x.method = "POST";
  x.url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a.b-v1%3A0/"
          "converse-stream";
  x.headers = {{"Content-Type", "application/json"}};
  x.body = R"({"messages":[]})";
  return x;
}

} // namespace

TEST_CASE("requests are signed as the published vectors say") {
  for (auto& x : vectors) {
    CAPTURE(x.name);
    CHECK(aws_authorization(request_of(x), suite, where, then)
          == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
             "service/aws4_request, SignedHeaders="
               + x.signed_headers + ", Signature=" + x.signature);
  }
}

TEST_CASE("a signed request carries what its signature covers") {
  auto x = converse();
  sign_for_aws(x, suite, {"eu-west-1", "bedrock"}, then);
  CHECK(header(x, "X-Amz-Date") == "20150830T123600Z");
  // Of the body, by sha256sum.
  CHECK(header(x, "X-Amz-Content-Sha256")
        == "5e4ce7b36ba37b78a5d5f9fd08e6b7b54ba6879d651aa46ec9e1d6fa24ebe30a");
  CHECK(header(x, "X-Amz-Security-Token").empty());
  CHECK(header(x, "Authorization")
          .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
                       "eu-west-1/bedrock/aws4_request, "
                       "SignedHeaders=content-type;host;x-amz-content-sha256;"
                       "x-amz-date, Signature="));
}

TEST_CASE("a token of credentials that end is sent and covered") {
  auto x = converse();
  auto who = suite;
  who.session_token = "t";
  sign_for_aws(x, who, {"eu-west-1", "bedrock"}, then);
  CHECK(header(x, "X-Amz-Security-Token") == "t");
  CHECK(header(x, "Authorization").find("x-amz-security-token")
        != std::string::npos);
}

TEST_CASE("whatever is changed has another signature") {
  auto sign = [](const request& x, timestamp at) {
    auto copy = x;
    sign_for_aws(copy, suite, {"eu-west-1", "bedrock"}, at);
    return header(copy, "Authorization");
  };
  auto first = sign(converse(), then);
  auto x = converse();
  x.body += " ";
  CHECK(sign(x, then) != first);
  x = converse();
  x.url += "x";
  CHECK(sign(x, then) != first);
  x = converse();
  x.headers[0].second += "x";
  CHECK(sign(x, then) != first);
  CHECK(sign(converse(), then + std::chrono::seconds{1}) != first);
  CHECK(sign(converse(), then) == first);
}

TEST_CASE("credentials are two or three words") {
  CHECK(read_aws_credentials("a:b") == aws_credentials{"a", "b", ""});
  CHECK(read_aws_credentials("a:b:c=") == aws_credentials{"a", "b", "c="});
  for (auto* x : {"", "a", "a:", ":b", "a:b:c:d", ":"}) {
    CAPTURE(x);
    CHECK(!read_aws_credentials(x));
  }
}
