#include "actors/models/protocol.hpp"

#include "actors/models/script.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;

namespace {

// Written by hand after platform.openai.com/docs/api-reference/chat-streaming.
const std::string openai_stream =
  R"(data: {"id":"c1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Let "},"finish_reason":null}]}

data: {"model":"m-1","choices":[{"index":0,"delta":{"content":"me look."},"finish_reason":null}]}

data: {"model":"m-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"read_file","arguments":""}}]}}]}

data: {"model":"m-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"path\":"}}]}}]}

data: {"model":"m-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"a\"}"}}]}}]}

data: {"model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"model":"m-1","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":40}}}

data: [DONE]

)";

// Written by hand after docs.anthropic.com/en/api/messages-streaming.
const std::string anthropic_stream = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m-1","usage":{"input_tokens":60,"cache_read_input_tokens":40,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let me look."}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call_1","name":"read_file","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"path\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"a\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":20}}

event: message_stop
data: {"type":"message_stop"}

)";

struct streamed {
  std::string text;
  bool complete = false;
  caf::error problem;
  caf::expected<chat_response> response{caf::error{}};
};

streamed read(const protocol& speaks, const std::vector<std::string>& pieces) {
  streamed result;
  net::sse_parser parser;
  auto reader = speaks.make_reader({}, {});
  for (auto& piece : pieces) {
    auto events = parser.feed(piece);
    if (!events) {
      result.problem = events.error();
      return result;
    }
    for (auto& event : *events) {
      auto deltas = reader->take(event);
      if (!deltas) {
        result.problem = deltas.error();
        return result;
      }
      result.text += text_of(*deltas);
    }
  }
  result.complete = reader->complete();
  if (result.complete)
    result.response = reader->response();
  return result;
}

void check_answer(const streamed& x) {
  REQUIRE(!x.problem);
  REQUIRE(x.complete);
  REQUIRE(x.response);
  CHECK(x.text == "Let me look.");
  CHECK(x.response->message.content == "Let me look.");
  REQUIRE(x.response->message.tool_calls.size() == 1);
  CHECK(x.response->message.tool_calls[0]
        == tool_call{"call_1", "read_file", {R"({"path":"a"})"}});
  CHECK(x.response->stop == stop_reason::tool_use);
  CHECK(x.response->usage == token_usage{60, 40, 20});
  CHECK(x.response->model == "m-1");
}

} // namespace

TEST_CASE("a streamed answer is put together again") {
  check_answer(read(*openai_chat(), {openai_stream}));
  check_answer(read(*anthropic_messages(), {anthropic_stream}));
}

TEST_CASE("it does not matter how an answer was cut into pieces") {
  auto check = [](const protocol& speaks, const std::string& stream) {
    REQUIRE(rc::check([&] {
      std::vector<std::string> pieces;
      auto rest = stream;
      while (!rest.empty()) {
        auto size = *rc::gen::inRange<size_t>(1, 200);
        pieces.push_back(rest.substr(0, size));
        rest.erase(0, size);
      }
      check_answer(read(speaks, pieces));
    }));
  };
  check(*openai_chat(), openai_stream);
  check(*anthropic_messages(), anthropic_stream);
}

TEST_CASE("an answer that ends early is never taken for a whole one") {
  for (size_t size = 0; size + 2 < openai_stream.size(); ++size)
    CHECK(!read(*openai_chat(), {openai_stream.substr(0, size)}).complete);
  for (size_t size = 0; size + 2 < anthropic_stream.size(); ++size)
    CHECK(!read(*anthropic_messages(), {anthropic_stream.substr(0, size)})
             .complete);
}

TEST_CASE("garbage and errors in a stream are told apart") {
  auto problem_of = [](const protocol& speaks, const std::string& data) {
    return code_of(read(speaks, {"data: " + data + "\n\n"}).problem);
  };
  auto openai = openai_chat();
  auto anthropic = anthropic_messages();
  CHECK(problem_of(*openai, "<html>") == ec::provider_garbled);
  CHECK(problem_of(*openai, R"({"error":{"message":"m"}})")
        == ec::provider_failed);
  CHECK(problem_of(*openai, R"({"error":{"type":"rate_limit_exceeded"}})")
        == ec::provider_rate_limited);
  CHECK(problem_of(*openai, R"({"error":{"type":"invalid_request_error"}})")
        == ec::provider_rejected);
  CHECK(problem_of(*openai, R"({"error":null,"choices":[]})") == ec::none);
  auto error = [](const std::string& kind) {
    return R"({"type":"error","error":{"type":")" + kind
         + R"(","message":"m"}})";
  };
  CHECK(problem_of(*anthropic, error("overloaded_error"))
        == ec::provider_failed);
  CHECK(problem_of(*anthropic, error("rate_limit_error"))
        == ec::provider_rate_limited);
  CHECK(problem_of(*anthropic, error("authentication_error"))
        == ec::provider_auth);
}

TEST_CASE("an answer is bounded in its parts, its size and its depth") {
  auto call = [](int index) {
    return R"(data: {"choices":[{"delta":{"tool_calls":[{"index":)"
         + std::to_string(index) + "}]}}]}\n\n";
  };
  std::vector<std::string> calls;
  for (int i = 0; i < 129; ++i)
    calls.push_back(call(i));
  CHECK(code_of(read(*openai_chat(), calls).problem) == ec::provider_garbled);
  calls.pop_back();
  CHECK(!read(*openai_chat(), calls).problem);
  std::string long_text(1u << 20, 'x');
  CHECK(
    code_of(read(*openai_chat(), {R"(data: {"choices":[{"delta":{"content":"x)"
                                  + long_text + "\"}}]}\n\n"})
              .problem)
    == ec::provider_garbled);
  std::string deep(200'000, '[');
  CHECK(code_of(read(*openai_chat(), {"data: {\"x\":" + deep + "\n\n"}).problem)
        == ec::provider_garbled);
  auto closed = deep + std::string(200'000, ']');
  chat_request asked;
  for (auto& speaks : {openai_chat(), anthropic_messages()}) {
    auto whole = speaks->read_whole(
      R"({"content":[{"type":"tool_use","id":"1","name":"t","input":{"a":)"
        + closed + R"(}}],"choices":[)" + closed + "]}",
      asked, {});
    REQUIRE(!whole);
    CHECK(code_of(whole.error()) == ec::provider_garbled);
  }
}

TEST_CASE("an answer that was taken can be read back from where it is stored") {
  auto read_back = [](const json_text& arguments) {
    chat_response answer;
    answer.message.tool_calls.push_back({"1", "t", arguments});
    auto x = wire::from_json<chat_response>(wire::to_json(answer));
    return x && x->message.tool_calls.size() == 1;
  };
  for (size_t depth : {1, 40, 48, 49, 60, 63, 64, 65, 1'000, 300'000}) {
    CAPTURE(depth);
    CHECK(read_back(
      arguments_of(std::string(depth, '[') + std::string(depth, ']'))));
  }
  auto twice = arguments_of(R"({"a":1,"a":2})");
  CHECK(twice.text == R"("{\"a\":1,\"a\":2}")");
  CHECK(read_back(twice));
  CHECK(read_back(arguments_of("\xFF")));
  CHECK(read_back(arguments_of(std::string("{}\0{", 4))));
}

TEST_CASE("arguments that are no JSON become a string") {
  CHECK(arguments_of("{\"a\":1}").text == "{\"a\":1}");
  CHECK(arguments_of("{\"a\":").text == "\"{\\\"a\\\":\"");
  CHECK(arguments_of("").text == "{}");
  CHECK(arguments_of(" \n").text == "{}");
}

TEST_CASE("each status has its outcome") {
  auto code = [](int status) {
    auto x = outcome_of_status("p", status, std::nullopt, "");
    CHECK(!x.accepted);
    CHECK(x.status == status);
    return code_of(x.response.error());
  };
  CHECK(code(401) == ec::provider_auth);
  CHECK(code(403) == ec::provider_auth);
  CHECK(code(429) == ec::provider_rate_limited);
  CHECK(code(400) == ec::provider_rejected);
  CHECK(code(302) == ec::provider_rejected);
  CHECK(code(500) == ec::provider_failed);
  CHECK(code(529) == ec::provider_failed);
}

TEST_CASE("how long to wait is read in all its spellings") {
  timestamp now{std::chrono::seconds{1'800'000'000}};
  auto wait = [&](const std::string& name, const std::string& value) {
    net::response_head head;
    head.headers = {{name, value}};
    return retry_after_of(head, now);
  };
  CHECK(wait("retry-after", "2") == duration{2'000});
  CHECK(wait("retry-after-ms", "250") == duration{250});
  CHECK(wait("retry-after", "Fri, 15 Jan 2027 08:00:10 GMT")
        == duration{10'000});
  CHECK(wait("retry-after", "Fri, 15 Jan 2020 08:00:10 GMT") == duration{0});
  CHECK(!wait("retry-after", "soon"));
  CHECK(!wait("retry-after", "nan"));
  CHECK(!wait("retry-after", "inf"));
  CHECK(wait("retry-after", "1e300") == duration{86'400'000});
}

TEST_CASE("what a provider says of an error is cleaned and cut") {
  CHECK(error_detail(R"({"error":{"message":"a\nb"}})") == "a b");
  CHECK(error_detail(R"({"error":"plain"})") == "plain");
  CHECK(for_people(std::string(10'000, 'x'), "").size() == 604);
  CHECK(for_people(std::string(599, 'x') + "\u00e9", "")
        == std::string(599, 'x') + " ...");
}

TEST_CASE("a key is told by no message, also where it is cut") {
  CHECK(for_people("bad key sk-1234, not sk-1234", "sk-1234")
        == "bad key [key], not [key]");
  CHECK(for_people("[key][key]", "[key]") == "[key][key]");
  // Of several parts, each alone.
  CHECK(for_people("AKIDEXAMPLE signed with wJalrXUtnFEMI",
                   "AKIDEXAMPLE:wJalrXUtnFEMI:t")
        == "[key] signed with [key]");
  auto cut = for_people(std::string(595, 'x') + "sk-123456789", "sk-123456789");
  CHECK(cut.find("sk-") == std::string::npos);
}

TEST_CASE("an address may be written as the tools of its provider write it") {
  using enum protocol_kind;
  CHECK(endpoint_of(anthropic, "https://a.example") == "https://a.example/v1");
  CHECK(endpoint_of(anthropic, "https://a.example/v1/")
        == "https://a.example/v1");
  CHECK(endpoint_of(anthropic, "https://g.example/anthropic/")
        == "https://g.example/anthropic/v1");
  CHECK(endpoint_of(openai, "http://127.0.0.1:8080/")
        == "http://127.0.0.1:8080/v1");
  CHECK(endpoint_of(openai, "https://g.example/openai")
        == "https://g.example/openai");
}

TEST_CASE("a script answers by the request alone") {
  auto x = load_script(R"(
rules:
  - when: {turn: 1, last: done}
    say: second
  - when: {user: hello}
    say: first
    call: [{name: t, arguments: {n: 1, s: "2", b: true}}]
)",
                       "s.yaml");
  if (!x)
    FAIL(render(x.error()));
  chat_request request;
  request.messages.push_back({chat_role::user, "hello", {}, {}});
  auto* rule = find_rule(*x, request);
  REQUIRE(rule != nullptr);
  CHECK(rule->say == "first");
  CHECK(rule->calls[0].arguments.text == R"({"n":1,"s":"2","b":true})");
  request.messages.push_back({chat_role::assistant, "first", {}, {}});
  request.messages.push_back({chat_role::tool, "done", {}, "c"});
  CHECK(find_rule(*x, request)->say == "second");
  auto bad = load_script("rules:\n  - wen: {}\n", "s.yaml");
  REQUIRE(!bad);
  CHECK(message_of(bad.error()).starts_with("s.yaml:2:5: unknown key wen"));
}
