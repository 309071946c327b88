#include "tests/gateway/proxy/talk.hpp"

#include "tests/support/text.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;
using models::attachment_kind;
using models::chat_role;

// The forms are those of the public reference of the API:
// platform.openai.com/docs/api-reference/chat/create.

namespace {

asked chat(const std::string& members) {
  return read(*chat_front(), R"({"model":"m",)" + members + "}");
}

std::string no_chat(const std::string& members) {
  return refused(*chat_front(), R"({"model":"m",)" + members + "}");
}

/// With one message.
std::string hello(const std::string& members) {
  return R"("messages":[{"role":"user","content":"Hello"}],)" + members;
}

/// A message of the user with these parts.
std::string parts(const std::string& list) {
  return R"("messages":[{"role":"user","content":[)" + list + "]}]";
}

} // namespace

TEST_CASE("messages of all roles are read") {
  auto x = chat(R"("messages":[
    {"role":"system","content":"Be brief."},
    {"role":"developer","content":[{"type":"text","text":"And kind."}]},
    {"role":"user","content":"Read a.","name":"ann"},
    {"role":"assistant","content":null,"refusal":null,"tool_calls":[
      {"id":"c1","type":"function","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"text of a"},
    {"role":"assistant","content":[{"type":"text","text":"It says"},
      {"type":"text","text":"a."}]},
    {"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},
    {"role":"assistant","content":null,"refusal":"Never."}])");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 8);
  CHECK(all[0].role == chat_role::system);
  CHECK(all[1].role == chat_role::system);
  CHECK(all[1].content == "And kind.");
  CHECK(all[2].content == "Read a.");
  REQUIRE(all[3].tool_calls.size() == 1);
  CHECK(all[3].content.empty());
  CHECK(all[3].tool_calls[0]
        == models::tool_call{"c1", "read", {R"({"path":"a"})"}});
  CHECK(all[4].role == chat_role::tool);
  CHECK(all[4].tool_call_id == "c1");
  CHECK(all[5].content == "It says\na.");
  CHECK(all[6].content == "No.");
  CHECK(all[7].content == "Never.");
  CHECK(x.ignored == std::vector<std::string>{"messages.name"});
  CHECK(!x.is_bounded);
  CHECK(!x.manner.streams);
}

TEST_CASE("parts keep their places") {
  auto x = chat(parts(
    R"({"type":"text","text":"Look: "},
       {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},
       {"type":"image_url","image_url":{"url":"https://example.org/a.png"}},
       {"type":"text","text":"and listen:"},
       {"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},
       {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}},
       {"type":"file","file":{"file_data":"AAAA"}})"));
  auto& message = x.request.messages.at(0);
  CHECK(message.content == "Look: and listen:");
  using models::attachment;
  std::vector<attachment> wanted{
    {attachment_kind::image, 6, "image/png", "AAAA", "", "", "low"},
    {attachment_kind::image, 6, "", "", "https://example.org/a.png"},
    {attachment_kind::audio, 17, "audio/mpeg", "AAAA"},
    {attachment_kind::document, 17, "application/pdf", "AAAA", "", "a.pdf"},
    {attachment_kind::document, 17, "application/pdf", "AAAA"}};
  CHECK(message.attachments == wanted);
}

TEST_CASE("marks for the cache stand after their part") {
  auto x = chat(R"("messages":[
    {"role":"system","content":[{"type":"text","text":"Long.",
      "cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"Short."}]},
    {"role":"user","content":[{"type":"text","text":"Go.",
      "prompt_cache_breakpoint":{"mode":"explicit"}}]},
    {"role":"user","content":"On.","cache_control":{"type":"ephemeral"}}])");
  auto& system = x.request.messages.at(0);
  CHECK(system.content == "Long.Short.");
  REQUIRE(system.attachments.size() == 1);
  CHECK(system.attachments[0].kind == attachment_kind::cache_point);
  CHECK(system.attachments[0].at == 5);
  CHECK(system.attachments[0].detail == "1h");
  CHECK(x.request.messages.at(1).attachments.at(0).at == 3);
  CHECK(x.request.messages.at(2).attachments.at(0).at == 3);
}

TEST_CASE("what the answer is to be like is read") {
  auto x = chat(hello(R"("max_tokens":5,"max_completion_tokens":7,
    "temperature":1.5,"top_p":0.5,"frequency_penalty":-2,"presence_penalty":2,
    "seed":-9,"stop":"END","stream":true,"stream_options":{"include_usage":true},
    "reasoning_effort":"xhigh","user":"u","safety_identifier":"s","n":1,
    "parallel_tool_calls":false,"modalities":["text"],"store":false,
    "service_tier":"auto")"));
  auto& what = x.request;
  CHECK(what.max_output_tokens == 7);
  CHECK(x.is_bounded);
  CHECK(what.temperature == 1.5);
  CHECK(what.draws.top_p == 0.5);
  CHECK(what.draws.frequency_penalty == -2);
  CHECK(what.draws.presence_penalty == 2);
  CHECK(what.draws.seed == -9);
  CHECK(what.draws.stop == std::vector<std::string>{"END"});
  CHECK(x.manner.streams);
  CHECK(x.manner.counts_in_stream);
  CHECK(what.reasoning_effort == "xhigh");
  CHECK(what.end_user == "s");
  CHECK(what.parallel_tools == false);
  CHECK(x.ignored.empty());
  CHECK(!what.vendor);
  CHECK(chat(hello(R"("max_tokens":5)")).request.max_output_tokens == 5);
  CHECK(chat(hello(R"("stop":["a","b"])")).request.draws.stop.size() == 2);
}

TEST_CASE("null is as if it were left out") {
  auto x = chat(hello(
    R"("max_tokens":null,"temperature":null,"stop":null,"stream":null,
       "stream_options":null,"tools":null,"tool_choice":null,"n":null,
       "response_format":null,"logprobs":null,"user":null)"));
  CHECK(!x.is_bounded);
  CHECK(!x.request.vendor);
  CHECK(x.ignored.empty());
}

TEST_CASE("what only OpenAI knows is for it alone") {
  auto x =
    chat(hello(R"("logprobs":true,"top_logprobs":2,"logit_bias":{"1":-100},
    "prediction":{"type":"content","content":"a"},"verbosity":"low",
    "prompt_cache_key":"k")"));
  REQUIRE(x.request.vendor);
  CHECK(x.request.vendor->protocol == "openai");
  CHECK(x.request.vendor->members.text
        == R"({"logprobs":true,"top_logprobs":2,"logit_bias":{"1":-100},)"
           R"("prediction":{"type":"content","content":"a"},)"
           R"("verbosity":"low","prompt_cache_key":"k"})");
}

TEST_CASE("what is not heeded is told") {
  auto x = chat(hello(R"("metadata":{"a":"b"},"store":true,
    "service_tier":"priority","thinking":{"type":"enabled"},"x\r\ny":1,
    "tools":[{"type":"function","function":{"name":"t","strict":true}}])"));
  CHECK(x.ignored
        == std::vector<std::string>{"metadata", "store", "service_tier",
                                    "thinking", "x??y",
                                    "tools.function.strict"});
  std::string many;
  for (auto i = 0; i < 1'000; ++i)
    many += ",\"u" + std::to_string(i) + "\":0";
  CHECK(chat(hello(many.substr(1))).ignored.size() == 32);
}

TEST_CASE("tools and the choice of one are read") {
  std::string tools =
    R"("tools":[{"type":"function","function":{"name":"read","description":"Reads.",
      "parameters":{"type":"object"}}},{"type":"function","function":{"name":"list"}}])";
  auto with = [&](const std::string& choice) {
    return chat(hello(tools + R"(,"tool_choice":)" + choice)).request;
  };
  auto x = with(R"("auto")");
  REQUIRE(x.tools.size() == 2);
  CHECK(x.tools[0].description == "Reads.");
  CHECK(x.tools[0].parameters.text == R"({"type":"object"})");
  CHECK(x.tools[1].parameters.text == R"({"type":"object","properties":{}})");
  using models::tool_choice;
  using models::tool_mode;
  CHECK(x.choice == tool_choice{tool_mode::automatic, ""});
  CHECK(with(R"("none")").choice == tool_choice{tool_mode::none, ""});
  CHECK(with(R"("required")").choice == tool_choice{tool_mode::required, ""});
  CHECK(with(R"({"type":"function","function":{"name":"list"}})").choice
        == tool_choice{tool_mode::named, "list"});
  auto allowed = with(R"({"type":"allowed_tools","allowed_tools":{
    "mode":"required","tools":[{"type":"function","function":{"name":"list"}}]}})");
  CHECK(allowed.choice == tool_choice{tool_mode::required, ""});
  REQUIRE(allowed.tools.size() == 1);
  CHECK(allowed.tools[0].name == "list");
}

TEST_CASE("formats of the answer are read") {
  auto schema = chat(hello(R"("response_format":{"type":"json_schema",
    "json_schema":{"name":"city","strict":true,"schema":{"type":"object"}}})"));
  CHECK(schema.request.output_name == "city");
  CHECK(schema.request.output_schema->text == R"({"type":"object"})");
  CHECK(schema.ignored.empty());
  CHECK(chat(hello(R"("response_format":{"type":"json_object"})"))
          .request.json_output);
  CHECK(
    !chat(hello(R"("response_format":{"type":"text"})")).request.json_output);
}

TEST_CASE("functions, which came before tools, are read") {
  auto x = chat(R"("messages":[{"role":"user","content":"Read a."},
    {"role":"assistant","content":null,"function_call":{"name":"read","arguments":"{}"}},
    {"role":"function","name":"read","content":"text of a"}],
    "functions":[{"name":"read","parameters":{"type":"object"}}],
    "function_call":{"name":"read"})");
  CHECK(x.manner.legacy_calls);
  CHECK(x.request.parallel_tools == false);
  CHECK(x.request.choice->name == "read");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 3);
  CHECK(all[2].role == chat_role::tool);
  CHECK(all[2].tool_call_id == all[1].tool_calls.at(0).id);
}

TEST_CASE("arguments that are no object do not break the conversation") {
  auto x = chat(R"("messages":[{"role":"assistant","tool_calls":[
    {"id":"1","type":"function","function":{"name":"t","arguments":"{\"a"}},
    {"id":"2","type":"function","function":{"name":"t","arguments":""}},
    {"id":"3","type":"function","function":{"name":"t"}},
    {"id":"4","function":{"name":"t","arguments":{"a":1}}}]}])");
  auto& calls = x.request.messages.at(0).tool_calls;
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].arguments.text == R"("{\"a")");
  CHECK(calls[1].arguments.text == "{}");
  CHECK(calls[2].arguments.text == "{}");
  CHECK(calls[3].arguments.text == R"({"a":1})");
}

TEST_CASE("a refusal names the member, what is wrong and what to do") {
  CHECK(no_chat(parts(R"({"type":"text","text":"a"},{"type":"image_url",
          "image_url":{"url":"data:image/png;base64,A"}})"))
        == "messages[0].content[1].image_url.url: this is no image in a data "
           "URL; write data:image/png;base64,... with padded Base64, without "
           "line breaks");
  CHECK(no_chat(R"("messages":[{"role":"user"}])")
        == "messages[0].content: this is missing");
  CHECK(no_chat(R"("messages":[{"role":"user","content":null}])")
        == "messages[0].content: this is missing");
  CHECK(no_chat(R"("messages":[{"role":"boss","content":"a"}])")
        == "messages[0].role: this is no role; write system, developer, user, "
           "assistant or tool");
  CHECK(no_chat(R"("messages":[])")
        == "messages: there is no message; send at least one");
  CHECK(no_chat(R"("messages":{})") == "messages: this has to be a list");
  CHECK(
    refused(*chat_front(), R"({"messages":[{"role":"user","content":"a"}]})")
    == "model: this is missing; name a model");
  CHECK(no_chat(hello(R"("n":2)"))
        == "n: one answer is given to a request; leave this out, and ask "
           "several times for several answers");
  CHECK(no_chat(hello(R"("temperature":3)"))
        == "temperature: this has to be a number from 0 to 2");
  CHECK(no_chat(hello(R"("max_tokens":0)"))
        == "max_tokens: this has to be an integer from 1 to 4294967295");
  CHECK(no_chat(hello(R"("max_tokens":1.5)"))
        == "max_tokens: this has to be an integer from 1 to 4294967295");
  CHECK(refused(*chat_front(), "[]") == "the body has to be a JSON object");
  CHECK(refused(*chat_front(), R"({"model":"m",)")
        == "this is no JSON: byte 14");
}

TEST_CASE("what cannot be had is refused, and not left out") {
  for (
    auto& [members, part] : std::vector<std::pair<std::string, std::string>>{
      {R"("audio":{"voice":"alloy","format":"mp3"})", "audio: "},
      {R"("modalities":["text","audio"])", "modalities[1]: "},
      {R"("web_search_options":{})", "web_search_options: "},
      {R"("tools":[{"type":"custom","custom":{"name":"t"}}])",
       "tools[0]: tools of type custom are not offered"},
      {R"("tools":[{"type":"function","function":{"name":"a b"}}])",
       "tools[0].function.name: this is no name"},
      {R"("tools":[{"type":"function","function":{"name":"t"}},
                      {"type":"function","function":{"name":"t"}}])",
       "tools[1].function.name: another tool has this name"},
      {R"("tools":[{"type":"function","function":{"name":"t","parameters":[]}}])",
       "tools[0].function.parameters: this has to be an object"},
      {R"("tool_choice":"required")", "tool_choice: there is no tool"},
      {R"("tool_choice":{"type":"function","function":{"name":"t"}})",
       "tool_choice.function.name: there is no tool t in tools"},
      {R"("tool_choice":{"type":"custom","custom":{"name":"t"}})",
       "tool_choice: choices of type custom are not offered"},
      {R"("tool_choice":"maybe")",
       "tool_choice: this has to be one of: auto, none, required"},
      {R"("response_format":{"type":"json_schema"})",
       "response_format.json_schema: this is missing"},
      {R"("reasoning_effort":"huge")", "reasoning_effort: "},
      {R"("stop":["a",1])", "stop[1]: this has to be a string"},
      {R"("stream":"yes")", "stream: this has to be true or false"}})
    CHECK(has(no_chat(hello(members)), part));
  for (
    auto& [list, part] : std::vector<std::pair<std::string, std::string>>{
      {R"({"type":"file","file":{"file_id":"f-1"}})",
       "messages[0].content[0].file.file_id: "},
      {R"({"type":"video_url","video_url":{"url":"https://h/v"}})",
       "messages[0].content[0]: parts of type video_url are not taken"},
      {R"({"type":"image_url","image_url":{"url":"file:///etc/passwd"}})",
       "messages[0].content[0].image_url.url: this is no address"},
      {R"({"type":"image_url","image_url":{"url":"http://"}})",
       "image_url.url: this is no address"},
      {R"({"type":"image_url","image_url":{"url":"https://a b/"}})",
       "image_url.url: this is no address"},
      {R"({"type":"image_url","image_url":{"url":"data:text/html;base64,AAAA"}})",
       "image_url.url: this is no image"},
      {R"({"type":"image_url","image_url":{"url":"data:image/png,AAAA"}})",
       "image_url.url: this is no image"},
      {R"({"type":"input_audio","input_audio":{"data":"AA=A","format":"wav"}})",
       "input_audio.data: this is no Base64"},
      {R"({"type":"input_audio","input_audio":{"data":"AAAA","format":"ogg"}})",
       "input_audio.format: this has to be one of: wav, mp3"},
      {R"({"type":"refusal","refusal":"No."})", "only assistants refuse"},
      {R"({"text":"a"})", "messages[0].content[0].type: this is missing"},
      {R"("a")", "messages[0].content[0]: this has to be an object"}})
    CHECK(has(no_chat(parts(list)), part));
  CHECK(has(no_chat(R"("messages":[{"role":"assistant","audio":{"id":"a"}}])"),
            "messages[0].audio: "));
  CHECK(has(no_chat(R"("messages":[{"role":"tool","content":"a"}])"),
            "messages[0].tool_call_id: this is missing"));
  CHECK(
    has(no_chat(R"("messages":[{"role":"function","name":"f","content":"a"}])"),
        "no function_call before this calls f"));
}

TEST_CASE("requests are bounded") {
  std::string many;
  for (auto i = 0; i < 10'001; ++i)
    many += R"(,{"role":"user","content":"a"})";
  CHECK(no_chat(R"("messages":[)" + many.substr(1) + "]")
        == "messages: this has more than 10000 elements; send fewer");
  std::string tools;
  for (auto i = 0; i < 1'001; ++i)
    tools += R"(,{"type":"function","function":{"name":"t)" + std::to_string(i)
           + "\"}}";
  CHECK(no_chat(hello(R"("tools":[)" + tools.substr(1) + "]"))
        == "tools: this has more than 1000 elements; send fewer");
  CHECK(
    has(no_chat(hello(R"("x":)" + std::string(70, '[') + std::string(70, ']'))),
        "nested deeper than 64 levels"));
  auto large = chat_front()->read(std::string((32u << 20) + 1, ' '));
  REQUIRE(!large);
  CHECK(code_of(large.error()) == ec::limit_exceeded);
}
