#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::asked;
using machine::test::attached;
using machine::test::encoded;
using machine::test::header_of;
using machine::test::of_model;
using machine::test::said;
using nlohmann::json;

namespace {

chat_request asking(const chat_message& x) {
  chat_request what;
  what.messages = {x};
  return what;
}

/// The outcome of a stream of these events.
struct responses_reading {
  std::unique_ptr<answer_reader> reader;
  answer_deltas deltas;
  caf::error problem;

  explicit responses_reading(const std::vector<std::string>& events,
                             const std::string& model = "m")
      : reader(openai_responses()->make_reader({}, of_model(model))) {
    for (auto& data : events) {
      auto piece = reader->take({"message", data, ""});
      if (!piece) {
        problem = piece.error();
        return;
      }
      deltas.insert(deltas.end(), piece->begin(), piece->end());
    }
  }
};

std::string ended(const std::string& members) {
  return R"({"type":"response.completed","response":{"status":"completed",)"
       + members + "}}";
}

} // namespace

TEST_CASE("a conversation is sent as items of the Responses API") {
  chat_request what;
  what.messages = {said(chat_role::system, "Be brief."),
                   said(chat_role::user, "Read a.")};
  auto call = said(chat_role::assistant, "Gladly.");
  call.tool_calls = {{"c1", "read", {R"({"path":"a"})"}},
                     {"c2", "read", {"no object"}}};
  what.messages.push_back(call);
  auto result = said(chat_role::tool, "text of a");
  result.tool_call_id = "c1";
  what.messages.push_back(result);
  what.tools.push_back({"read", "Reads.", {R"({"type":"object"})"}});
  what.choice = tool_choice{tool_mode::named, "read"};
  what.parallel_tools = false;
  what.max_output_tokens = 100;
  what.temperature = 0.5;
  what.draws.top_p = 0.9;
  // The API has no words for these.
  what.draws.top_k = 3;
  what.draws.seed = 4;
  what.draws.stop = {"x"};
  what.end_user = "u";
  auto request = encoded(*openai_responses(), what, of_model("m"));
  CHECK(request.url == "http://h/v1/responses");
  CHECK(header_of(request, "Idempotency-Key") == "r:1");
  CHECK(json::parse(request.body) == json::parse(R"({
    "model":"m","stream":true,"store":false,"max_output_tokens":100,
    "temperature":0.5,"top_p":0.9,"user":"u","parallel_tool_calls":false,
    "tool_choice":{"type":"function","name":"read"},
    "tools":[{"type":"function","name":"read","description":"Reads.",
              "parameters":{"type":"object"},"strict":false}],
    "input":[
      {"role":"system","content":"Be brief."},
      {"role":"user","content":"Read a."},
      {"role":"assistant","content":"Gladly."},
      {"type":"function_call","call_id":"c1","name":"read",
       "arguments":"{\"path\":\"a\"}"},
      {"type":"function_call","call_id":"c2","name":"read","arguments":"{}"},
      {"type":"function_call_output","call_id":"c1","output":"text of a"}]})"));
}

TEST_CASE("what is attached stands at its place, also in results") {
  auto x = said(chat_role::user, "See this and that.");
  x.attachments = {attached(attachment_kind::cache_point, 3),
                   attached(attachment_kind::image, 8, "image/png", "QUJD"),
                   attached(attachment_kind::document, 18, "application/pdf",
                            "", "https://d")};
  x.attachments[1].detail = "low";
  CHECK(asked(*openai_responses(), asking(x))["input"][0]["content"]
        == json::parse(R"([
    {"type":"input_text","text":"See"},
    {"type":"input_text","text":" this"},
    {"type":"input_image","image_url":"data:image/png;base64,QUJD",
     "detail":"low"},
    {"type":"input_text","text":" and that."},
    {"type":"input_file","file_url":"https://d"}])"));
  auto result = said(chat_role::tool, "");
  result.tool_call_id = "c";
  result.attachments = {
    attached(attachment_kind::document, 0, "application/pdf", "QUJD")};
  CHECK(
    asked(*openai_responses(), asking(result))["input"][0]
    == json::parse(R"({"type":"function_call_output","call_id":"c","output":[
    {"type":"input_file","filename":"document.pdf",
     "file_data":"data:application/pdf;base64,QUJD"}]})"));
  // Nothing but a mark for the cache is no part.
  auto marked = said(chat_role::user, "x");
  marked.attachments = {attached(attachment_kind::cache_point, 1)};
  CHECK(asked(*openai_responses(), asking(marked))["input"][0]["content"]
        == "x");
  auto sound = said(chat_role::user, "x");
  sound.attachments = {
    attached(attachment_kind::audio, 0, "audio/wav", "QUJD")};
  auto refused = openai_responses()->encode(asking(sound), {}, {"http://h"});
  REQUIRE(!refused);
  CHECK(code_of(refused.error()) == ec::provider_rejected);
}

TEST_CASE("an answer by a schema, or in JSON, is asked for in text.format") {
  chat_request what;
  what.output_schema = json_text{R"({"type":"object"})"};
  what.output_name = "verdict";
  CHECK(asked(*openai_responses(), what)["text"]
        == json::parse(R"({"format":{"type":"json_schema","name":"verdict",
                           "schema":{"type":"object"}}})"));
  chat_request plain;
  plain.json_output = true;
  CHECK(asked(*openai_responses(), plain)["text"]["format"]["type"]
        == "json_object");
  CHECK(!asked(*openai_responses(), {}).contains("text"));
}

TEST_CASE("thoughts are asked for where a model is said to think") {
  auto plain = asked(*openai_responses(), {});
  CHECK(!plain.contains("include"));
  CHECK(!plain.contains("reasoning"));
  auto thinks = of_model("m");
  thinks.speaks.reasoning_effort = "low";
  auto x = asked(*openai_responses(), {}, thinks);
  CHECK(x["include"] == json{"reasoning.encrypted_content"});
  CHECK(x["reasoning"]["effort"] == "low");
  chat_request harder;
  harder.reasoning_effort = "high";
  CHECK(asked(*openai_responses(), harder, thinks)["reasoning"]["effort"]
        == "high");
}

TEST_CASE("the API refuses bounds under 16, which are asked for as 16") {
  chat_request what;
  what.max_output_tokens = 1;
  CHECK(asked(*openai_responses(), what)["max_output_tokens"] == 16);
}

TEST_CASE("members of one vendor are sent to it alone, and replace nothing") {
  chat_request what;
  what.vendor = vendor_members{
    "openai_responses",
    {R"({"truncation":"auto","store":true,"metadata":{"a":"b"}})"}};
  auto x = asked(*openai_responses(), what);
  CHECK(x["truncation"] == "auto");
  CHECK(x["metadata"]["a"] == "b");
  CHECK(x["store"] == false);
  CHECK(!asked(*openai_chat(), what).contains("truncation"));
}

TEST_CASE("sealed thoughts go back to the model that had them") {
  responses_reading x{
    {R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}})",
     R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E1","extra":[[[[1]]]]}})",
     R"({"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[],"phase":"commentary"}})",
     R"({"type":"response.output_text.delta","output_index":1,"delta":"Look:"})",
     R"({"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"c1","name":"t","arguments":""}})",
     R"({"type":"response.function_call_arguments.done","output_index":2,"arguments":"{\"n\":1}"})",
     ended("\"model\":\"m-1\"")}};
  REQUIRE(x.reader->complete());
  REQUIRE(x.deltas.size() == 4);
  CHECK(x.deltas[0]
        == answer_delta{answer_delta::kind_type::redacted, "E1", 0, "", ""});
  auto answer = x.reader->response();
  REQUIRE(answer);
  CHECK(answer->stop == stop_reason::tool_use);
  auto next = asking(answer->message);
  CHECK(asked(*openai_responses(), next, of_model("m"))["input"]
        == json::parse(R"([
    {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E1"},
    {"type":"message","id":"msg_1","role":"assistant","status":"completed",
     "phase":"commentary",
     "content":[{"type":"output_text","text":"Look:","annotations":[]}]},
    {"type":"function_call","id":"fc_1","call_id":"c1","name":"t",
     "arguments":"{\"n\":1}"}])"));
  // Others hear what was said, and not what was thought.
  auto other = asked(*openai_responses(), next, of_model("n"))["input"];
  CHECK(other == json::parse(R"([
    {"role":"assistant","content":"Look:"},
    {"type":"function_call","call_id":"c1","name":"t",
     "arguments":"{\"n\":1}"}])"));
  CHECK(asked(*openai_chat(), next, of_model("m")).dump().find("E1")
        == std::string::npos);
}

TEST_CASE("without a seal nothing is kept") {
  responses_reading x{
    {R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm."}]}})",
     R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"Hi"}]}})",
     ended("\"model\":\"m-1\"")}};
  auto answer = x.reader->response();
  REQUIRE(answer);
  // Items that come as a whole are told, too.
  CHECK(text_of(x.deltas) == "Hi");
  CHECK(x.deltas[0].text == "Hm.");
  CHECK(answer->message.content == "Hi");
  CHECK(!answer->message.provider_blocks);
}

TEST_CASE("it is told why an answer ended") {
  auto stop = [](const std::string& event, const std::string& before = {}) {
    std::vector<std::string> events;
    if (!before.empty())
      events.push_back(before);
    events.push_back(event);
    responses_reading x{events};
    REQUIRE(x.reader->complete());
    return x.reader->response()->stop;
  };
  auto cut = [](const std::string& reason) {
    return R"({"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":")"
         + reason + "\"}}}";
  };
  CHECK(stop(cut("max_output_tokens")) == stop_reason::length);
  CHECK(stop(cut("content_filter")) == stop_reason::refused);
  CHECK(stop(ended("\"model\":\"m\"")) == stop_reason::finished);
  CHECK(
    stop(ended("\"model\":\"m\""),
         R"({"type":"response.refusal.delta","output_index":0,"delta":"No."})")
    == stop_reason::refused);
}

TEST_CASE("what fails in a stream of the Responses API is told apart") {
  auto code = [](const std::string& event) {
    return code_of(responses_reading{{event}}.problem);
  };
  auto failed = [](const std::string& what) {
    return R"({"type":"response.failed","response":{"status":"failed","error":{"code":")"
         + what + R"(","message":"m"}}})";
  };
  CHECK(code(failed("server_error")) == ec::provider_failed);
  CHECK(code(failed("rate_limit_exceeded")) == ec::provider_rate_limited);
  CHECK(code(failed("invalid_prompt")) == ec::content_refused);
  CHECK(code(failed("image_content_policy_violation")) == ec::content_refused);
  CHECK(code(failed("context_length_exceeded")) == ec::context_exceeded);
  CHECK(code(R"({"type":"error","code":"insufficient_quota","message":"m"})")
        == ec::provider_auth);
  CHECK(
    code(R"({"type":"error","error":{"type":"server_error","message":"m"}})")
    == ec::provider_failed);
  CHECK(code("<html>") == ec::provider_garbled);
}

TEST_CASE("a whole document of the Responses API is read like its stream") {
  auto x = openai_responses()->read_whole(
    R"({"id":"resp_1","status":"completed","error":null,"model":"m-1","output":[
        {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E1"},
        {"type":"message","id":"msg_1","content":[{"type":"output_text","text":"Hi"}]},
        {"type":"function_call","id":"fc_1","call_id":"c1","name":"t","arguments":"{\"n\":1}"}],
        "usage":{"input_tokens":9,"output_tokens":2}})",
    {}, of_model("m"));
  REQUIRE(x);
  CHECK(x->message.content == "Hi");
  CHECK(x->message.tool_calls
        == std::vector<tool_call>{{"c1", "t", {R"({"n":1})"}}});
  CHECK(x->message.provider_blocks);
  CHECK(x->stop == stop_reason::tool_use);
  CHECK(x->usage == token_usage{9, 0, 2});
  CHECK(x->model == "m-1");
  auto code = [](const char* body) {
    auto y = openai_responses()->read_whole(body, {}, {});
    return y ? ec::none : code_of(y.error());
  };
  CHECK(code(R"({"status":"failed","error":{"code":"server_error"}})")
        == ec::provider_failed);
  CHECK(code(R"({"status":"completed"})") == ec::provider_garbled);
  CHECK(code("[]") == ec::provider_garbled);
}

TEST_CASE("an answer of the Responses API is bounded") {
  std::vector<std::string> items;
  for (int i = 0; i < 129; ++i)
    items.push_back(
      R"({"type":"response.output_item.added","output_index":)"
      + std::to_string(i)
      + R"(,"item":{"type":"function_call","call_id":"c","name":"t"}})");
  CHECK(code_of(responses_reading{items}.problem) == ec::provider_garbled);
  items.pop_back();
  responses_reading fits{items};
  CHECK(!fits.problem);
  // Ids that are taken are made anew.
  auto answer = fits.reader->response();
  REQUIRE(answer);
  CHECK(answer->message.tool_calls[0].id == "c");
  CHECK(answer->message.tool_calls[1].id == "call_0_1");
  std::string text(1u << 20, 'x');
  CHECK(code_of(responses_reading{
          {R"({"type":"response.output_text.delta","output_index":0,"delta":"x)"
           + text + "\"}"}}
                  .problem)
        == ec::provider_garbled);
}
