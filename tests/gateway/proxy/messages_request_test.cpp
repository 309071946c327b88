#include "tests/gateway/proxy/talk.hpp"

#include "gateway/proxy/thoughts.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;
using models::attachment;
using models::attachment_kind;
using models::chat_role;

// The forms are those of the public reference of the API:
// docs.anthropic.com/en/api/messages.

namespace {

std::string body_of(const std::string& members) {
  return R"({"model":"m","max_tokens":2000,)" + members + "}";
}

asked message(const std::string& members) {
  return read(*messages_front(), body_of(members));
}

std::string no_message(const std::string& members) {
  return refused(*messages_front(), body_of(members));
}

std::string salute(const std::string& members) {
  return R"("messages":[{"role":"user","content":"Hello"}],)" + members;
}

std::string user_blocks(const std::string& list) {
  return R"("messages":[{"role":"user","content":[)" + list + "]}]";
}

std::string assistant_blocks(const std::string& list) {
  return R"("messages":[{"role":"assistant","content":[)" + list + "]}]";
}

} // namespace

TEST_CASE("messages and their blocks are read") {
  auto x = message(R"("system":"Be brief.","messages":[
    {"role":"user","content":[{"type":"text","text":"Look:"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
      {"type":"image","source":{"type":"url","url":"https://example.org/a.png"}},
      {"type":"document","title":"A","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}]},
    {"role":"assistant","content":[{"type":"text","text":"I read."},
      {"type":"tool_use","id":"c1","name":"read","input":{"path":"a"}},
      {"type":"tool_use","id":"c2","name":"read","input":{}}]},
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"c1","content":"text of a"},
      {"type":"tool_result","tool_use_id":"c2","is_error":true,"content":[
        {"type":"text","text":"no such file"},
        {"type":"image","source":{"type":"base64","media_type":"image/gif","data":"AAAA"}}]},
      {"type":"text","text":"Go on."}]},
    {"role":"system","content":"Be quick."}])");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 7);
  CHECK(all[0].role == chat_role::system);
  CHECK(all[1].content == "Look:");
  CHECK(all[1].attachments
        == std::vector<attachment>{
          {attachment_kind::image, 5, "image/png", "AAAA"},
          {attachment_kind::image, 5, "", "", "https://example.org/a.png"},
          {attachment_kind::document, 5, "application/pdf", "AAAA", "", "A"}});
  CHECK(all[2].content == "I read.");
  REQUIRE(all[2].tool_calls.size() == 2);
  CHECK(all[2].tool_calls[0].arguments.text == R"({"path":"a"})");
  CHECK(all[3].role == chat_role::tool);
  CHECK(all[3].tool_call_id == "c1");
  CHECK(all[4].content == "Error: no such file");
  CHECK(all[4].attachments.at(0).at == 19);
  CHECK(all[5].role == chat_role::user);
  CHECK(all[5].content == "Go on.");
  CHECK(all[6].role == chat_role::system);
  CHECK(x.is_bounded);
  CHECK(x.request.max_output_tokens == 2'000);
  CHECK(x.ignored.empty());
}

TEST_CASE("documents of text are text") {
  auto x = message(user_blocks(
    R"({"type":"document","title":"A \"b\"","source":{"type":"text","media_type":"text/plain","data":"Words."}},
       {"type":"document","source":{"type":"content","content":[{"type":"text","text":"More."}]}},
       {"type":"search_result","source":"https://example.org","title":"T",
        "content":[{"type":"text","text":"Found."}],"citations":{"enabled":true}})"));
  CHECK(x.request.messages.at(0).content
        == "<document title=\"A  b \">\nWords.\n</document>\n"
           "<document>\nMore.\n</document>\n"
           "<search_result source=\"https://example.org\" title=\"T\">\n"
           "Found.\n</search_result>");
  CHECK(x.ignored == std::vector<std::string>{"messages.content.citations"});
}

TEST_CASE("marks for the cache stand where they were set") {
  auto x = message(R"("system":[{"type":"text","text":"Long.",
      "cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"Short."}],
    "tools":[{"name":"t","input_schema":{},"cache_control":{"type":"ephemeral"}}],
    "cache_control":{"type":"ephemeral"},
    "messages":[{"role":"user","content":[{"type":"text","text":"Go.",
      "cache_control":{"type":"ephemeral"}}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"t","input":{},
      "cache_control":{"type":"ephemeral","ttl":"5m"}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"done",
      "cache_control":{"type":"ephemeral"}}]}])");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 4);
  auto mark = [](uint64_t at, const char* ttl) {
    return attachment{attachment_kind::cache_point, at, "", "", "", "", ttl};
  };
  // What stands before the first message are the tools.
  CHECK(all[0].content == "Long.Short.");
  CHECK(all[0].attachments
        == std::vector<attachment>{mark(0, ""), mark(5, "1h")});
  CHECK(all[1].attachments == std::vector<attachment>{mark(3, "")});
  CHECK(all[2].attachments == std::vector<attachment>{mark(0, "5m")});
  auto bare = message(salute(R"("tools":[{"name":"t","input_schema":{},
    "cache_control":{"type":"ephemeral"}}])"));
  REQUIRE(bare.request.messages.size() == 2);
  CHECK(bare.request.messages[0].role == chat_role::system);
  CHECK(bare.request.messages[0].content.empty());
  CHECK(bare.request.messages[0].attachments
        == std::vector<attachment>{mark(0, "")});
  // The one on the whole request is at its end.
  CHECK(all[3].attachments
        == std::vector<attachment>{mark(4, ""), mark(4, "")});
}

TEST_CASE("what a message is to be like is read") {
  auto x = message(salute(R"("temperature":1,"top_p":0.5,"top_k":4,
    "stop_sequences":["a","b"],"metadata":{"user_id":"u"},"stream":true,
    "thinking":{"type":"enabled","budget_tokens":1024},
    "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},
    "tools":[{"type":"custom","name":"t","description":"Does.","input_schema":{"type":"object"}}],
    "tool_choice":{"type":"any","disable_parallel_tool_use":true})"));
  auto& what = x.request;
  CHECK(what.temperature == 1);
  CHECK(what.draws.top_p == 0.5);
  CHECK(what.draws.top_k == 4);
  CHECK(what.draws.stop.size() == 2);
  CHECK(what.end_user == "u");
  CHECK(x.manner.streams);
  CHECK(what.reasoning_tokens == 1'024);
  CHECK(what.reasoning_effort == "high");
  CHECK(what.output_schema->text == R"({"type":"object"})");
  CHECK(what.tools.at(0).description == "Does.");
  CHECK(what.choice->mode == models::tool_mode::required);
  CHECK(what.parallel_tools == false);
  CHECK(message(salute(R"("tools":[{"name":"t","input_schema":{}}],
    "tool_choice":{"type":"tool","name":"t"})"))
          .request.choice->name
        == "t");
  CHECK(message(salute(R"("tool_choice":{"type":"none"})")).request.choice->mode
        == models::tool_mode::none);
  auto adaptive = message(salute(R"("thinking":{"type":"adaptive"})"));
  CHECK(adaptive.request.vendor->protocol == "anthropic");
  CHECK(adaptive.request.vendor->members.text
        == R"({"thinking":{"type":"adaptive"}})");
}

TEST_CASE("thoughts go back to who had them, and to nobody else") {
  auto seal = [](const char* model, const char* content) {
    return to_text(
      {thought_seal::kind_type::signature, "anthropic", model, content});
  };
  auto thought = [](const std::string& signature) {
    return R"({"type":"thinking","thinking":"Hm.","signature":")" + signature
         + R"("},{"type":"text","text":"So."})";
  };
  auto ours = message(assistant_blocks(thought(seal("claude-x", "s.1"))));
  auto& kept = ours.request.messages.at(0);
  CHECK(kept.content == "So.");
  CHECK(kept.provider_blocks->text
        == R"({"content":[{"signature":"s.1","thinking":"Hm.",)"
           R"("type":"thinking"},{"text":"So.","type":"text"}],)"
           R"("model":"claude-x","protocol":"anthropic"})");
  // The encoder of the protocol takes it.
  auto speaks = models::anthropic_messages();
  CHECK(
    has(sent_to(*speaks, ours.request, "claude-x"), R"("signature":"s.1")"));
  CHECK(!has(sent_to(*speaks, ours.request, "other"), "signature"));
  for (std::string other : {"", "c2lnbmF0dXJl", "tm1.", "tm1.x.y", "tm2.a.b"}) {
    auto x = message(assistant_blocks(thought(other)));
    CHECK(x.request.messages.at(0).content == "So.");
    CHECK(!x.request.messages.at(0).provider_blocks);
  }
  auto two = message(assistant_blocks(thought(seal("claude-x", "1")) + ","
                                      + thought(seal("claude-y", "2"))));
  auto blocks =
    json::parse(two.request.messages.at(0).provider_blocks->text)["content"];
  CHECK(blocks.size() == 3);
}

TEST_CASE("what a model of somebody else's machine would do is refused") {
  for (auto& [members, part] : std::vector<std::pair<std::string, std::string>>{
         {R"("tools":[{"type":"web_search_20250305","name":"web_search"}])",
          "tools[0]: web_search_20250305 is not offered here"},
         {R"("tools":[{"name":"t"}])",
          "tools[0].input_schema: this is missing"},
         {R"("container":"c")", "container: "},
         {R"("mcp_servers":[])", "mcp_servers: "},
         {R"("inference_geo":"us")", "inference_geo: "},
         {R"("temperature":1.5)",
          "temperature: this has to be a number from 0 to 1"},
         {R"("stop_sequences":"a")", "stop_sequences: this has to be a list"},
         {R"("thinking":{"type":"enabled"})",
          "thinking.budget_tokens: this is missing"},
         {R"("thinking":{"type":"enabled","budget_tokens":2000})",
          "thinking.budget_tokens: this has to be less than max_tokens"},
         {R"("tool_choice":{"type":"tool","name":"t"})",
          "tool_choice.name: there is no tool t in tools"},
         {R"("cache_control":{"type":"forever"})", "cache_control.type: "},
         {R"("system":7)", "system: this has to be a string, or a list"}})
    CHECK(has(no_message(salute(members)), part));
  for (
    auto& [list, part] : std::vector<std::pair<std::string, std::string>>{
      {R"({"type":"image","source":{"type":"file","file_id":"f"}})",
       "messages[0].content[0].source: images of a provider"},
      {R"({"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"AAAA"}})",
       "messages[0].content[0].source.media_type: "},
      {R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"A A A"}})",
       "messages[0].content[0].source.data: this is no Base64"},
      {R"({"type":"document","source":{"type":"file","file_id":"f"}})",
       "messages[0].content[0].source: documents of a provider"},
      {R"({"type":"server_tool_use","id":"s"})",
       "messages[0].content[0]: blocks of type server_tool_use are not "
       "taken"},
      {R"({"type":"tool_use","id":"c","name":"t","input":{}})",
       "messages[0].content[0]: blocks of type tool_use are not taken"},
      {R"({"type":"tool_result","content":"a"})",
       "messages[0].content[0].tool_use_id: this is missing"}})
    CHECK(has(no_message(user_blocks(list)), part));
  CHECK(has(no_message(assistant_blocks(
              R"({"type":"tool_use","id":"c","name":"t","input":"a"})")),
            "messages[0].content[0].input: this has to be an object"));
  CHECK(has(no_message(assistant_blocks(R"({"type":"image","source":{}})")),
            "messages[0].content[0]: blocks of type image are not taken here"));
  CHECK(no_message(R"("messages":[])")
        == "messages: there is no message; send at least one");
}

TEST_CASE("an answer is bounded by who asks; a count is not") {
  std::string body =
    R"({"model":"m","messages":[{"role":"user","content":"a"}]})";
  CHECK(refused(*messages_front(), body) == "max_tokens: this is missing");
  auto counted = read_token_count(body);
  REQUIRE(counted);
  CHECK(counted->request.messages.size() == 1);
  CHECK(write_token_count(12) == R"({"input_tokens":12})");
}
