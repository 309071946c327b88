#include "runtime/net/event_stream.hpp"
#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::asked;
using machine::test::attached;
using machine::test::encoded;
using machine::test::of_model;
using machine::test::said;
using nlohmann::json;

namespace {

const std::string claude = "anthropic.claude-x-v1:0";

chat_message tool_result(const std::string& id, const std::string& text) {
  auto x = said(chat_role::tool, text);
  x.tool_call_id = id;
  return x;
}

using bedrock_events = std::vector<std::pair<std::string, std::string>>;

/// The outcome of a stream of these events.
struct bedrock_reading {
  std::unique_ptr<answer_reader> reader;
  answer_deltas deltas;
  caf::error problem;

  explicit bedrock_reading(const bedrock_events& all,
                           const chat_request& what = {})
      : reader(bedrock_converse()->make_reader(what, of_model(claude))) {
    for (auto& [type, data] : all) {
      auto piece = reader->take({type, data, ""});
      if (!piece) {
        problem = piece.error();
        return;
      }
      deltas.insert(deltas.end(), piece->begin(), piece->end());
    }
  }
};

std::pair<std::string, std::string> block_delta(int index,
                                                const std::string& what) {
  return {"contentBlockDelta", R"({"contentBlockIndex":)"
                                 + std::to_string(index) + R"(,"delta":{)"
                                 + what + "}}"};
}

std::pair<std::string, std::string> begun(int index, const std::string& id,
                                          const std::string& name) {
  return {"contentBlockStart", R"({"contentBlockIndex":)"
                                 + std::to_string(index)
                                 + R"(,"start":{"toolUse":{"toolUseId":")" + id
                                 + R"(","name":")" + name + "\"}}}"};
}

std::pair<std::string, std::string> stopped(const std::string& why) {
  return {"messageStop", R"({"stopReason":")" + why + "\"}"};
}

chat_request by_user(const chat_message& x) {
  chat_request what;
  what.messages = {x};
  return what;
}

} // namespace

TEST_CASE("a conversation is sent as Converse wants it") {
  chat_request what;
  what.messages = {said(chat_role::system, "Be brief."),
                   said(chat_role::user, "Read a."),
                   said(chat_role::user, " \n")};
  auto call = said(chat_role::assistant, "");
  call.tool_calls = {{"c1", "read", {R"({"path":"a"})"}},
                     {"c:2/" + std::string(70, 'x'), "read", {"no object"}}};
  what.messages.push_back(call);
  what.messages.push_back(tool_result("c1", "text of a"));
  what.messages.push_back(tool_result("c:2/" + std::string(70, 'x'), ""));
  what.tools = {{"read", "Reads.", {R"({"type":"object"})"}}};
  what.choice = tool_choice{tool_mode::named, "read"};
  what.max_output_tokens = 100;
  what.temperature = 0.5;
  what.draws.top_p = 0.9;
  what.draws.top_k = 40;
  what.draws.stop = {"END"};
  auto request =
    encoded(*bedrock_converse(), what, of_model(claude), {"http://h"});
  CHECK(request.url
        == "http://h/model/anthropic.claude-x-v1%3A0/converse-stream");
  auto id = "c_2_" + std::string(60, 'x');
  auto wanted = json::parse(R"json({
    "system":[{"text":"Be brief."}],
    "messages":[
      {"role":"user","content":[{"text":"Read a."}]},
      {"role":"assistant","content":[
        {"toolUse":{"toolUseId":"c1","name":"read","input":{"path":"a"}}},
        {"toolUse":{"toolUseId":"ID","name":"read","input":{}}}]},
      {"role":"user","content":[
        {"toolResult":{"toolUseId":"c1","content":[{"text":"text of a"}]}},
        {"toolResult":{"toolUseId":"ID","content":[{"text":"(nothing)"}]}}]}],
    "inferenceConfig":{"maxTokens":100,"temperature":0.5,"topP":0.9,
      "stopSequences":["END"]},
    "toolConfig":{"tools":[{"toolSpec":{"name":"read","description":"Reads.",
      "inputSchema":{"json":{"type":"object"}}}}],
      "toolChoice":{"tool":{"name":"read"}}},
    "additionalModelRequestFields":{"top_k":40}})json");
  wanted["messages"][1]["content"][1]["toolUse"]["toolUseId"] = id;
  wanted["messages"][2]["content"][1]["toolResult"]["toolUseId"] = id;
  CHECK(json::parse(request.body) == wanted);
}

TEST_CASE("names of resources stay one part of the address") {
  auto url = [](const std::string& model) {
    return encoded(*bedrock_converse(), {}, of_model(model), {"http://h"}).url;
  };
  CHECK(url("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.a.b")
        == "http://h/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-"
           "profile%2Feu.a.b/converse-stream");
}

TEST_CASE("marks for the cache are sent to models that have one") {
  auto system = said(chat_role::system, "Rules. More.");
  system.attachments = {attached(attachment_kind::cache_point, 0),
                        attached(attachment_kind::cache_point, 6)};
  system.attachments[1].detail = "1h";
  auto question = said(chat_role::user, "Long text. Question?");
  question.attachments = {attached(attachment_kind::cache_point, 10)};
  chat_request what;
  what.messages = {system, question};
  what.tools = {{"t", "", {"{}"}}};
  auto x = asked(*bedrock_converse(), what, of_model(claude));
  CHECK(x["system"] == json::parse(R"([{"text":"Rules."},
    {"cachePoint":{"type":"default","ttl":"1h"}},{"text":" More."}])"));
  CHECK(x["messages"][0]["content"] == json::parse(R"([{"text":"Long text."},
    {"cachePoint":{"type":"default"}},{"text":" Question?"}])"));
  // The one before the first word stands behind the tools.
  CHECK(x["toolConfig"]["tools"][1]
        == json::parse(R"({"cachePoint":{"type":"default"}})"));
  CHECK(asked(*bedrock_converse(), what, of_model("meta.llama-x"))
          .dump()
          .find("cachePoint")
        == std::string::npos);
  auto result = tool_result("c", "long");
  result.attachments = {attached(attachment_kind::cache_point, 4)};
  CHECK(asked(*bedrock_converse(), by_user(result),
              of_model(claude))["messages"][0]["content"]
        == json::parse(R"([
    {"toolResult":{"toolUseId":"c","content":[{"text":"long"}]}},
    {"cachePoint":{"type":"default"}}])"));
}

TEST_CASE("what is attached is sent as blocks with their formats") {
  auto x = said(chat_role::user, "See.");
  x.attachments = {
    attached(attachment_kind::image, 0, "image/jpeg", "QUJD"),
    attached(attachment_kind::document, 4, "application/pdf", "QUJD"),
    attached(attachment_kind::document, 4, "text/markdown", "QUJD"),
    attached(attachment_kind::audio, 4, "audio/wav", "", "s3://b/k")};
  x.attachments[1].name = "Plan_for  2027 (v2).pdf";
  x.attachments[2].name = "Plan for 2027 (v2) pdf";
  CHECK(asked(*bedrock_converse(), by_user(x))["messages"][0]["content"]
        == json::parse(R"([
    {"image":{"format":"jpeg","source":{"bytes":"QUJD"}}},
    {"text":"See."},
    {"document":{"format":"pdf","name":"Plan for 2027 (v2) pdf",
                 "source":{"bytes":"QUJD"}}},
    {"document":{"format":"md","name":"Plan for 2027 (v2) pdf 2",
                 "source":{"bytes":"QUJD"}}},
    {"audio":{"format":"wav","source":{"s3Location":{"uri":"s3://b/k"}}}}])"));
  // The API wants words beside a document.
  auto alone = said(chat_role::user, "");
  alone.attachments = {
    attached(attachment_kind::document, 0, "application/pdf", "QUJD")};
  CHECK(asked(*bedrock_converse(), by_user(alone))["messages"][0]["content"][0]
        == json{{"text", "document"}});
  auto result = tool_result("c", "seen");
  result.attachments = {
    attached(attachment_kind::image, 4, "image/png", "QUJD")};
  CHECK(
    asked(*bedrock_converse(),
          by_user(result))["messages"][0]["content"][0]["toolResult"]["content"]
    == json::parse(R"([{"text":"seen"},
    {"image":{"format":"png","source":{"bytes":"QUJD"}}}])"));
  auto far = said(chat_role::user, "x");
  far.attachments = {
    attached(attachment_kind::image, 0, "", "", "https://h/i.png")};
  auto refused = bedrock_converse()->encode(by_user(far), {}, {"http://h"});
  REQUIRE(!refused);
  CHECK(code_of(refused.error()) == ec::provider_rejected);
}

TEST_CASE("tools that were called are described, and may be kept quiet") {
  auto call = said(chat_role::assistant, "");
  call.tool_calls = {{"c1", "old", {"{}"}}};
  chat_request what;
  what.messages = {call, tool_result("c1", "x")};
  auto past = asked(*bedrock_converse(), what);
  CHECK(past["toolConfig"]["tools"][0]["toolSpec"]["name"] == "old");
  what.tools = {{"old", "Old.", {"{}"}}};
  what.choice = tool_choice{tool_mode::none, ""};
  auto quiet = asked(*bedrock_converse(), what)["toolConfig"];
  REQUIRE(quiet["tools"].size() == 1);
  CHECK(quiet["tools"][0]["toolSpec"]["description"]
        == "Not to be called any more.");
  CHECK(!quiet.contains("toolChoice"));
  what.messages = {said(chat_role::user, "x")};
  CHECK(!asked(*bedrock_converse(), what).contains("toolConfig"));
  what.choice = tool_choice{tool_mode::required, ""};
  CHECK(asked(*bedrock_converse(), what)["toolConfig"]["toolChoice"]
        == json::parse(R"({"any":{}})"));
}

TEST_CASE("an answer by a schema is a tool of Converse") {
  chat_request what;
  what.messages = {said(chat_role::user, "x")};
  what.output_schema = json_text{R"({"type":"object"})"};
  auto forced = asked(*bedrock_converse(), what)["toolConfig"];
  CHECK(forced["tools"][0]["toolSpec"]["name"] == "answer");
  CHECK(forced["toolChoice"] == json::parse(R"({"tool":{"name":"answer"}})"));
  what.tools = {{"t", "", {"{}"}}};
  CHECK(asked(*bedrock_converse(), what)["toolConfig"]["toolChoice"]
        == json::parse(R"({"any":{}})"));
  auto free_choice = of_model("m");
  free_choice.speaks.forced_tools = false;
  auto told = asked(*bedrock_converse(), what, free_choice);
  CHECK(!told["toolConfig"].contains("toolChoice"));
  CHECK(told["system"][0]["text"].get<std::string>().find("`answer`")
        != std::string::npos);
  bedrock_reading x{{begun(0, "t1", "answer"),
                     block_delta(0, R"("toolUse":{"input":"{\"n\":"})"),
                     block_delta(0, R"("toolUse":{"input":"1}"})"),
                     stopped("tool_use")},
                    what};
  auto answer = x.reader->response();
  REQUIRE(answer);
  CHECK(answer->message.content == R"({"n":1})");
  CHECK(answer->message.tool_calls.empty());
  CHECK(answer->stop == stop_reason::finished);
  CHECK(text_of(x.deltas) == R"({"n":1})");
}

TEST_CASE("how hard a model of Bedrock is to think") {
  chat_request what;
  what.reasoning_effort = "high";
  what.reasoning_tokens = 2'000;
  auto x = asked(*bedrock_converse(), what, of_model(claude));
  CHECK(x["outputConfig"]["effort"] == "high");
  CHECK(x["additionalModelRequestFields"]["thinking"]
        == json::parse(R"({"type":"enabled","budget_tokens":2000})"));
  auto other = asked(*bedrock_converse(), what, of_model("amazon.nova-x"));
  CHECK(!other.contains("additionalModelRequestFields"));
  what.reasoning_effort = "none";
  CHECK(!asked(*bedrock_converse(), what).contains("outputConfig"));
}

TEST_CASE("thoughts go back to the model of Bedrock that had them") {
  bedrock_reading x{
    {block_delta(0, R"("reasoningContent":{"text":"Hm."})"),
     block_delta(0, R"("reasoningContent":{"signature":"s1"})"),
     block_delta(1, R"("reasoningContent":{"redactedContent":"cmVk"})"),
     block_delta(2, R"("text":"Look:")"),
     begun(3, "t1", "read"),
     block_delta(3, R"("toolUse":{"input":"{\"n\":1}"})"),
     stopped("tool_use"),
     {"metadata", R"({"usage":{"inputTokens":9,"outputTokens":2}})"}}};
  REQUIRE(x.reader->complete());
  using kind = answer_delta::kind_type;
  std::vector<kind> kinds;
  for (auto& y : x.deltas)
    kinds.push_back(y.kind);
  CHECK(kinds
        == std::vector<kind>{kind::thought, kind::signature, kind::redacted,
                             kind::text, kind::tool, kind::arguments});
  auto answer = x.reader->response();
  REQUIRE(answer);
  auto next = by_user(answer->message);
  CHECK(
    asked(*bedrock_converse(), next, of_model(claude))["messages"][0]["content"]
    == json::parse(R"([
    {"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"s1"}}},
    {"reasoningContent":{"redactedContent":"cmVk"}},
    {"text":"Look:"},
    {"toolUse":{"toolUseId":"t1","name":"read","input":{"n":1}}}])"));
  auto other = asked(*bedrock_converse(), next, of_model("n"));
  CHECK(other.dump().find("Hm.") == std::string::npos);
  CHECK(other["messages"][0]["content"].size() == 2);
}

TEST_CASE("it is told why a model of Bedrock stopped") {
  auto stop = [](const std::string& why) {
    bedrock_reading x{{block_delta(0, R"("text":"x")"), stopped(why)}};
    CHECK(x.reader->may_end());
    CHECK(!x.reader->complete());
    return x.reader->response()->stop;
  };
  CHECK(stop("end_turn") == stop_reason::finished);
  CHECK(stop("max_tokens") == stop_reason::length);
  CHECK(stop("model_context_window_exceeded") == stop_reason::length);
  CHECK(stop("guardrail_intervened") == stop_reason::refused);
  CHECK(stop("content_filtered") == stop_reason::refused);
  CHECK(stop("stop_sequence") == stop_reason::stop_text);
  bedrock_reading odd{{stopped("malformed_tool_use")}};
  CHECK(code_of(odd.reader->response().error()) == ec::provider_garbled);
}

TEST_CASE("exceptions of a binary stream are told apart") {
  auto read = [](const net::event_message& x) {
    auto frames =
      bedrock_converse()->make_framing("application/vnd.amazon.eventstream");
    auto all = frames->feed(net::encode_event_message(x));
    REQUIRE(all);
    auto reader = bedrock_converse()->make_reader({}, {});
    auto taken = reader->take(all->front());
    return taken ? ec::none : code_of(taken.error());
  };
  auto exception = [&](const std::string& type, const std::string& payload) {
    return read(
      {{{":message-type", "exception"}, {":exception-type", type}}, payload});
  };
  CHECK(exception("throttlingException", R"({"message":"m"})")
        == ec::provider_rate_limited);
  CHECK(exception("internalServerException", R"({"message":"m"})")
        == ec::provider_failed);
  CHECK(exception("modelStreamErrorException", R"({"message":"m"})")
        == ec::provider_failed);
  CHECK(exception("serviceUnavailableException", "{}") == ec::provider_failed);
  CHECK(exception("validationException", R"({"message":"m"})")
        == ec::provider_rejected);
  CHECK(exception("validationException",
                  R"({"message":"Input is too long for requested model."})")
        == ec::context_exceeded);
  CHECK(read({{{":message-type", "error"},
               {":error-code", "InternalError"},
               {":error-message", "a \"quoted\" reason"}},
              ""})
        == ec::provider_failed);
  // An event that nobody knows is none.
  CHECK(read({{{":message-type", "event"}, {":event-type", "later"}}, "{}"})
        == ec::none);
  CHECK(read({{{":message-type", "event"}, {":event-type", "messageStop"}},
              "<html>"})
        == ec::provider_garbled);
  CHECK(!bedrock_converse()->make_framing("application/json"));
}

TEST_CASE("a whole document of Converse is read like its stream") {
  auto x = bedrock_converse()->read_whole(
    R"({"output":{"message":{"role":"assistant","content":[
        {"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"s"}}},
        {"text":"Hi"},
        {"toolUse":{"toolUseId":"a","name":"t","input":{"n":1}}}]}},
        "stopReason":"tool_use",
        "usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}})",
    {}, of_model(claude));
  REQUIRE(x);
  CHECK(x->message.content == "Hi");
  CHECK(x->message.tool_calls
        == std::vector<tool_call>{{"a", "t", {R"({"n":1})"}}});
  CHECK(x->message.provider_blocks);
  CHECK(x->stop == stop_reason::tool_use);
  CHECK(x->usage == token_usage{9, 0, 2});
  auto code = [](const char* body) {
    auto y = bedrock_converse()->read_whole(body, {}, {});
    return y ? ec::none : code_of(y.error());
  };
  CHECK(code("{}") == ec::provider_garbled);
  CHECK(code("<") == ec::provider_garbled);
}

TEST_CASE("an answer of Bedrock is bounded") {
  bedrock_events all;
  for (int i = 0; i < 129; ++i)
    all.push_back(begun(i, "t", "n"));
  CHECK(code_of(bedrock_reading{all}.problem) == ec::provider_garbled);
  all.pop_back();
  CHECK(!bedrock_reading{all}.problem);
  std::string text(600'000, 'x');
  auto piece = block_delta(0, R"("text":")" + text + "\"");
  CHECK(code_of(bedrock_reading{{piece, piece}}.problem)
        == ec::provider_garbled);
}
