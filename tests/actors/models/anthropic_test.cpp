#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::asked;
using machine::test::attached;
using machine::test::of_model;
using machine::test::said;
using nlohmann::json;

namespace {

chat_request talk_of(std::vector<chat_message> all) {
  chat_request x;
  x.messages = std::move(all);
  return x;
}

/// The outcome of a stream of these events.
struct anthropic_reading {
  std::unique_ptr<answer_reader> reader;
  answer_deltas deltas;

  explicit anthropic_reading(const std::vector<std::string>& events,
                             const chat_request& what = {})
      : reader(anthropic_messages()->make_reader(what, of_model("m"))) {
    for (auto& data : events) {
      auto piece = reader->take({"message", data, ""});
      if (!piece)
        FAIL(render(piece.error()));
      deltas.insert(deltas.end(), piece->begin(), piece->end());
    }
  }
};

std::string block_begun(int index, const std::string& content) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index)
       + R"(,"content_block":)" + content + "}";
}

std::string block_piece(int index, const std::string& members) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index)
       + R"(,"delta":{)" + members + "}}";
}

} // namespace

TEST_CASE("what is attached becomes blocks of a message of Anthropic") {
  auto x = said(chat_role::user, "See this.");
  x.attachments = {
    attached(attachment_kind::image, 4, "image/png", "QUJD"),
    attached(attachment_kind::image, 4, "", "", "https://h/i"),
    attached(attachment_kind::document, 9, "application/pdf", "QUJD"),
    attached(attachment_kind::cache_point, 9)};
  x.attachments[2].name = "Plan";
  x.attachments[3].detail = "1h";
  CHECK(asked(*anthropic_messages(), talk_of({x}))["messages"][0]["content"]
        == json::parse(R"([
    {"type":"text","text":"See "},
    {"type":"image","source":{"type":"base64","media_type":"image/png",
                              "data":"QUJD"}},
    {"type":"image","source":{"type":"url","url":"https://h/i"}},
    {"type":"text","text":"this."},
    {"type":"document","title":"Plan","source":{"type":"base64",
     "media_type":"application/pdf","data":"QUJD"},
     "cache_control":{"type":"ephemeral","ttl":"1h"}}])"));
  auto sound = said(chat_role::user, "x");
  sound.attachments = {
    attached(attachment_kind::audio, 0, "audio/wav", "QQ==")};
  auto made = anthropic_messages()->encode(talk_of({sound}), {}, {"http://h"});
  REQUIRE(!made);
  CHECK(code_of(made.error()) == ec::provider_rejected);
}

TEST_CASE("marks for the cache stand where the request has them") {
  auto system = said(chat_role::system, "Rules. More.");
  system.attachments = {attached(attachment_kind::cache_point, 0),
                        attached(attachment_kind::cache_point, 6)};
  auto result = said(chat_role::tool, "long");
  result.tool_call_id = "c";
  result.attachments = {attached(attachment_kind::cache_point, 4)};
  auto what = talk_of({system, result});
  what.tools = {{"a", "", {"{}"}}, {"b", "", {"{}"}}};
  auto x = asked(*anthropic_messages(), what);
  CHECK(x["system"] == json::parse(R"([
    {"type":"text","text":"Rules.","cache_control":{"type":"ephemeral"}},
    {"type":"text","text":" More."}])"));
  CHECK(x["messages"][0]["content"][0] == json::parse(R"({
    "type":"tool_result","tool_use_id":"c",
    "content":[{"type":"text","text":"long",
                "cache_control":{"type":"ephemeral"}}],
    "cache_control":{"type":"ephemeral"}})"));
  // The one before the first word stands at the last tool.
  CHECK(!x["tools"][0].contains("cache_control"));
  CHECK(x["tools"][1]["cache_control"] == json{{"type", "ephemeral"}});
  what.messages[0].attachments.erase(what.messages[0].attachments.begin());
  CHECK(
    !asked(*anthropic_messages(), what)["tools"][1].contains("cache_control"));
}

TEST_CASE("choices of tools are told to Anthropic") {
  auto choice = [](tool_mode mode, std::optional<bool> parallel = {},
                   bool forced = true) {
    chat_request what;
    what.tools = {{"t", "", {"{}"}}};
    what.choice = tool_choice{mode, "t"};
    what.parallel_tools = parallel;
    auto options = of_model("m");
    options.speaks.forced_tools = forced;
    auto x = asked(*anthropic_messages(), what, options);
    return x.value("tool_choice", json());
  };
  CHECK(choice(tool_mode::automatic).is_null());
  CHECK(choice(tool_mode::none) == json{{"type", "none"}});
  CHECK(choice(tool_mode::required) == json{{"type", "any"}});
  CHECK(choice(tool_mode::named) == json{{"type", "tool"}, {"name", "t"}});
  CHECK(choice(tool_mode::named, {}, false).is_null());
  CHECK(choice(tool_mode::automatic, false)
        == json{{"type", "auto"}, {"disable_parallel_tool_use", true}});
  CHECK(choice(tool_mode::required, false)
        == json{{"type", "any"}, {"disable_parallel_tool_use", true}});
  CHECK(choice(tool_mode::none, false) == json{{"type", "none"}});
  CHECK(choice(tool_mode::automatic, true).is_null());
}

TEST_CASE("draws, thoughts and users are told to Anthropic") {
  chat_request what;
  what.temperature = 0.5;
  what.draws.top_p = 0.9;
  what.draws.top_k = 40;
  what.draws.seed = 7;
  what.draws.frequency_penalty = 0.5;
  what.draws.stop = {"END"};
  what.reasoning_tokens = 2'000;
  what.reasoning_effort = "high";
  what.end_user = "u-1";
  what.json_output = true;
  what.vendor = vendor_members{"anthropic", {R"({"service_tier":"auto"})"}};
  auto x = asked(*anthropic_messages(), what);
  CHECK(x["temperature"] == 0.5);
  CHECK(x["top_p"] == 0.9);
  CHECK(x["top_k"] == 40);
  // No words for these.
  CHECK(!x.contains("seed"));
  CHECK(!x.contains("frequency_penalty"));
  CHECK(x["stop_sequences"] == json{"END"});
  CHECK(x["thinking"]
        == json::parse(R"({"type":"enabled","budget_tokens":2000})"));
  CHECK(x["output_config"] == json{{"effort", "high"}});
  CHECK(x["metadata"] == json{{"user_id", "u-1"}});
  CHECK(x["system"] == "Answer with one JSON object and nothing beside it.");
  CHECK(x["service_tier"] == "auto");
}

TEST_CASE("thoughts, seals and calls of Anthropic are told piece by piece") {
  anthropic_reading x{
    {block_begun(0, R"({"type":"thinking","thinking":"","signature":""})"),
     block_piece(0, R"("type":"thinking_delta","thinking":"Hm.")"),
     block_piece(0, R"("type":"signature_delta","signature":"s1")"),
     block_begun(1, R"({"type":"redacted_thinking","data":"d1"})"),
     block_begun(2, R"({"type":"text","text":""})"),
     block_piece(2, R"("type":"text_delta","text":"Look:")"),
     block_begun(3, R"({"type":"tool_use","id":"a","name":"t","input":{}})"),
     block_piece(3, R"("type":"input_json_delta","partial_json":"{}")"),
     block_begun(4, R"({"type":"tool_use","id":"b","name":"u","input":{}})"),
     block_piece(4,
                 R"("type":"input_json_delta","partial_json":"{\"n\":1}")")}};
  using kind = answer_delta::kind_type;
  CHECK(x.deltas
        == answer_deltas{{kind::thought, "Hm.", 0, "", ""},
                         {kind::signature, "s1", 0, "", ""},
                         {kind::redacted, "d1", 0, "", ""},
                         {kind::text, "Look:", 0, "", ""},
                         {kind::tool, "", 0, "a", "t"},
                         {kind::arguments, "{}", 0, "", ""},
                         {kind::tool, "", 1, "b", "u"},
                         {kind::arguments, "{\"n\":1}", 1, "", ""}});
}

TEST_CASE("an answer by a schema with thoughts goes back as a text") {
  auto what = talk_of({said(chat_role::user, "x")});
  what.output_schema = json_text{R"({"type":"object"})"};
  anthropic_reading x{
    {block_begun(0, R"({"type":"thinking","thinking":"Hm.","signature":"s"})"),
     block_begun(1, R"({"type":"tool_use","id":"a","name":"answer"})"),
     block_piece(1, R"("type":"input_json_delta","partial_json":"{\"n\":1}")")},
    what};
  CHECK(text_of(x.deltas) == R"({"n":1})");
  auto answer = x.reader->response();
  REQUIRE(answer);
  CHECK(answer->message.content == R"({"n":1})");
  // Nobody gives a result to a call that is the answer.
  auto next = talk_of({said(chat_role::user, "x"), answer->message,
                       said(chat_role::user, "Again.")});
  CHECK(
    asked(*anthropic_messages(), next, of_model("m"))["messages"][1]["content"]
    == json::parse(R"([
    {"type":"thinking","thinking":"Hm.","signature":"s"},
    {"type":"text","text":"{\"n\":1}"}])"));
}

TEST_CASE("what was written to the cache is counted by how long it is kept") {
  auto counted = [](const std::string& usage) {
    anthropic_reading x{
      {R"({"type":"message_start","message":{"model":"m","usage":{)" + usage
         + "}}}",
       R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}})",
       R"({"type":"message_stop"})"}};
    return x.reader->response()->usage.value_or(token_usage{});
  };
  auto x = counted(
    R"("input_tokens":10,"cache_creation_input_tokens":100,"cache_read_input_tokens":7)");
  CHECK(x.cache_write == 100);
  CHECK(x.cache_write_hour == 0);
  CHECK(x.cached == 7);
  auto y = counted(
    R"("input_tokens":10,"cache_creation_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":60})");
  CHECK(y.cache_write == 40);
  CHECK(y.cache_write_hour == 60);
  CHECK(prompt_tokens(y) == 110);
}
