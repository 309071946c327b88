#include "actors/models/fault.hpp"

#include "actors/models/protocol.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <vector>

using namespace machine;
using namespace machine::models;

namespace {

struct told {
  std::string api;
  int status;
  fault_kind means;
  std::string document;
};

// As the references of the APIs and what their servers send spell them; the
// source of each is named in fault.cpp.
const std::vector<told> told_faults{
  {"OpenAI, a long prompt", 400, fault_kind::context_exceeded,
   R"({"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})"},
  {"OpenAI, a flagged prompt", 400, fault_kind::content_refused,
   R"({"error":{"message":"Invalid prompt: we've limited access to this content.","type":"invalid_request_error","param":null,"code":"invalid_prompt"}})"},
  {"OpenAI, no credit", 429, fault_kind::no_credit,
   R"({"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})"},
  {"OpenAI, too fast", 429, fault_kind::rate_limited,
   R"({"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}})"},
  {"OpenAI, a wrong key", 401, fault_kind::key_refused,
   R"({"error":{"message":"Incorrect API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})"},
  {"OpenAI, no such model", 404, fault_kind::model_unknown,
   R"({"error":{"message":"The model `x` does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}})"},
  {"OpenAI, a wrong parameter", 400, fault_kind::rejected,
   R"({"error":{"message":"Unknown parameter: 'x'.","type":"invalid_request_error","param":"x","code":"unknown_parameter"}})"},
  {"OpenAI, overloaded", 503, fault_kind::overloaded,
   R"({"error":{"message":"The engine is currently overloaded","type":"service_unavailable"}})"},
  {"Azure, its filter", 400, fault_kind::content_refused,
   R"({"error":{"message":"The response was filtered.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}})"},
  {"Azure, only the inner code", 400, fault_kind::content_refused,
   R"({"error":{"message":"m","code":"400","innererror":{"code":"ResponsibleAIPolicyViolation"}}})"},
  {"Azure, no such deployment", 404, fault_kind::model_unknown,
   R"({"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}})"},
  {"Azure, a wrong key", 401, fault_kind::key_refused,
   R"({"statusCode":401,"message":"Unauthorized. Access token is missing"})"},
  {"Anthropic, a long prompt", 400, fault_kind::context_exceeded,
   R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}})"},
  {"Anthropic, prompt and answer", 400, fault_kind::context_exceeded,
   R"({"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"}})"},
  {"Anthropic, a large request", 413, fault_kind::context_exceeded,
   R"({"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}})"},
  {"Anthropic, its filter", 400, fault_kind::content_refused,
   R"({"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}})"},
  {"Anthropic, no credit", 400, fault_kind::no_credit,
   R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}})"},
  {"Anthropic, a bill", 402, fault_kind::no_credit,
   R"({"type":"error","error":{"type":"billing_error","message":"m"}})"},
  {"Anthropic, overloaded", 529, fault_kind::overloaded,
   R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"},
  {"Anthropic, a wrong key", 401, fault_kind::key_refused,
   R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}})"},
  {"Anthropic, not allowed", 403, fault_kind::key_refused,
   R"({"type":"error","error":{"type":"permission_error","message":"m"}})"},
  {"Anthropic, no such model", 404, fault_kind::model_unknown,
   R"({"type":"error","error":{"type":"not_found_error","message":"model: x"}})"},
  {"Anthropic, failed", 500, fault_kind::failed,
   R"({"type":"error","error":{"type":"api_error","message":"Internal server error"}})"},
  {"Google, a long prompt", 400, fault_kind::context_exceeded,
   R"({"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}})"},
  {"Google, a wrong key, which is a wrong argument", 400,
   fault_kind::key_refused,
   R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})"},
  {"Google, too fast", 429, fault_kind::rate_limited,
   R"({"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}})"},
  {"Google, as a list", 503, fault_kind::overloaded,
   R"([{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}])"},
  {"Google, no such model", 404, fault_kind::model_unknown,
   R"({"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}})"},
  {"Google, a wrong request", 400, fault_kind::rejected,
   R"({"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}})"},
  {"AWS, a long prompt", 400, fault_kind::context_exceeded,
   R"({"message":"Input is too long for requested model.","__type":"ValidationException"})"},
  {"AWS, no such model", 400, fault_kind::model_unknown,
   R"({"message":"The provided model identifier is invalid.","__type":"ValidationException"})"},
  {"AWS, too fast", 429, fault_kind::rate_limited,
   R"({"message":"Too many requests","__type":"ThrottlingException"})"},
  {"AWS, not allowed", 403, fault_kind::key_refused,
   R"({"message":"You don't have access to the model.","__type":"AccessDeniedException"})"},
  {"AWS, a token that has ended", 403, fault_kind::key_refused,
   R"({"message":"The security token included in the request is expired","__type":"ExpiredTokenException"})"},
  {"Ollama, no such model", 404, fault_kind::model_unknown,
   R"({"error":"model 'x' not found"})"},
  {"Ollama, a long prompt", 400, fault_kind::context_exceeded, R"({"error":{"message":"the input length exceeds the context length","type":"api_error","param":null,"code":null}})"},
  {"llama.cpp, a long prompt", 400, fault_kind::context_exceeded,
   R"({"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}})"},
  {"llama.cpp, still loading", 503, fault_kind::overloaded,
   R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})"},
  {"vLLM, a long prompt", 400, fault_kind::context_exceeded,
   R"({"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400})"},
  {"DeepSeek, no credit", 402, fault_kind::no_credit,
   R"({"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}})"},
  {"OpenRouter, no credit", 402, fault_kind::no_credit,
   R"({"error":{"code":402,"message":"Insufficient credits"}})"},
  {"nobody knows", 418, fault_kind::rejected, "<html>teapot</html>"},
  {"nobody says", 500, fault_kind::failed, ""},
  {"nobody says why it took so long", 408, fault_kind::failed, ""},
};

} // namespace

TEST_CASE("what providers say of their failures is told apart") {
  for (auto& x : told_faults) {
    CAPTURE(x.api);
    CHECK(kind_of(read_fault(x.document), x.status) == x.means);
  }
}

TEST_CASE("the same holds in the middle of a stream") {
  auto means = [](const std::string& document) {
    return kind_of(read_fault(document), 0);
  };
  // A code alone, without a status.
  for (auto& x : told_faults)
    if (x.status != 401 && x.status != 402 && x.status < 418
        && x.api.find("Azure, a wrong") == std::string::npos) {
      CAPTURE(x.api);
      CHECK(means(x.document) == x.means);
    }
  CHECK(means(R"({"error":{"code":429,"message":"m"}})")
        == fault_kind::rate_limited);
  CHECK(
    means(
      R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"m"}}})")
    == fault_kind::rate_limited);
  CHECK(
    means(R"({"type":"error","code":"context_length_exceeded","message":"m"})")
    == fault_kind::context_exceeded);
  CHECK(means(R"({"error":{"message":"m"}})") == fault_kind::failed);
}

TEST_CASE("each kind has its code, and a sentence that says what to do") {
  auto of = [](int status, const std::string& document) {
    auto x = explain("p", status, read_fault(document), std::nullopt);
    return std::pair{code_of(x.why), message_of(x.why)};
  };
  auto [context, first] =
    of(400, R"({"error":{"message":"m","code":"context_length_exceeded"}})");
  CHECK(context == ec::context_exceeded);
  CHECK(first
        == "p says that the prompt is longer than the model takes (400): m");
  auto [content, second] =
    of(400, R"({"error":{"message":"m","code":"content_filter"}})");
  CHECK(content == ec::content_refused);
  CHECK(second == "p does not answer this for its content (400): m");
  auto [credit, third] = of(402, R"({"error":{"message":"m"}})");
  CHECK(credit == ec::provider_auth);
  CHECK(third
        == "p wants to be paid first (402): m; see the account of its key");
  auto [busy, fourth] = of(529, "");
  CHECK(busy == ec::provider_failed);
  CHECK(fourth == "p is overloaded (529)");
  auto [model, fifth] = of(404, R"({"error":"model 'x' not found"})");
  CHECK(model == ec::provider_rejected);
  CHECK(fifth
        == "p has no such model (404): model 'x' not found; correct the "
           "model's name, or the provider's url, in the catalogue");
}

TEST_CASE("the name of an error may stand in a header") {
  net::response_head head;
  head.status = 400;
  head.headers = {
    {"x-amzn-errortype", "ThrottlingException:http://internal.amazon.com/x/"}};
  CHECK(kind_of(read_fault(head, R"({"message":"m"})"), 400)
        == fault_kind::rate_limited);
}

TEST_CASE("Google says how long to wait in its document") {
  auto wait = [](const std::string& text) {
    return read_fault(R"({"error":{"details":[{"retryDelay":")" + text
                      + "\"}]}}")
      .retry_after;
  };
  CHECK(wait("34s") == duration{34'001});
  CHECK(wait("0.5s") == duration{501});
  for (auto* x : {"", "s", "-1s", "34", "1e9s", "34m", "nans"}) {
    CAPTURE(x);
    CHECK(!wait(x));
  }
}

TEST_CASE("an error in an answer is one of its provider") {
  auto x = stream_fault(read_fault(
    R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})"));
  CHECK(render(x) == "provider_failed: the provider is overloaded: m");
  auto y = stream_fault(
    read_fault(R"({"error":{"code":"content_filter","message":"m"}})"));
  CHECK(code_of(y) == ec::content_refused);
}

TEST_CASE("no document harms who looks for its error") {
  CHECK(rc::check([](const std::string& noise, uint16_t status, uint8_t at) {
    auto& known = told_faults[at % std::size(told_faults)].document;
    auto cut = known.substr(0, at % (known.size() + 1)) + noise;
    for (auto& text : {noise, cut}) {
      auto x = read_fault(text);
      RC_ASSERT(x.words.size() < 2'000);
      RC_ASSERT(kind_of(x, status % 600) != fault_kind::none);
    }
  }));
}
