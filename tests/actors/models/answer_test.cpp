#include "actors/models/protocol.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

/// The answer of a stream that ends after these events.
struct reading {
  std::unique_ptr<answer_reader> reader;
  std::string text;

  reading(const protocol& speaks, const std::vector<std::string>& events,
          const chat_request& asked = {}, const call_options& options = {})
      : reader(speaks.make_reader(asked, options)) {
    for (auto& data : events) {
      auto piece = reader->take({"message", data, ""});
      if (!piece)
        FAIL(render(piece.error()));
      text += text_of(*piece);
    }
  }

  chat_response answer() {
    auto x = reader->response();
    REQUIRE(x);
    return *x;
  }
};

std::string delta(const std::string& members, const std::string& reason = "") {
  return R"({"choices":[{"delta":{)" + members + "}"
       + (reason.empty() ? "" : R"(,"finish_reason":")" + reason + "\"")
       + "}]}";
}

std::string call(const std::string& members) {
  return delta(R"("tool_calls":[{)" + members + "}]");
}

std::string usage(const std::string& members) {
  return R"({"choices":[],"usage":{)" + members + "}}";
}

using calls = std::vector<tool_call>;

calls openai_calls(const std::vector<std::string>& events,
                   const chat_request& asked = {}) {
  return reading{*openai_chat(), events, asked}.answer().message.tool_calls;
}

} // namespace

TEST_CASE("calls that share an index, or have none, are told apart") {
  calls two{{"a", "t", {R"({"n":1})"}}, {"b", "t", {R"({"n":2})"}}};
  // Ollama says 0 for all of them.
  CHECK(
    openai_calls(
      {call(
         R"("index":0,"id":"a","function":{"name":"t","arguments":"{\"n\":1}"})"),
       call(
         R"("index":0,"id":"b","function":{"name":"t","arguments":"{\"n\":2}"})")})
    == two);
  CHECK(openai_calls(
          {call(R"("id":"a","function":{"name":"t","arguments":"{\"n\":1}"})"),
           call(R"("id":"b","function":{"name":"t","arguments":"{\"n\""})"),
           call(R"("function":{"arguments":":2}"})")})
        == two);
  // Without ids, a name after a complete object begins the next call.
  auto made = openai_calls(
    {call(R"("index":0,"function":{"name":"t","arguments":"{\"n\":1}"})"),
     call(R"("index":0,"function":{"name":"t","arguments":"{\"n\":"})"),
     call(R"("index":0,"function":{"name":"t","arguments":"2}"})")});
  REQUIRE(made.size() == 2);
  CHECK(made[0].arguments == two[0].arguments);
  CHECK(made[1].arguments == two[1].arguments);
}

TEST_CASE("pieces of interleaved calls find their call") {
  auto made = openai_calls(
    {call(R"("index":0,"id":"a","function":{"name":"t","arguments":"{\"n\""})"),
     call(R"("index":1,"id":"b","function":{"name":"u","arguments":"{\"}"})"),
     call(R"("index":0,"function":{"arguments":":1}"})"),
     call(R"("index":1,"id":"b","function":{"arguments":"\":2}"})")});
  CHECK(made == calls{{"a", "t", {R"({"n":1})"}}, {"b", "u", {R"({"}":2})"}}});
}

TEST_CASE("a call without an id gets one, always the same") {
  chat_request asked;
  asked.messages.resize(3);
  std::vector<std::string> events{
    call(R"("index":0,"function":{"name":"t","arguments":"{}"})"),
    call(R"("index":1,"id":"x","function":{"name":"t","arguments":"{}"})"),
    call(R"("index":2,"id":"x","function":{"name":"t","arguments":"{}"})")};
  auto made = openai_calls(events, asked);
  REQUIRE(made.size() == 3);
  CHECK(made[0].id == "call_3_0");
  CHECK(made[1].id == "x");
  CHECK(made[2].id == "call_3_2");
  CHECK(openai_calls(events, asked) == made);
}

TEST_CASE("arguments that come as an object are taken") {
  auto made = openai_calls({call(
    R"("index":0,"id":"a","function":{"name":"t","arguments":{"n":1}})")});
  REQUIRE(made.size() == 1);
  CHECK(made[0].arguments.text == R"({"n":1})");
}

TEST_CASE("usage that was not counted to the end is none") {
  auto openai = [](const std::vector<std::string>& events) {
    return reading{*openai_chat(), events}.answer().usage;
  };
  CHECK(!openai({delta(R"("content":"hello")", "stop")}));
  CHECK(!openai({usage(R"("prompt_tokens":null,"completion_tokens":2)")}));
  CHECK(!openai({usage(R"("prompt_tokens":0,"completion_tokens":0)")}));
  CHECK(
    !openai({usage(R"("prompt_tokens":1,"completion_tokens":2000000000)")}));
  CHECK(!openai({R"({"choices":[],"usage":null})"}));
  // Null does not take back what was counted.
  CHECK(openai({usage(R"("prompt_tokens":9,"completion_tokens":2)"),
                R"({"choices":[],"usage":null})"})
        == token_usage{9, 0, 2});
  // Tokens of thinking may stand in the total alone.
  CHECK(openai({usage(
          R"("prompt_tokens":9,"completion_tokens":2,"total_tokens":50)")})
        == token_usage{9, 0, 41});
  auto anthropic = [](const std::string& at_end) {
    return reading{
      *anthropic_messages(),
      {R"({"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}})",
       R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{)"
         + at_end + "}}",
       R"({"type":"message_stop"})"}}
      .answer()
      .usage;
  };
  CHECK(!anthropic(""));
  CHECK(!anthropic(R"("output_tokens":null)"));
  CHECK(anthropic(R"("output_tokens":7,"input_tokens":null)")
        == token_usage{9, 0, 7});
  CHECK(anthropic(
          R"("output_tokens":7,"input_tokens":4,"cache_read_input_tokens":5)")
        == token_usage{4, 5, 7});
}

TEST_CASE("a whole document is read like a stream") {
  auto openai = openai_chat()->read_whole(
    R"({"model":"m-1","choices":[{"message":{"content":"Hi","tool_calls":[
        {"id":"a","function":{"name":"t","arguments":"{\"n\":1}"}}]},
        "finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":9,"completion_tokens":2}})",
    {}, {});
  auto anthropic = anthropic_messages()->read_whole(
    R"({"model":"m-1","content":[{"type":"text","text":"Hi"},
        {"type":"tool_use","id":"a","name":"t","input":{"n":1}}],
        "stop_reason":"tool_use",
        "usage":{"input_tokens":9,"output_tokens":2}})",
    {}, {});
  for (auto* x : {&openai, &anthropic}) {
    REQUIRE(*x);
    auto& answer = **x;
    CHECK(answer.message.content == "Hi");
    CHECK(answer.message.tool_calls == calls{{"a", "t", {R"({"n":1})"}}});
    CHECK(answer.stop == stop_reason::tool_use);
    CHECK(answer.usage == token_usage{9, 0, 2});
    CHECK(answer.model == "m-1");
  }
  auto uncounted = openai_chat()->read_whole(
    R"({"choices":[{"message":{"content":"Hi"}}]})", {}, {});
  REQUIRE(uncounted);
  CHECK(!uncounted->usage);
  auto failed =
    openai_chat()->read_whole(R"({"error":{"message":"m"}})", {}, {});
  REQUIRE(!failed);
  CHECK(code_of(failed.error()) == ec::provider_failed);
}

TEST_CASE("a refusal stays one, whatever comes after it") {
  reading x{*openai_chat(),
            {delta(R"("refusal":"I will not.")"), delta("", "stop")}};
  CHECK(x.answer().stop == stop_reason::refused);
  CHECK(x.answer().message.content == "I will not.");
}

TEST_CASE("a stream may end once it has said why") {
  reading begun{*openai_chat(), {delta(R"("content":"x")")}};
  CHECK(!begun.reader->may_end());
  reading said{*openai_chat(), {delta(R"("content":"x")", "stop")}};
  CHECK(said.reader->may_end());
  CHECK(!said.reader->complete());
}

TEST_CASE("an answer by a schema is the tool's input and nothing else") {
  chat_request asked;
  asked.output_schema = json_text{R"({"type":"object"})"};
  reading x{
    *anthropic_messages(),
    {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Here:"}})",
     R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"answer"}})",
     R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"n\":1}"}})",
     R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":"Done."}})"},
    asked};
  CHECK(x.answer().message.content == R"({"n":1})");
  CHECK(x.answer().message.tool_calls.empty());
}

TEST_CASE("what a model thought goes back to it unchanged") {
  call_options options;
  options.model = "m-1";
  reading x{
    *anthropic_messages(),
    {R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
     R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}})",
     R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s1"}})",
     R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"d1"}})",
     R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":"Look:"}})",
     R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"a","name":"t"}})",
     R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"n\":1}"}})"},
    {},
    options};
  CHECK(x.text == "Look:");
  auto answer = x.answer();
  CHECK(answer.message.content == "Look:");
  chat_request next;
  next.messages.push_back(answer.message);
  auto body = [&](const std::string& model) {
    call_options to;
    to.model = model;
    return anthropic_messages()->encode(next, to, {"http://x/v1"})->body;
  };
  CHECK(
    body("m-1").find(
      R"("content":[{"signature":"s1","thinking":"Hm.","type":"thinking"},{"data":"d1","type":"redacted_thinking"},{"text":"Look:","type":"text"},{"id":"a","input":{"n":1},"name":"t","type":"tool_use"}])")
    != std::string::npos);
  // Another model would refuse them.
  CHECK(body("m-2").find("Hm.") == std::string::npos);
  CHECK(body("m-2").find(R"("name":"t")") != std::string::npos);
  CHECK(openai_chat()->encode(next, options, {"http://x/v1"})->body.find("Hm.")
        == std::string::npos);
}
