#include "tests/actors/models/asking.hpp"

using namespace machine;
using namespace machine::models;
using machine::test::encoded;
using machine::test::header_of;

namespace {

/// With all that a request can have.
chat_request conversation() {
  chat_request x;
  x.messages.push_back({chat_role::system, "Be brief."});
  x.messages.push_back({chat_role::user, "Read a."});
  x.messages.push_back({chat_role::assistant,
                        " \n",
                        {{"c1", "read", {R"({"path":"a"})"}},
                         {"c2", "read", {R"("no object")"}}}});
  x.messages.push_back({chat_role::tool, "text of a", {}, "c1"});
  x.messages.push_back({chat_role::tool, "bad arguments", {}, "c2"});
  x.tools.push_back({"read", "Reads.", {R"({"type":"object"})"}});
  x.max_output_tokens = 100;
  return x;
}

call_options options() {
  call_options x;
  x.model = "m";
  x.idempotency_key = "r:1";
  return x;
}

bool has(const net::request& x, const std::string& part) {
  return x.body.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a request in the protocol of OpenAI") {
  auto x = encoded(*openai_chat(), conversation(), options());
  CHECK(x.method == "POST");
  CHECK(x.url == "http://h/v1/chat/completions");
  CHECK(header_of(x, "Idempotency-Key") == "r:1");
  CHECK(
    x.body
    == R"({"max_tokens":100,"messages":[)"
       R"({"content":"Be brief.","role":"system"},)"
       R"({"content":"Read a.","role":"user"},)"
       R"({"content":" \n","role":"assistant","tool_calls":[)"
       R"({"function":{"arguments":"{\"path\":\"a\"}","name":"read"},"id":"c1","type":"function"},)"
       R"({"function":{"arguments":"{}","name":"read"},"id":"c2","type":"function"}]},)"
       R"({"content":"text of a","role":"tool","tool_call_id":"c1"},)"
       R"({"content":"bad arguments","role":"tool","tool_call_id":"c2"}],)"
       R"("model":"m","stream":true,"stream_options":{"include_usage":true},)"
       R"("tools":[{"function":{"description":"Reads.","name":"read","parameters":{"type":"object"}},"type":"function"}]})");
}

TEST_CASE("a request in the protocol of Anthropic") {
  auto x = encoded(*anthropic_messages(), conversation(), options());
  CHECK(x.method == "POST");
  CHECK(x.url == "http://h/v1/messages");
  CHECK(header_of(x, "anthropic-version") == "2023-06-01");
  CHECK(
    x.body
    == R"({"max_tokens":100,"messages":[)"
       R"({"content":[{"text":"Read a.","type":"text"}],"role":"user"},)"
       R"({"content":[)"
       R"({"id":"c1","input":{"path":"a"},"name":"read","type":"tool_use"},)"
       R"({"id":"c2","input":{},"name":"read","type":"tool_use"}],"role":"assistant"},)"
       R"({"content":[)"
       R"({"content":"text of a","tool_use_id":"c1","type":"tool_result"},)"
       R"({"content":"bad arguments","tool_use_id":"c2","type":"tool_result"}],"role":"user"}],)"
       R"("model":"m","stream":true,"system":"Be brief.",)"
       R"("tools":[{"description":"Reads.","input_schema":{"type":"object"},"name":"read"}]})");
}

TEST_CASE("a dialect is spoken") {
  auto spoken = options();
  spoken.speaks.output_bound = "max_completion_tokens";
  spoken.speaks.reasoning_effort = "low";
  auto openai = encoded(*openai_chat(), {}, spoken);
  CHECK(has(openai, R"("max_completion_tokens":4096)"));
  CHECK(!has(openai, R"("max_tokens")"));
  CHECK(has(openai, R"("reasoning_effort":"low")"));
  auto anthropic = encoded(*anthropic_messages(), {}, spoken);
  CHECK(has(anthropic, R"("output_config":{"effort":"low"})"));
}

TEST_CASE("an answer by a schema is asked for") {
  chat_request what;
  what.output_schema = json_text{R"({"type":"object"})"};
  auto openai = encoded(*openai_chat(), what, options());
  CHECK(has(openai, R"("response_format":{"json_schema":{"name":"answer",)"
                    R"("schema":{"type":"object"}},"type":"json_schema"})"));
  auto forced = encoded(*anthropic_messages(), what, options());
  CHECK(has(forced, R"("tool_choice":{"name":"answer","type":"tool"})"));
  auto free_choice = options();
  free_choice.speaks.forced_tools = false;
  auto asked = encoded(*anthropic_messages(), what, free_choice);
  CHECK(!has(asked, "tool_choice"));
  CHECK(has(asked, R"("name":"answer")"));
  CHECK(has(asked, "by calling the tool `answer`"));
}

TEST_CASE("a schema that is nested without end is not sent") {
  std::string deep(100'000, '[');
  chat_request what;
  what.tools.push_back({"t", "", {deep + std::string(100'000, ']')}});
  CHECK(has(encoded(*openai_chat(), what, options()), R"("parameters":{})"));
  CHECK(has(encoded(*anthropic_messages(), what, options()),
            R"("input_schema":{})"));
}
