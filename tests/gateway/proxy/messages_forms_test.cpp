#include "tests/gateway/proxy/talk.hpp"

#include "gateway/proxy/thoughts.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;
using models::attachment;
using models::attachment_kind;
using models::chat_role;

// What the public reference of /v1/messages allows beside the usual, and what
// is said where it does not.

namespace {

asked form(const std::string& members) {
  return read(*messages_front(), R"({"model":"m","max_tokens":2000,)"
                                 R"("messages":[{"role":"user",)"
                                 R"("content":"a"}],)"
                                   + members + "}");
}

std::string no_form(const std::string& members) {
  return refused(*messages_front(), R"({"model":"m","max_tokens":8,)"
                                    R"("messages":[{"role":"user",)"
                                    R"("content":"a"}],)"
                                      + members + "}");
}

std::string with_messages(const std::string& list) {
  return R"({"model":"m","max_tokens":8,"messages":[)" + list + "]}";
}

asked talk(const std::string& list) {
  return read(*messages_front(), with_messages(list));
}

std::string repeated(size_t count, const std::string& what) {
  std::string result;
  for (size_t i = 0; i < count; ++i)
    result += (i > 0 ? "," : "") + what;
  return result;
}

attachment point(uint64_t at, const char* ttl = "") {
  return {attachment_kind::cache_point, at, "", "", "", "", ttl};
}

} // namespace

TEST_CASE("a message's members that are null are as if they were left out") {
  auto x = form(R"("system":null,"temperature":null,"top_p":null,"top_k":null,
    "stop_sequences":null,"metadata":null,"tools":null,"tool_choice":null,
    "thinking":null,"output_config":null,"container":null,"mcp_servers":null,
    "stream":null,"service_tier":null,"cache_control":null)");
  CHECK(x.request.messages.size() == 1);
  CHECK(!x.request.vendor);
  CHECK(!x.request.choice);
  CHECK(!x.manner.streams);
  CHECK(x.ignored.empty());
  auto user = form(R"("metadata":{"user_id":null})");
  CHECK(user.request.end_user.empty());
}

TEST_CASE("what a message does not heed is told") {
  auto x = form(R"("service_tier":"priority","speed":"fast",
    "context_management":{"edits":[]},"metadata":{"user_id":"u","team":"t"},
    "tools":[{"name":"t","input_schema":{},"strict":true,"defer_loading":true}],
    "tool_choice":{"type":"auto","why":"x"},
    "thinking":{"type":"enabled","budget_tokens":1024,"display":"omitted"},
    "output_config":{"effort":"low","tone":"kind"})");
  CHECK(x.ignored
        == std::vector<std::string>{
          "service_tier", "speed", "context_management", "metadata.team",
          "tools.strict", "tools.defer_loading", "tool_choice.why",
          "thinking.display", "output_config.tone"});
}

TEST_CASE("thinking that has no budget is for one protocol alone") {
  for (std::string way : {R"({"type":"disabled"})",
                          R"({"type":"adaptive","display":"omitted"})"}) {
    auto x = form(R"("thinking":)" + way);
    REQUIRE(x.request.vendor);
    CHECK(x.request.vendor->protocol == "anthropic");
    CHECK(x.request.vendor->members.text == R"({"thinking":)" + way + "}");
    CHECK(!x.request.reasoning_tokens);
  }
  CHECK(has(no_form(R"("thinking":{"type":"deep"})"), "thinking.type: "));
  CHECK(has(no_form(R"("thinking":{"type":"enabled","budget_tokens":0})"),
            "thinking.budget_tokens: this has to be an integer from 1"));
}

TEST_CASE("the choice of a tool is read in every form") {
  using models::tool_mode;
  auto choice = [](const std::string& text) {
    return form(R"("tools":[{"name":"t","input_schema":{}}],"tool_choice":)"
                + text)
      .request;
  };
  CHECK(choice(R"({"type":"auto"})").choice->mode == tool_mode::automatic);
  CHECK(!choice(R"({"type":"auto"})").parallel_tools);
  CHECK(choice(R"({"type":"none"})").choice->mode == tool_mode::none);
  CHECK(choice(R"({"type":"any"})").choice->mode == tool_mode::required);
  auto alone =
    choice(R"({"type":"tool","name":"t","disable_parallel_tool_use":true})");
  CHECK(alone.choice == models::tool_choice{tool_mode::named, "t"});
  CHECK(alone.parallel_tools == false);
  CHECK(choice(R"({"type":"auto","disable_parallel_tool_use":false})")
          .parallel_tools
        == true);
  CHECK(has(no_form(R"("tool_choice":{"type":"any"})"),
            "tool_choice: there is no tool to be called"));
  CHECK(has(no_form(R"("tool_choice":{"type":"some"})"),
            "tool_choice.type: this has to be one of: auto, any, tool, none"));
  CHECK(has(no_form(R"("tool_choice":{"type":"tool"})"),
            "tool_choice.name: this is missing"));
  CHECK(has(no_form(R"("tool_choice":"auto")"), "tool_choice: "));
}

TEST_CASE("names of tools are checked") {
  auto tool = [](const std::string& name) {
    return R"("tools":[{"input_schema":{},"name":")" + name + R"("}])";
  };
  CHECK(form(tool(std::string(128, 'a'))).request.tools.size() == 1);
  CHECK(has(no_form(tool(std::string(129, 'a'))), "tools[0].name: "));
  CHECK(has(no_form(tool("a b")), "tools[0].name: "));
  CHECK(has(no_form(tool("")), "tools[0].name: "));
  CHECK(has(no_form(R"("tools":[{"name":"a","input_schema":{}},
                                {"name":"a","input_schema":{}}])"),
            "tools[1].name: another tool has this name"));
  CHECK(has(no_form(R"("tools":[{"name":"a","input_schema":[]}])"),
            "tools[0].input_schema: this has to be an object"));
}

TEST_CASE("a result of a tool is a text, blocks, or nothing") {
  auto x = talk(
    R"({"role":"assistant","content":[
      {"type":"tool_use","id":"c1","name":"t","input":{}},
      {"type":"tool_use","id":"c2","name":"t","input":{}},
      {"type":"tool_use","id":"c3","name":"t","input":{}},
      {"type":"tool_use","id":"c4","name":"t","input":{}}]},
    {"role":"user","content":[
      {"type":"tool_result","tool_use_id":"c1"},
      {"type":"tool_result","tool_use_id":"c2","content":null,"is_error":true},
      {"type":"tool_result","tool_use_id":"c3","content":"Error: 2","is_error":true},
      {"type":"tool_result","tool_use_id":"c4","is_error":false,"content":[
        {"type":"document","source":{"type":"text","media_type":"text/plain","data":"D"}},
        {"type":"text","text":"T","cache_control":{"type":"ephemeral"}},
        {"type":"image","source":{"type":"url","url":"https://example.org/a"}}]}]})");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 5);
  CHECK(all[0].content.empty());
  CHECK(all[0].tool_calls.size() == 4);
  CHECK(all[1].content.empty());
  CHECK(all[2].content == "Error: ");
  CHECK(all[3].content == "Error: 2");
  CHECK(all[4].content == "<document>\nD\n</document>\nT");
  auto end = all[4].content.size();
  CHECK(all[4].attachments
        == std::vector<attachment>{
          point(end),
          {attachment_kind::image, end, "", "", "https://example.org/a"}});
}

TEST_CASE("a mark is kept at what it is on, in every kind of block") {
  auto mark = R"("cache_control":{"type":"ephemeral","ttl":"1h"})";
  auto x = talk(
    R"({"role":"user","content":[
      {"type":"image","source":{"type":"url","url":"https://example.org/a"},)"
    + std::string{mark} + R"(},
      {"type":"document","source":{"type":"url","url":"https://example.org/b"},)"
    + mark + R"(},{"type":"text","text":"T",)" + mark + R"(}]},
    {"role":"assistant","content":[{"type":"text","text":"U",)"
    + mark + "}]}");
  auto kinds = [](const models::chat_message& y) {
    std::string result;
    for (auto& item : y.attachments)
      result += part_type(item) + std::to_string(item.at) + item.detail + " ";
    return result;
  };
  CHECK(kinds(x.request.messages.at(0))
        == "image0 mark01h document0 mark01h mark11h ");
  CHECK(kinds(x.request.messages.at(1)) == "mark11h ");
  CHECK(has(refused(*messages_front(),
                    with_messages(
                      R"({"role":"user","content":[{"type":"text","text":"a",
                         "cache_control":{"type":"ephemeral","ttl":"2h"}}]})")),
            "messages[0].content[0].cache_control.ttl: this has to be one of: "
            "5m, 1h"));
}

TEST_CASE("a mark on the tools stands before all that a request says") {
  auto x = read(*messages_front(),
                R"({"model":"m","max_tokens":8,
    "tools":[{"name":"a","input_schema":{},"cache_control":{"type":"ephemeral"}},
             {"name":"b","input_schema":{},
              "cache_control":{"type":"ephemeral","ttl":"1h"}}],
    "messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]})");
  auto& all = x.request.messages;
  REQUIRE(all.size() == 2);
  CHECK(all[0].content == "S");
  CHECK(all[0].attachments == std::vector<attachment>{point(0, "1h")});
}

TEST_CASE("thoughts without a text come back to who had them") {
  auto seal = [](thought_seal::kind_type kind, const char* content) {
    return to_text({kind, "anthropic", "claude-x", content});
  };
  auto hidden = seal(thought_seal::kind_type::signature, "c2ln");
  auto whole = seal(thought_seal::kind_type::whole, "UkVE");
  auto x = talk(
    R"({"role":"assistant","content":[
      {"type":"thinking","thinking":"","signature":")"
    + hidden + R"("},{"type":"redacted_thinking","data":")" + whole + R"("},
      {"type":"tool_use","id":"c","name":"t","input":{"a":1}}]})");
  auto& message = x.request.messages.at(0);
  CHECK(message.content.empty());
  REQUIRE(message.provider_blocks);
  CHECK(json::parse(message.provider_blocks->text)["content"]
        == json::parse(
          R"([{"type":"thinking","thinking":"","signature":"c2ln"},
              {"type":"redacted_thinking","data":"UkVE"},
              {"type":"tool_use","id":"c","name":"t","input":{"a":1}}])"));
  // What another protocol has sealed is nothing that this one wants.
  auto other =
    to_text({thought_seal::kind_type::signature, "gemini", "g", "c2ln"});
  CHECK(!talk(R"({"role":"assistant","content":[{"type":"thinking",
                 "thinking":"a","signature":")"
              + other + R"("},{"type":"text","text":"b"}]})")
           .request.messages.at(0)
           .provider_blocks);
}

TEST_CASE("messages, blocks and tools are bounded") {
  auto hello = R"({"role":"user","content":"a"})";
  CHECK(talk(repeated(10'000, hello)).request.messages.size() == 10'000);
  CHECK(has(refused(*messages_front(), with_messages(repeated(10'001, hello))),
            "messages: this has more than 10000 elements; send fewer"));
  // Results are messages of their own.
  auto result = R"({"type":"tool_result","tool_use_id":"c"})";
  auto many = R"({"role":"user","content":[)" + repeated(6'000, result) + "]}";
  CHECK(has(refused(*messages_front(), with_messages(many + "," + many)),
            "messages[1].content[4000]: there are more than 10000 messages"));
  std::string tools;
  for (auto i = 0; i < 1'001; ++i)
    tools += (i > 0 ? "," : "") + std::string{R"({"input_schema":{},"name":"t)"}
           + std::to_string(i) + "\"}";
  CHECK(has(no_form(R"("tools":[)" + tools + "]"),
            "tools: this has more than 1000 elements"));
  CHECK(
    has(no_form(R"("metadata":{"user_id":")" + std::string(513, 'a') + "\"}"),
        "metadata.user_id: this has 513 bytes; it may have at most 512"));
  CHECK(has(no_form(R"("stop_sequences":[)" + repeated(65, "\"a\"") + "]"),
            "stop_sequences: this has more than 64 elements"));
  auto deep = std::string(70, '[') + std::string(70, ']');
  CHECK(has(no_form(R"("tools":)" + deep), "nested"));
}

TEST_CASE("a body that is no request for a message is refused in words") {
  for (std::string body :
       {"", "[]", "7", "{", R"({"model":"m","model":"n"})", "{\"a\":\"\xFF\"}"})
    CHECK(!refused(*messages_front(), body).empty());
  CHECK(has(refused(*messages_front(), with_messages("7")), "messages[0]: "));
  CHECK(has(refused(*messages_front(), with_messages(R"({"content":"a"})")),
            "messages[0].role: this is missing"));
  CHECK(has(refused(*messages_front(), with_messages(R"({"role":"tool"})")),
            "messages[0].role: this has to be one of: user, assistant"));
  CHECK(has(refused(*messages_front(), with_messages(R"({"role":"user"})")),
            "messages[0].content: this is missing"));
  auto large = messages_front()->read(std::string(max_body + 1, ' '));
  REQUIRE(!large);
  CHECK(code_of(large.error()) == ec::limit_exceeded);
  CHECK(messages_front()->refuse({large.error(), {}, "r"}).status == 413);
}

TEST_CASE("tokens are counted of the whole request") {
  auto x = read_token_count(R"({"model":"m","system":"S",
    "tools":[{"name":"t","input_schema":{}}],"tool_choice":{"type":"any"},
    "thinking":{"type":"enabled","budget_tokens":1024},
    "messages":[{"role":"user","content":"a"}]})");
  REQUIRE(x);
  CHECK(x->request.messages.size() == 2);
  CHECK(x->request.tools.size() == 1);
  CHECK(!x->is_bounded);
  auto none = read_token_count(R"({"model":"m","messages":[]})");
  REQUIRE(!none);
  CHECK(message_of(none.error())
        == "messages: there is no message; send at "
           "least one");
}
