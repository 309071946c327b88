#include "actors/models/discover.hpp"
#include "actors/models/http_provider.hpp"
#include "tests/actors/models/asking.hpp"
#include "tests/e2e/providers/upstream.hpp"
#include "tests/runtime/net/recording.hpp"

#include <algorithm>

using namespace machine;
using namespace machine::models;

namespace {

const test::mock_upstream& upstream() {
  static const test::mock_upstream running;
  return running;
}

/// A provider of the mock, as a catalogue would list it.
struct way {
  std::string name;
  provider_entry about;
  std::string key;
  std::string model;
};

way way_of(std::string name, protocol_kind speaks, std::string url,
           std::string model) {
  way x;
  x.about.name = name;
  x.about.protocol = speaks;
  x.about.url = std::move(url);
  x.name = std::move(name);
  x.key = "e2e-key";
  x.model = std::move(model);
  return x;
}

std::vector<way> all_ways() {
  auto& base = upstream().with_key;
  std::vector<way> all{
    way_of("OpenAI", protocol_kind::openai, base, "gpt-4o"),
    way_of("OpenAI Responses", protocol_kind::openai_responses, base, "gpt-4o"),
    way_of("Anthropic", protocol_kind::anthropic, base, "claude-sonnet-4-6"),
    way_of("Gemini", protocol_kind::gemini, base, "gemini-2.5-pro"),
    way_of("Vertex AI", protocol_kind::gemini,
           base + "/v1/projects/p/locations/l/publishers/google",
           "gemini-2.5-pro"),
    way_of("Azure, by deployments", protocol_kind::openai, base + "/openai",
           "my-gpt"),
    way_of("Azure, as OpenAI", protocol_kind::openai, base + "/openai/v1",
           "my-gpt"),
    way_of("Bedrock, with a key", protocol_kind::bedrock, base,
           "anthropic.claude-sonnet-4-6-v1:0"),
    way_of("Bedrock, signed", protocol_kind::bedrock, upstream().without_key,
           "amazon.nova-lite-v1:0"),
    way_of("a server that knows no keys", protocol_kind::openai,
           upstream().without_key, "qwen3"),
  };
  all[4].about.auth = auth_style::bearer;
  all[5].about.auth = auth_style::api_key;
  all[5].about.api_version = "2024-10-21";
  all[6].about.auth = auth_style::api_key;
  all[7].about.auth = auth_style::bearer;
  all[8].about.region = "eu-west-1";
  all[8].key = "AKIDEXAMPLE:secret:token";
  all[9].key = "";
  return all;
}

std::shared_ptr<provider> provider_of(const way& x) {
  return make_http_provider(x.about, x.key, std::make_shared<net::client>(),
                            net::address_policy::public_and_loopback);
}

struct heard {
  call_outcome outcome{caf::error{}, std::nullopt, std::nullopt};
  answer_deltas deltas;
};

heard ask(const way& x, const chat_request& what) {
  auto provider = provider_of(x);
  test::gate done;
  heard result;
  call_handlers how;
  how.on_delta = [&](const answer_delta& y) { result.deltas.push_back(y); };
  how.on_done = [&](call_outcome y) {
    result.outcome = std::move(y);
    done.open();
  };
  auto options = test::of_model(x.model);
  options.total_timeout = duration{20'000};
  provider->start(what, options, std::move(how));
  REQUIRE(done.wait());
  return result;
}

chat_request question(const std::string& text) {
  chat_request what;
  what.messages = {test::said(chat_role::system, "Be brief."),
                   test::said(chat_role::user, text)};
  return what;
}

chat_response answer_to(const way& x, const chat_request& what,
                        answer_deltas* deltas = nullptr) {
  auto got = ask(x, what);
  if (!got.outcome.response)
    FAIL(x.name << ": " << render(got.outcome.response.error()));
  CHECK(got.outcome.accepted);
  CHECK(got.outcome.status == 200);
  if (deltas != nullptr)
    *deltas = got.deltas;
  return *got.outcome.response;
}

} // namespace

TEST_CASE("a text comes from every provider, piece by piece") {
  for (auto& x : all_ways()) {
    CAPTURE(x.name);
    answer_deltas deltas;
    auto answer = answer_to(x, question("say hello"), &deltas);
    CHECK(answer.message.content == "Hello there, world.");
    CHECK(answer.stop == stop_reason::finished);
    CHECK(text_of(deltas) == "Hello there, world.");
    CHECK(deltas.size() > 3);
    REQUIRE(answer.usage);
    CHECK(answer.usage->input == 90);
    CHECK(answer.usage->output == 20);
    CHECK(costs::cost({1'000'000, 100'000, 5'000'000}, *answer.usage) == 190);
  }
}

TEST_CASE("every provider calls tools, and hears their results") {
  for (auto& x : all_ways()) {
    CAPTURE(x.name);
    auto what = question("what is the weather");
    what.tools = {
      {"get_weather",
       "Says the weather.",
       {R"({"type":"object","properties":{"city":{"type":"string"}}})"}},
      {"get_time", "Says the time.", {"{}"}}};
    auto answer = answer_to(x, what);
    CHECK(answer.stop == stop_reason::tool_use);
    auto& calls = answer.message.tool_calls;
    REQUIRE(calls.size() == 2);
    CHECK(calls[0].name == "get_weather");
    CHECK(nlohmann::json::parse(calls[0].arguments.text)
          == nlohmann::json::parse(R"({"city":"Paris","days":2})"));
    CHECK(calls[1].name == "get_time");
    CHECK(calls[1].arguments.text == "{}");
    CHECK(!calls[0].id.empty());
    CHECK(calls[0].id != calls[1].id);
    what.messages.push_back(answer.message);
    for (auto& call : calls) {
      what.messages.push_back(test::said(chat_role::tool, "sunny"));
      what.messages.back().tool_call_id = call.id;
    }
    CHECK(answer_to(x, what).message.content == "It is sunny.");
  }
}

TEST_CASE("every provider answers by a schema") {
  for (auto& x : all_ways()) {
    CAPTURE(x.name);
    auto what = question("count to one");
    what.output_schema =
      json_text{R"({"type":"object","properties":{"n":{"type":"integer"}}})"};
    auto answer = answer_to(x, what);
    CHECK(nlohmann::json::parse(answer.message.content)
          == nlohmann::json::parse(R"({"n":1})"));
    CHECK(answer.message.tool_calls.empty());
    CHECK(answer.stop == stop_reason::finished);
  }
}

TEST_CASE("the failures of every provider are told apart") {
  struct failure {
    std::string text;
    ec code;
    fault_kind fault;
    int status;
  };
  const failure failures[] = {
    {"too long", ec::context_exceeded, fault_kind::context_exceeded, 400},
    {"too bad", ec::content_refused, fault_kind::content_refused, 400},
    {"too poor", ec::provider_auth, fault_kind::no_credit, 402},
    {"too new", ec::provider_rejected, fault_kind::model_unknown, 404},
    {"too much", ec::provider_failed, fault_kind::overloaded, 529},
    {"too fast", ec::provider_rate_limited, fault_kind::rate_limited, 429},
    {"too odd", ec::provider_rejected, fault_kind::rejected, 400},
    {"too broken", ec::provider_failed, fault_kind::failed, 500},
  };
  for (auto& x : all_ways())
    for (auto& failed : failures) {
      CAPTURE(x.name, failed.text);
      auto got = ask(x, question(failed.text));
      REQUIRE(!got.outcome.response);
      CHECK(code_of(got.outcome.response.error()) == failed.code);
      CHECK(got.outcome.fault == failed.fault);
      CHECK(got.outcome.status == failed.status);
      CHECK(!got.outcome.accepted);
      CHECK(got.deltas.empty());
      CHECK(got.outcome.retry_after.has_value()
            == (failed.fault == fault_kind::rate_limited));
    }
}

TEST_CASE("a wrong key is refused, and told by nobody") {
  for (auto& x : all_ways()) {
    if (x.about.url.starts_with(upstream().without_key))
      continue;
    CAPTURE(x.name);
    auto wrong = x;
    wrong.key = "not-the-key";
    auto got = ask(wrong, question("say hello"));
    REQUIRE(!got.outcome.response);
    CHECK(code_of(got.outcome.response.error()) == ec::provider_auth);
    CHECK(got.outcome.fault == fault_kind::key_refused);
    CHECK(message_of(got.outcome.response.error()).find("not-the-key")
          == std::string::npos);
  }
}

TEST_CASE("vectors come by OpenAI's protocol, in both spellings") {
  for (auto& x : all_ways()) {
    if (x.about.protocol != protocol_kind::openai)
      continue;
    for (std::string format : {"base64", "float"}) {
      CAPTURE(x.name, format);
      auto provider = provider_of(x);
      embedding_request what;
      what.inputs = {"a", "b"};
      auto options = test::of_model("text-embedding-3-small");
      options.speaks.vector_format = format;
      test::gate done;
      std::optional<embedding_outcome> outcome;
      provider->embed(what, options, {{}, [&](embedding_outcome y) {
                                        outcome.emplace(std::move(y));
                                        done.open();
                                      }});
      REQUIRE(done.wait());
      if (!outcome->response)
        FAIL(render(outcome->response.error()));
      CHECK(outcome->response->vectors
            == std::vector<std::vector<float>>{{0.25f, -1.5f, 3},
                                               {0.25f, -1.5f, 3}});
      CHECK(outcome->accepted);
    }
  }
}

TEST_CASE("the models of Ollama are found") {
  net::client http;
  local_places where;
  where.ollama = upstream().without_key;
  where.llama_cpp = upstream().without_key;
  where.deadline = duration{10'000};
  catalogue found;
  discover_local(found, http, where);
  CHECK(found.providers.contains("ollama"));
  CHECK(!found.providers.contains("llama.cpp"));
  REQUIRE(!found.models.empty());
  for (auto& [id, x] : found.models) {
    CHECK(x.provider == "ollama");
    CHECK(x.price == costs::price{});
  }
}
