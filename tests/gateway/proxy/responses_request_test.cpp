#include "tests/gateway/proxy/talk.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::models;
using namespace machine::test;

// Requests as the public reference describes them
// (platform.openai.com/docs/api-reference/responses/create).

namespace {

asked read_response(const std::string& members) {
  return read(*responses_front(), R"({"model":"m",)" + members + "}");
}

asked read_items(const std::string& items) {
  return read_response(R"("input":[)" + items + "]");
}

std::string refused_response(const std::string& body) {
  return refused(*responses_front(), body);
}

std::string refused_member(const std::string& members) {
  return refused_response(R"({"model":"m","input":"Hi",)" + members + "}");
}

std::string refused_item(const std::string& items) {
  return refused_response(R"({"model":"m","input":[)" + items + "]}");
}

bool begins(const std::string& text, std::string_view with) {
  return text.starts_with(with);
}

} // namespace

TEST_CASE("the input of a response is a text") {
  auto x = read_response(R"("input":"Hi")");
  CHECK(x.model == "m");
  REQUIRE(x.request.messages.size() == 1);
  CHECK(x.request.messages[0] == chat_message{chat_role::user, "Hi"});
  CHECK(!x.manner.streams);
  CHECK(!x.is_bounded);
  CHECK(x.ignored.empty());
}

TEST_CASE("instructions of a response stand before its input, wherever they "
          "are") {
  auto x = read_response(R"("input":"Hi","instructions":"Be brief.")");
  REQUIRE(x.request.messages.size() == 2);
  CHECK(x.request.messages[0] == chat_message{chat_role::system, "Be brief."});
  CHECK(x.request.messages[1].role == chat_role::user);
  auto empty = read_response(R"("input":"Hi","instructions":"")");
  CHECK(empty.request.messages.size() == 1);
}

TEST_CASE("messages of a response are items with and without a type") {
  auto x = read_items(
    R"({"role":"developer","content":"Be brief."},)"
    R"({"type":"message","role":"user","content":[)"
    R"({"type":"input_text","text":"One."},{"type":"input_text","text":"Two."}]},)"
    R"({"type":"message","id":"msg_1","status":"completed","role":"assistant",)"
    R"("content":[{"type":"output_text","text":"Three.","annotations":[]},)"
    R"({"type":"refusal","refusal":"No."}]},)"
    R"({"role":"system","content":"Go on."})");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 4);
  CHECK(all[0] == chat_message{chat_role::system, "Be brief."});
  CHECK(all[1] == chat_message{chat_role::user, "One.\nTwo."});
  CHECK(all[2] == chat_message{chat_role::assistant, "Three.\nNo."});
  CHECK(all[3] == chat_message{chat_role::system, "Go on."});
  CHECK(x.ignored.empty());
}

TEST_CASE("a response's images, files and sounds stand at their place") {
  auto x = read_items(
    R"({"role":"user","content":[)"
    R"({"type":"input_text","text":"See"},)"
    R"({"type":"input_image","image_url":"https://h/a.png","detail":"low"},)"
    R"({"type":"input_image","image_url":"data:image/png;base64,QUJD"},)"
    R"({"type":"input_file","filename":"a.pdf",)"
    R"("file_data":"data:application/pdf;base64,QUJD"},)"
    R"({"type":"input_file","file_url":"https://h/b.pdf"},)"
    R"({"type":"input_audio","input_audio":{"data":"QUJD","format":"mp3"}},)"
    R"({"type":"input_text","text":"and hear."}]})");
  REQUIRE(x.request.messages.size() == 1);
  auto& message = x.request.messages[0];
  CHECK(message.content == "Seeand hear.");
  using kind = attachment_kind;
  std::vector<attachment> expected{
    {.kind = kind::image, .at = 3, .url = "https://h/a.png", .detail = "low"},
    {.kind = kind::image, .at = 3, .media_type = "image/png", .data = "QUJD"},
    {.kind = kind::document,
     .at = 3,
     .media_type = "application/pdf",
     .data = "QUJD",
     .name = "a.pdf"},
    {.kind = kind::document, .at = 3, .url = "https://h/b.pdf"},
    {.kind = kind::audio, .at = 3, .media_type = "audio/mpeg", .data = "QUJD"},
  };
  CHECK(message.attachments == expected);
}

TEST_CASE("places for a provider's cache are marked in a response's input") {
  auto x = read_items(
    R"({"role":"user","content":[{"type":"input_text","text":"Long.",)"
    R"("prompt_cache_breakpoint":{"mode":"explicit"}},)"
    R"({"type":"input_text","text":" Short.",)"
    R"("cache_control":{"type":"ephemeral","ttl":"1h"}}]})");
  std::vector<attachment> expected{
    {.kind = attachment_kind::cache_point, .at = 5},
    {.kind = attachment_kind::cache_point, .at = 12, .detail = "1h"}};
  CHECK(x.request.messages[0].attachments == expected);
}

TEST_CASE("what an assistant said and called is one message") {
  auto x = read_items(
    R"({"role":"user","content":"Read both."},)"
    R"({"type":"message","role":"assistant","content":"I do."},)"
    R"({"type":"function_call","id":"fc_1","call_id":"c1","name":"read",)"
    R"("arguments":"{\"path\":\"a\"}","status":"completed"},)"
    R"({"type":"function_call","call_id":"c2","name":"read","arguments":""},)"
    R"({"type":"function_call_output","call_id":"c1","output":"text"},)"
    R"({"type":"function_call_output","call_id":"c2","output":[)"
    R"({"type":"input_text","text":"See:"},)"
    R"({"type":"input_image","image_url":"https://h/a.png"}]},)"
    R"({"type":"function_call","call_id":"c3","name":"stop","arguments":"{}"})");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 5);
  CHECK(all[1].content == "I do.");
  std::vector<tool_call> calls{{"c1", "read", {R"({"path":"a"})"}},
                               {"c2", "read", {"{}"}}};
  CHECK(all[1].tool_calls == calls);
  CHECK(!all[1].provider_blocks);
  CHECK(all[2] == chat_message{chat_role::tool, "text", {}, "c1"});
  CHECK(all[3].role == chat_role::tool);
  CHECK(all[3].tool_call_id == "c2");
  CHECK(all[3].attachments.size() == 1);
  CHECK(all[4].tool_calls.size() == 1);
  CHECK(x.ignored.empty());
}

TEST_CASE("two messages of an assistant are two paragraphs") {
  auto x = read_items(R"({"role":"user","content":"Hi"},)"
                      R"({"role":"assistant","content":"One."},)"
                      R"({"role":"assistant","content":"Two."})");
  REQUIRE(x.request.messages.size() == 2);
  CHECK(x.request.messages[1].content == "One.\nTwo.");
}

TEST_CASE("thoughts that are sealed by others are left out, and that shows") {
  auto x = read_items(
    R"({"role":"user","content":"Hi"},)"
    R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text",)"
    R"("text":"Hm."}],"encrypted_content":"gAAAAA"},)"
    R"({"role":"assistant","content":"Hello."})");
  REQUIRE(x.request.messages.size() == 2);
  CHECK(x.request.messages[1].content == "Hello.");
  CHECK(!x.request.messages[1].provider_blocks);
  CHECK(x.ignored == std::vector<std::string>{"input.encrypted_content"});
}

TEST_CASE("a thought after which nothing was said is no message") {
  auto x = read_items(R"({"role":"user","content":"Hi"},)"
                      R"({"type":"reasoning","summary":[]},)"
                      R"({"role":"user","content":"And?"})");
  REQUIRE(x.request.messages.size() == 2);
  CHECK(x.request.messages[1].role == chat_role::user);
}

TEST_CASE("how a response is to be drawn and bounded") {
  auto x = read_response(
    R"("input":"Hi","max_output_tokens":50,"temperature":0.5,"top_p":0.9,)"
    R"("parallel_tool_calls":false,"user":"u","safety_identifier":"s",)"
    R"("stream":true,"stream_options":{"include_obfuscation":false},)"
    R"("reasoning":{"effort":"high","summary":"auto"},)"
    R"("prompt_cache_key":"k","service_tier":"auto","store":false,)"
    R"("truncation":"disabled","background":false,)"
    R"("include":["reasoning.encrypted_content"],"metadata":{"a":"b"})");
  CHECK(x.request.max_output_tokens == 50);
  CHECK(x.is_bounded);
  CHECK(x.request.temperature == 0.5);
  CHECK(x.request.draws.top_p == 0.9);
  CHECK(x.request.parallel_tools == false);
  CHECK(x.request.end_user == "s");
  CHECK(x.request.reasoning_effort == "high");
  CHECK(x.manner.streams);
  REQUIRE(x.request.vendor);
  CHECK(x.request.vendor->protocol == "openai_responses");
  CHECK(x.request.vendor->members.text
        == R"({"reasoning":{"effort":"high","summary":"auto"},)"
           R"("prompt_cache_key":"k"})");
  CHECK(x.ignored.empty());
}

TEST_CASE("null stands for what a response's request does not say") {
  auto x = read_response(
    R"("input":"Hi","max_output_tokens":null,"temperature":null,)"
    R"("previous_response_id":null,"conversation":null,"prompt":null,)"
    R"("tools":null,"tool_choice":null,"reasoning":null,"metadata":null)");
  CHECK(x.request == read_response(R"("input":"Hi")").request);
  CHECK(x.manner == read_response(R"("input":"Hi")").manner);
}

TEST_CASE("what a response does not heed is named") {
  auto x = read_response(
    R"("input":[{"role":"assistant","content":"Hi","phase":"commentary"}],)"
    R"("store":true,"truncation":"auto","service_tier":"flex",)"
    R"("top_logprobs":3,"include":["message.output_text.logprobs"],)"
    R"("context_management":[],"no such thing\n":1)");
  std::vector<std::string> expected{
    "input.phase",  "store",   "truncation",         "service_tier",
    "top_logprobs", "include", "context_management", "no?such?thing?"};
  CHECK(x.ignored == expected);
}

TEST_CASE("the tools of a response are functions") {
  auto x = read_response(
    R"("input":"Hi","tools":[{"type":"function","name":"read",)"
    R"("description":"Reads.","strict":true,)"
    R"("parameters":{"type":"object","properties":{"a":{}}}},)"
    R"({"type":"function","name":"stop","parameters":null,"strict":null}])");
  REQUIRE(x.request.tools.size() == 2);
  tool_definition read{
    "read", "Reads.", {R"({"type":"object","properties":{"a":{}}})"}};
  CHECK(x.request.tools[0] == read);
  CHECK(x.request.tools[1].name == "stop");
  CHECK(!x.request.choice);
  CHECK(x.ignored == std::vector<std::string>{"tools.strict"});
}

TEST_CASE("which tools a response has to call") {
  auto choose = [](const std::string& choice) {
    return read_response(R"("tool_choice":)" + choice
                         + R"(,"input":"Hi","tools":[)"
                           R"({"type":"function","name":"read"},)"
                           R"({"type":"function","name":"stop"}])")
      .request;
  };
  CHECK(choose(R"("auto")").choice == tool_choice{tool_mode::automatic, {}});
  CHECK(choose(R"("none")").choice == tool_choice{tool_mode::none, {}});
  CHECK(choose(R"("required")").choice == tool_choice{tool_mode::required, {}});
  CHECK(choose(R"({"type":"function","name":"stop"})").choice
        == tool_choice{tool_mode::named, "stop"});
  auto some = choose(R"({"type":"allowed_tools","mode":"required",)"
                     R"("tools":[{"type":"function","name":"stop"}]})");
  CHECK(some.choice == tool_choice{tool_mode::required, {}});
  REQUIRE(some.tools.size() == 1);
  CHECK(some.tools[0].name == "stop");
}

TEST_CASE("the form of a response's text") {
  auto format = [](const std::string& text) {
    return read_response(R"("input":"Hi","text":)" + text).request;
  };
  CHECK(!format(R"({"format":{"type":"text"}})").output_schema);
  CHECK(format(R"({"format":{"type":"json_object"}})").json_output);
  auto x = format(R"({"format":{"type":"json_schema","name":"out",)"
                  R"("schema":{"type":"object"},"strict":true},)"
                  R"("verbosity":"low"})");
  CHECK(x.output_schema == json_text{R"({"type":"object"})"});
  CHECK(x.output_name == "out");
  CHECK(!x.json_output);
  REQUIRE(x.vendor);
  CHECK(begins(x.vendor->members.text, R"({"text":{"format":)"));
}

TEST_CASE("a response repeats its request") {
  auto x = read_response(R"("input":"Hi","instructions":"A \"B\"",)"
                         R"("temperature":0.50,"metadata":{"k":"v"})");
  CHECK(x.manner.repeats
        == R"({"instructions":"A \"B\"","max_output_tokens":null,)"
           R"("max_tool_calls":null,"metadata":{"k":"v"},)"
           R"("parallel_tool_calls":true,"prompt_cache_key":null,)"
           R"("reasoning":{"effort":null,"summary":null},)"
           R"("safety_identifier":null,"temperature":0.50,)"
           R"("text":{"format":{"type":"text"}},"tool_choice":"auto",)"
           R"("tools":[],"top_p":null,"user":null})");
}

TEST_CASE("a whole response has what its request said, and never stores") {
  auto x = read_response(R"("input":"Hi","store":true,"metadata":{"a":"b"},
    "tools":[{"type":"function","name":"t"}],"temperature":2)");
  auto whole = json::parse(responses_front()->write({}, facts(), x.manner));
  CHECK(whole["store"] == false);
  CHECK(whole["metadata"]["a"] == "b");
  CHECK(whole["temperature"] == 2);
  CHECK(whole["tools"][0]["name"] == "t");
  CHECK(whole["tool_choice"] == "auto");
  CHECK(whole["previous_response_id"].is_null());
}

TEST_CASE("what needs something that was kept is refused with the way out") {
  CHECK(refused_response(R"({"model":"m","previous_response_id":"resp_1"})")
        == "previous_response_id: answers are not kept; leave this out, and "
           "send the whole conversation as input, the output of earlier "
           "answers included");
  CHECK(begins(refused_member(R"("conversation":"conv_1")"), "conversation: "));
  CHECK(begins(refused_member(R"("prompt":{"id":"pmpt_1"})"), "prompt: "));
  CHECK(begins(refused_member(R"("background":true)"), "background: "));
  CHECK(
    begins(refused_member(R"("moderation":{"model":"x"})"), "moderation: "));
  CHECK(refused_item(R"({"type":"item_reference","id":"msg_1"})")
        == "input[0]: nothing is kept here that could be referred to; send the "
           "item itself");
  CHECK(refused_item(
          R"({"type":"function_call_output","call_id":"c1","output":"x"})")
        == "input[0].call_id: no function_call before this has this id; send "
           "the whole conversation, the output of earlier answers included");
}

TEST_CASE("built-in tools of a response are refused by name") {
  CHECK(refused_member(R"("tools":[{"type":"web_search"}])")
        == "tools[0].type: the tool web_search is not offered here; send tools "
           "of type function, which you run yourself");
  CHECK(begins(refused_member(R"("tool_choice":{"type":"file_search"})"),
               "tool_choice: choices of type file_search are not offered"));
  CHECK(begins(refused_item(R"({"type":"web_search_call","id":"ws_1"})"),
               "input[0]: items of type web_search_call are of tools that"));
  CHECK(begins(refused_item(R"({"type":"compaction","encrypted_content":"x"})"),
               "input[0]: items of type compaction are not taken"));
}

TEST_CASE("every mistake in a response's request has its place") {
  using pair = std::pair<std::string, std::string>;
  auto user = [](const std::string& part) {
    return R"("input":[{"role":"user","content":[)" + part + "]}]";
  };
  std::vector<pair> all{
    {"", "this is no JSON: byte 1"},
    {"[]", "the body"},
    {R"({"input":"Hi"})", "model: this is missing"},
    {R"({"model":"m"})", "input: this is missing"},
    {R"({"model":"m","input":7})", "input: "},
    {R"({"model":"m","input":[]})", "input: there is no message"},
    {R"({"model":"m","input":[{"type":"reasoning","summary":[]}]})",
     "input: there is no message"},
    {R"({"model":"m","input":["Hi"]})", "input[0]: "},
    {R"({"model":"m","input":[{"content":"Hi"}]})", "input[0].role: "},
    {R"({"model":"m","input":[{"role":"tool","content":"Hi"}]})",
     "input[0].role: "},
    {R"({"model":"m","input":[{"role":"user"}]})", "input[0].content: "},
    {R"({"model":"m","input":[{"type":7}]})", "input[0].type: "},
    {R"({"model":"m","input":[{"type":"function_call","call_id":"c"}]})",
     "input[0].name: "},
    {R"({"model":"m","input":[{"type":"function_call","call_id":"c",)"
     R"("name":"a b","arguments":"{}"}]})",
     "input[0].name: "},
  };
  std::vector<pair> members{
    {user(R"({"type":"input_image","file_id":"f"})"),
     "input[0].content[0].file_id: "},
    {user(R"({"type":"input_image","image_url":"data:image/png;base64,%"})"),
     "input[0].content[0].image_url: "},
    {user(R"({"type":"input_image","image_url":"ftp://h/a"})"),
     "input[0].content[0].image_url: "},
    {user(R"({"type":"input_file","file_id":"f"})"),
     "input[0].content[0].file_id: "},
    {user(R"({"type":"input_file","filename":"a"})"), "input[0].content[0]: "},
    {user(R"({"type":"refusal","refusal":"x"})"), "input[0].content[0]: "},
    {user(R"({"type":"input_text"})"), "input[0].content[0].text: "},
    {user(R"({"type":"input_audio","input_audio":{"data":"QUJD",)"
          R"("format":"ogg"}})"),
     "input[0].content[0].input_audio.format: "},
    {R"("input":[{"role":"assistant","content":[{"type":"input_image"}]}])",
     "input[0].content[0]: "},
    {R"("input":"Hi","stream":1)", "stream: "},
    {R"("input":"Hi","temperature":3)", "temperature: "},
    {R"("input":"Hi","max_output_tokens":0)", "max_output_tokens: "},
    {R"("input":"Hi","instructions":[])", "instructions: "},
    {R"("input":"Hi","reasoning":{"effort":"huge"})", "reasoning.effort: "},
    {R"("input":"Hi","reasoning":{"summary":"x"})", "reasoning.summary: "},
    {R"("input":"Hi","text":{"format":{"type":"xml"}})", "text.format.type: "},
    {R"("input":"Hi","text":{"format":{"type":"json_schema"}})",
     "text.format.name: "},
    {R"("input":"Hi","tools":[{"type":"function"}])", "tools[0].name: "},
    {R"("input":"Hi","tools":[{"type":"function","name":"a"},)"
     R"({"type":"function","name":"a"}])",
     "tools[1].name: "},
    {R"("input":"Hi","tool_choice":"any")", "tool_choice: "},
    {R"("input":"Hi","tool_choice":{"type":"function","name":"a"})",
     "tool_choice.name: there is no tool a"},
    {R"("input":"Hi","truncation":"some")", "truncation: "},
    {R"("input":"Hi","metadata":{"a":1})", "metadata.a: "},
    {R"("input":"Hi","include":"x")", "include: "},
  };
  for (auto& [text, place] : members)
    all.emplace_back(R"({"model":"m",)" + text + "}", place);
  for (auto& [body, place] : all) {
    CAPTURE(body, place);
    auto why = refused_response(body);
    CAPTURE(why);
    CHECK(begins(why, place));
  }
}

TEST_CASE("no more messages are read of a response than there may be") {
  std::string items;
  for (size_t i = 0; i <= max_messages; ++i)
    items += std::string{i > 0 ? "," : ""} + R"({"role":"user","content":"x"})";
  CHECK(begins(refused_item(items), "input[10000]: there are more than 10000"));
}

TEST_CASE("why there is no response") {
  failure why{make_error(ec::invalid_argument, "input[0].role: it is bad")};
  auto x = responses_front()->refuse(why);
  CHECK(x.status == 400);
  CHECK(x.body
        == R"({"error":{"message":"input[0].role: it is bad",)"
           R"("type":"invalid_request_error","param":"input[0].role",)"
           R"("code":"invalid_value"}})");
  why = {make_error(ec::rate_limited, "wait"), duration{1'500}};
  x = responses_front()->refuse(why);
  CHECK(x.status == 429);
  CHECK(x.retry_seconds == 2u);
}
