#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::asked;
using machine::test::attached;
using machine::test::of_model;
using machine::test::said;
using nlohmann::json;

namespace {

chat_request chat_of(std::vector<chat_message> all) {
  chat_request x;
  x.messages = std::move(all);
  return x;
}

/// The outcome of a stream of these events.
struct openai_reading {
  std::unique_ptr<answer_reader> reader;
  answer_deltas deltas;
  caf::error problem;

  explicit openai_reading(const std::vector<std::string>& events)
      : reader(openai_chat()->make_reader({}, of_model("m"))) {
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

std::string chunk(const std::string& members, const std::string& reason = {}) {
  return R"({"choices":[{"index":0,"delta":{)" + members + "}"
       + (reason.empty() ? "" : R"(,"finish_reason":")" + reason + "\"")
       + "}]}";
}

token_usage usage_in(const std::string& members) {
  openai_reading x{{R"({"choices":[],"usage":{)" + members + "}}"}};
  return x.reader->usage().value_or(token_usage{});
}

} // namespace

TEST_CASE("what is attached stands at its place in a chat message") {
  auto x = said(chat_role::user, "See this and that.");
  x.attachments = {
    attached(attachment_kind::cache_point, 2),
    attached(attachment_kind::image, 4, "image/png", "QUJD"),
    attached(attachment_kind::image, 9, "", "", "https://h/i.png"),
    attached(attachment_kind::audio, 18, "audio/wav", "QUJD"),
    attached(attachment_kind::audio, 18, "audio/mpeg", "QUJD"),
    attached(attachment_kind::document, 18, "application/pdf", "QUJD")};
  x.attachments[1].detail = "high";
  x.attachments[5].name = "plan.pdf";
  CHECK(asked(*openai_chat(), chat_of({x}))["messages"][0]["content"]
        == json::parse(R"([
    {"type":"text","text":"Se"},
    {"type":"text","text":"e "},
    {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD",
                                     "detail":"high"}},
    {"type":"text","text":"this "},
    {"type":"image_url","image_url":{"url":"https://h/i.png"}},
    {"type":"text","text":"and that."},
    {"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}},
    {"type":"input_audio","input_audio":{"data":"QUJD","format":"mp3"}},
    {"type":"file","file":{"filename":"plan.pdf",
     "file_data":"data:application/pdf;base64,QUJD"}}])"));
}

TEST_CASE("a mark for the cache alone leaves a message as it is") {
  auto x = said(chat_role::system, "Rules.");
  x.attachments = {attached(attachment_kind::cache_point, 6)};
  CHECK(asked(*openai_chat(), chat_of({x}))["messages"][0]["content"]
        == "Rules.");
}

TEST_CASE("what the chat API would not fetch is refused before it is sent") {
  for (auto kind : {attachment_kind::document, attachment_kind::audio}) {
    auto x = said(chat_role::user, "x");
    x.attachments = {attached(kind, 0, "", "", "https://h/x")};
    auto made = openai_chat()->encode(chat_of({x}), {}, {"http://h"});
    REQUIRE(!made);
    CHECK(code_of(made.error()) == ec::provider_rejected);
  }
}

TEST_CASE("what tools attach to their results follows them as the user's") {
  auto call = said(chat_role::assistant, "");
  call.tool_calls = {{"c1", "t", {"{}"}}, {"c2", "t", {"{}"}}};
  auto first = said(chat_role::tool, "one");
  first.tool_call_id = "c1";
  first.attachments = {
    attached(attachment_kind::cache_point, 0),
    attached(attachment_kind::image, 3, "image/png", "QUJD")};
  auto second = said(chat_role::tool, "two");
  second.tool_call_id = "c2";
  auto all = asked(
    *openai_chat(),
    chat_of({call, first, second, said(chat_role::user, "Well?")}))["messages"];
  CHECK(all == json::parse(R"([
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"c1","type":"function","function":{"name":"t","arguments":"{}"}},
      {"id":"c2","type":"function","function":{"name":"t","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"one"},
    {"role":"tool","tool_call_id":"c2","content":"two"},
    {"role":"user","content":[
      {"type":"text","text":"From the result of c1:"},
      {"type":"image_url",
       "image_url":{"url":"data:image/png;base64,QUJD"}}]},
    {"role":"user","content":"Well?"}])"));
}

TEST_CASE("choices of tools are said where there are tools") {
  chat_request what;
  what.choice = tool_choice{tool_mode::required, ""};
  what.parallel_tools = false;
  auto none = asked(*openai_chat(), what);
  CHECK(!none.contains("tool_choice"));
  CHECK(!none.contains("parallel_tool_calls"));
  what.tools = {{"t", "", {"{}"}}};
  auto x = asked(*openai_chat(), what);
  CHECK(x["tool_choice"] == "required");
  CHECK(x["parallel_tool_calls"] == false);
  what.choice = tool_choice{tool_mode::none, ""};
  CHECK(asked(*openai_chat(), what)["tool_choice"] == "none");
  what.choice = tool_choice{tool_mode::automatic, ""};
  CHECK(asked(*openai_chat(), what)["tool_choice"] == "auto");
  what.choice = tool_choice{tool_mode::named, "t"};
  CHECK(asked(*openai_chat(), what)["tool_choice"]
        == json::parse(R"({"type":"function","function":{"name":"t"}})"));
}

TEST_CASE("draws, formats and users are told to the chat API") {
  chat_request what;
  what.temperature = 0.5;
  what.draws.top_p = 0.9;
  what.draws.top_k = 40;
  what.draws.frequency_penalty = 0.25;
  what.draws.presence_penalty = -0.5;
  what.draws.seed = -7;
  what.draws.stop = {"END", "STOP"};
  what.json_output = true;
  what.end_user = "u-1";
  what.reasoning_effort = "high";
  what.vendor =
    vendor_members{"openai", {R"({"logprobs":true,"model":"other"})"}};
  auto x = asked(*openai_chat(), what, of_model("m"));
  CHECK(x["temperature"] == 0.5);
  CHECK(x["top_p"] == 0.9);
  // No word for it.
  CHECK(!x.contains("top_k"));
  CHECK(x["frequency_penalty"] == 0.25);
  CHECK(x["presence_penalty"] == -0.5);
  CHECK(x["seed"] == -7);
  CHECK(x["stop"] == json{"END", "STOP"});
  CHECK(x["response_format"] == json{{"type", "json_object"}});
  CHECK(x["user"] == "u-1");
  CHECK(x["reasoning_effort"] == "high");
  CHECK(x["logprobs"] == true);
  CHECK(x["model"] == "m");
  what.output_schema = json_text{R"({"type":"object"})"};
  what.output_name = "verdict";
  CHECK(asked(*openai_chat(), what)["response_format"]["json_schema"]["name"]
        == "verdict");
  CHECK(!asked(*anthropic_messages(), what).contains("logprobs"));
}

TEST_CASE("thoughts of compatible servers are told, whatever they are called") {
  for (std::string name : {"reasoning_content", "reasoning"}) {
    openai_reading x{
      {chunk("\"" + name + "\":\"Hm\""),
       chunk("\"" + name + "\":\".\",\"content\":\"Hi\"", "stop")}};
    REQUIRE(x.deltas.size() == 3);
    CHECK(x.deltas[0].kind == answer_delta::kind_type::thought);
    CHECK(x.deltas[0].text + x.deltas[1].text == "Hm.");
    CHECK(text_of(x.deltas) == "Hi");
    auto answer = x.reader->response();
    CHECK(answer->message.content == "Hi");
    // Nobody wants them back after an answer without calls.
    CHECK(!answer->message.provider_blocks);
  }
}

TEST_CASE("content may be a list of parts, with thoughts among them") {
  // docs.mistral.ai/capabilities/reasoning.
  openai_reading x{
    {chunk(
       R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]}])"),
     chunk(R"("content":[{"type":"text","text":"Hi"}])", "stop")}};
  REQUIRE(x.deltas.size() == 2);
  CHECK(x.deltas[0]
        == answer_delta{answer_delta::kind_type::thought, "Hm.", 0, "", ""});
  CHECK(x.reader->response()->message.content == "Hi");
  auto whole = openai_chat()->read_whole(
    R"({"choices":[{"message":{"content":[{"type":"text","text":"Hi"}]}}]})",
    {}, {});
  REQUIRE(whole);
  CHECK(whole->message.content == "Hi");
}

TEST_CASE("thoughts before calls go back to the model that had them") {
  openai_reading x{
    {chunk(R"("reasoning_content":"Hm.")"),
     chunk(
       R"("tool_calls":[{"index":0,"id":"c1","function":{"name":"t","arguments":"{\"n\":1}"},"extra_content":{"google":{"thought_signature":"s1"}}}])",
       "tool_calls")}};
  auto answer = x.reader->response();
  REQUIRE(answer);
  auto next = chat_of({answer->message});
  CHECK(asked(*openai_chat(), next, of_model("m"))["messages"]
        == json::parse(R"([
    {"role":"assistant","content":null,"reasoning_content":"Hm.","tool_calls":[
      {"id":"c1","type":"function",
       "function":{"name":"t","arguments":"{\"n\":1}"},
       "extra_content":{"google":{"thought_signature":"s1"}}}]}])"));
  auto other = asked(*openai_chat(), next, of_model("n")).dump();
  CHECK(other.find("Hm.") == std::string::npos);
  CHECK(other.find("\"c1\"") != std::string::npos);
  auto whole = openai_chat()->read_whole(
    R"({"choices":[{"message":{"reasoning":"Hm.","content":"x","tool_calls":[{"id":"c1","function":{"name":"t","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})",
    {}, of_model("m"));
  REQUIRE(whole);
  REQUIRE(whole->message.provider_blocks);
  CHECK(whole->message.provider_blocks->text.find(R"("reasoning":"Hm.")")
        != std::string::npos);
}

TEST_CASE(
  "calls are told once their names are known, and then piece by piece") {
  openai_reading x{
    {chunk(R"("tool_calls":[{"index":0,"id":"c1"}])"),
     chunk(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"n\""}}])"),
     chunk(R"("tool_calls":[{"index":0,"function":{"name":"t"}}])"),
     chunk(R"("tool_calls":[{"index":0,"function":{"arguments":":1}"}}])",
           "tool_calls")}};
  using kind = answer_delta::kind_type;
  CHECK(x.deltas
        == answer_deltas{{kind::tool, "", 0, "c1", "t"},
                         {kind::arguments, "{\"n\"", 0, "", ""},
                         {kind::arguments, ":1}", 0, "", ""}});
}

TEST_CASE("each token of a chat is counted once") {
  auto x = usage_in(
    R"("prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":600,"cache_write_tokens":100,"audio_tokens":50,"image_tokens":20},"completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":40})");
  CHECK(x.cached == 600);
  CHECK(x.cache_write == 100);
  CHECK(x.audio == 50);
  CHECK(x.image == 20);
  CHECK(x.input == 230);
  CHECK(prompt_tokens(x) == 1'000);
  CHECK(x.audio_output == 40);
  CHECK(x.output == 60);
  CHECK(x.reasoning == 30);
  // Parts that are more than the whole.
  auto odd = usage_in(
    R"("prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":600,"audio_tokens":9},"completion_tokens_details":{"reasoning_tokens":99})");
  CHECK(odd.cached == 10);
  CHECK(prompt_tokens(odd) == 10);
  CHECK(odd.reasoning == 5);
  // Moonshot's word, and DeepSeek's, but not beside OpenAI's.
  CHECK(
    usage_in(R"("prompt_tokens":10,"completion_tokens":5,"cached_tokens":4)")
    == token_usage{6, 4, 5});
  CHECK(
    usage_in(
      R"("prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":4,"prompt_tokens_details":{"cached_tokens":4})")
    == token_usage{6, 4, 5});
}

TEST_CASE("a server that gives up in the middle has not answered") {
  for (auto* reason : {"error", "insufficient_system_resource"}) {
    openai_reading x{{chunk(R"("content":"x")", reason)}};
    CHECK(code_of(x.problem) == ec::provider_failed);
  }
}
