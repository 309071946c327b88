#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::header_of;

namespace {

constexpr timestamp signing_time{std::chrono::seconds{1'440'938'160}};

endpoint endpoint_at(protocol_kind speaks, const std::string& url,
                     const std::string& version = {}) {
  provider_entry x;
  x.protocol = speaks;
  x.url = url;
  x.api_version = version;
  return endpoint_of(x);
}

net::request authorized(auth_style how, const std::string& key) {
  endpoint to{"http://h/v1"};
  to.auth = how;
  to.region = "eu-west-1";
  to.headers = {{"x-extra", "1"}};
  net::request x;
  x.method = "POST";
  x.url = "http://h/v1/x";
  auto problem = authorize(x, to, key, signing_time);
  CHECK(!problem);
  return x;
}

} // namespace

TEST_CASE("a key is sent as its provider wants it") {
  CHECK(header_of(authorized(auth_style::bearer, "k"), "Authorization")
        == "Bearer k");
  CHECK(header_of(authorized(auth_style::x_api_key, "k"), "x-api-key") == "k");
  CHECK(header_of(authorized(auth_style::api_key, "k"), "api-key") == "k");
  CHECK(header_of(authorized(auth_style::x_goog_api_key, "k"), "x-goog-api-key")
        == "k");
  auto signed_one = authorized(auth_style::aws, "AKID:SECRET:TOKEN");
  CHECK(header_of(signed_one, "Authorization")
          .starts_with("AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/"
                       "bedrock/aws4_request, SignedHeaders=host;"
                       "x-amz-content-sha256;x-amz-date;x-amz-security-token;"
                       "x-extra, Signature="));
  CHECK(header_of(signed_one, "X-Amz-Security-Token") == "TOKEN");
  for (auto& x : signed_one.headers)
    CHECK(x.second.find("SECRET") == std::string::npos);
}

TEST_CASE("no key is sent where there is none, or none is asked for") {
  for (auto how : {auth_style::none, auth_style::bearer, auth_style::x_api_key,
                   auth_style::aws}) {
    auto x = authorized(how, how == auth_style::none ? "k" : "");
    CHECK(x.headers == net::header_list{{"x-extra", "1"}});
  }
}

TEST_CASE("a key that is none of AWS is not sent to it") {
  endpoint to{"http://h"};
  to.auth = auth_style::aws;
  net::request x;
  auto problem = authorize(x, to, "sk-123", signing_time);
  CHECK(code_of(problem) == ec::provider_auth);
  CHECK(message_of(problem).find("sk-123") == std::string::npos);
  CHECK(message_of(problem).find("ID:SECRET") != std::string::npos);
}

TEST_CASE("each protocol has its usual place and way") {
  using enum protocol_kind;
  auto x = endpoint_at(openai, "https://api.openai.com");
  CHECK(x.url == "https://api.openai.com/v1");
  CHECK(x.auth == auth_style::bearer);
  CHECK(endpoint_at(openai_responses, "https://api.openai.com/v1/").url
        == "https://api.openai.com/v1");
  x = endpoint_at(anthropic, "https://api.anthropic.com");
  CHECK(x.url == "https://api.anthropic.com/v1");
  CHECK(x.auth == auth_style::x_api_key);
  x = endpoint_at(gemini, "https://generativelanguage.googleapis.com");
  CHECK(x.url == "https://generativelanguage.googleapis.com/v1beta");
  CHECK(x.auth == auth_style::x_goog_api_key);
  CHECK(endpoint_at(gemini, "https://h/v1/projects/p/publishers/google").url
        == "https://h/v1/projects/p/publishers/google");
}

TEST_CASE("Azure is addressed in both of its ways") {
  using enum protocol_kind;
  auto x = endpoint_at(openai, "https://n.openai.azure.com/");
  CHECK(x.url == "https://n.openai.azure.com/openai/v1");
  CHECK(x.auth == auth_style::api_key);
  CHECK(!x.deployments);
  x = endpoint_at(openai, "https://n.openai.azure.com/openai/v1", "preview");
  CHECK(x.url == "https://n.openai.azure.com/openai/v1");
  CHECK(!x.deployments);
  x = endpoint_at(openai, "https://n.openai.azure.com", "2024-10-21");
  CHECK(x.url == "https://n.openai.azure.com/openai");
  CHECK(x.deployments);
  x = endpoint_at(openai_responses, "https://n.openai.azure.com",
                  "2025-04-01-preview");
  CHECK(x.url == "https://n.openai.azure.com/openai");
  CHECK(!x.deployments);
  // Not by what its name ends with alone.
  CHECK(endpoint_at(openai, "https://notopenai.azure.com.example").auth
        == auth_style::bearer);

  auto to = endpoint_at(openai, "https://n.openai.azure.com", "2024-10-21");
  auto url = [&](const std::string& model) {
    return openai_chat()->encode({}, test::of_model(model), to)->url;
  };
  CHECK(url("my-gpt")
        == "https://n.openai.azure.com/openai/deployments/my-gpt/chat/"
           "completions?api-version=2024-10-21");
  // A name stays one part of the path.
  CHECK(url("../a?b#c")
        == "https://n.openai.azure.com/openai/deployments/..%2Fa%3Fb%23c/chat/"
           "completions?api-version=2024-10-21");
  embedding_request text;
  text.inputs = {"x"};
  CHECK(openai_chat()->encode_embeddings(text, test::of_model("e"), to)->url
        == "https://n.openai.azure.com/openai/deployments/e/embeddings?"
           "api-version=2024-10-21");
  to = endpoint_at(openai_responses, "https://n.openai.azure.com",
                   "2025-04-01-preview");
  CHECK(models::openai_responses()->encode({}, test::of_model("m"), to)->url
        == "https://n.openai.azure.com/openai/responses?api-version="
           "2025-04-01-preview");
}

TEST_CASE("the address of Bedrock follows from its region, or the other way") {
  provider_entry about;
  about.protocol = protocol_kind::bedrock;
  about.region = "eu-west-1";
  auto x = endpoint_of(about);
  CHECK(x.url == "https://bedrock-runtime.eu-west-1.amazonaws.com");
  CHECK(x.auth == auth_style::aws);
  CHECK(x.region == "eu-west-1");
  about.region = "";
  about.url = "https://bedrock-runtime.us-gov-west-1.amazonaws.com";
  CHECK(endpoint_of(about).region == "us-gov-west-1");
  about.url = "http://127.0.0.1:4010/";
  CHECK(endpoint_of(about).url == "http://127.0.0.1:4010");
  CHECK(endpoint_of(about).region.empty());
  about.auth = auth_style::bearer;
  CHECK(endpoint_of(about).auth == auth_style::bearer);
}
