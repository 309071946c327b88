#include "gateway/proxy/thoughts.hpp"
#include "tests/gateway/proxy/random_talk.hpp"
#include "tests/gateway/proxy/response_reading.hpp"

#include "tests/support/text.hpp"

#include <sstream>

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

using kind = models::answer_delta::kind_type;

/// A short answer: a thought, a word, a call.
models::answer_deltas short_pieces() {
  return {{kind::thought, "Hm."},
          {kind::signature, "c2ln"},
          {kind::text, "Well"},
          {kind::tool, {}, 0, "c1", "read"},
          {kind::arguments, R"({"a":)", 0},
          {kind::arguments, "1}", 0}};
}

models::chat_response short_end() {
  models::chat_response x;
  x.message.content = "Well";
  x.message.tool_calls = {{"c1", "read", {R"({"a":1})"}}};
  x.stop = models::stop_reason::tool_use;
  x.usage = models::token_usage{};
  x.usage->input = 10;
  x.usage->cached = 5;
  x.usage->cache_write = 3;
  x.usage->cache_write_hour = 2;
  x.usage->output = 7;
  x.usage->reasoning = 4;
  x.usage->audio = 1;
  return x;
}

std::string types_in(std::string_view bytes) {
  std::string result;
  for (auto& event : events_in(bytes))
    result += (result.empty() ? "" : " ") + event.event;
  return result;
}

} // namespace

TEST_CASE("chunks are those of the API") {
  answer_manner manner;
  manner.counts_in_stream = true;
  auto bytes =
    streamed(*chat_front(), facts(), manner, short_pieces(), short_end());
  std::string head =
    R"(data: {"id":"chatcmpl-x1","object":"chat.completion.chunk",)"
    R"("created":1700000000,"model":"small","service_tier":"default",)"
    R"("system_fingerprint":null,"choices":)";
  auto chunk = [&](const std::string& delta, const std::string& why = "null") {
    return head + R"([{"index":0,"delta":)" + delta
         + R"(,"logprobs":null,"finish_reason":)" + why + R"(}],"usage":null})"
         + "\n\n";
  };
  CHECK(
    bytes
    == chunk(R"({"role":"assistant","content":"","refusal":null})")
         + chunk(R"({"reasoning_content":"Hm."})")
         + chunk(R"({"content":"Well"})")
         + chunk(R"({"tool_calls":[{"index":0,"id":"c1","type":"function",)"
                 R"("function":{"name":"read","arguments":""}}]})")
         + chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":)"
                 R"("{\"a\":"}}]})")
         + chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":)"
                 R"("1}"}}]})")
         + chunk("{}", "\"tool_calls\"") + head
         + R"([],"usage":{"prompt_tokens":21,"completion_tokens":7,)"
           R"("total_tokens":28,"prompt_tokens_details":{"cached_tokens":5,)"
           R"("audio_tokens":1,"cache_write_tokens":5},)"
           R"("completion_tokens_details":{"reasoning_tokens":4,)"
           R"("audio_tokens":0,"accepted_prediction_tokens":0,)"
           R"("rejected_prediction_tokens":0}}})"
         + "\n\ndata: [DONE]\n\n");
  auto quiet =
    streamed(*chat_front(), facts(), {}, short_pieces(), short_end());
  CHECK(!has(quiet, "usage"));
}

TEST_CASE("a chat without calls, and one with the old kind") {
  models::chat_response end;
  end.message.content = "Well";
  for (auto& [stop, reason] :
       std::vector<std::pair<models::stop_reason, std::string>>{
         {models::stop_reason::finished, "stop"},
         {models::stop_reason::stop_text, "stop"},
         {models::stop_reason::length, "length"},
         {models::stop_reason::refused, "content_filter"}}) {
    end.stop = stop;
    auto whole = json::parse(chat_front()->write(end, facts(), {}));
    CHECK(whole["id"] == "chatcmpl-x1");
    CHECK(whole["object"] == "chat.completion");
    CHECK(whole["created"] == 1'700'000'000);
    CHECK(!whole.contains("usage"));
    auto& choice = whole["choices"][0];
    CHECK(choice["finish_reason"] == reason);
    CHECK(choice["message"]["content"] == "Well");
    CHECK(choice["message"]["refusal"].is_null());
    CHECK(!choice["message"].contains("tool_calls"));
  }
  answer_manner old;
  old.legacy_calls = true;
  end = short_end();
  end.message.content.clear();
  auto whole = json::parse(chat_front()->write(end, facts(), old));
  auto& choice = whole["choices"][0];
  CHECK(choice["finish_reason"] == "function_call");
  CHECK(choice["message"]["content"].is_null());
  CHECK(choice["message"]["function_call"]
        == json{{"name", "read"}, {"arguments", R"({"a":1})"}});
  auto bytes = streamed(*chat_front(), facts(), old, short_pieces(), end);
  CHECK(has(bytes, R"({"function_call":{"name":"read","arguments":""}})"));
  CHECK(has(bytes, R"({"function_call":{"arguments":"1}"}})"));
  CHECK(!has(bytes, "tool_calls"));
}

TEST_CASE("a call without arguments has an empty object") {
  models::answer_deltas pieces{{kind::tool, {}, 0, "c1", "now"}};
  models::chat_response end;
  end.message.tool_calls = {{"c1", "now", {"{}"}}};
  end.stop = models::stop_reason::tool_use;
  auto chat = streamed(*chat_front(), facts(), {}, pieces, end);
  CHECK(has(chat, R"("function":{"arguments":"{}"})"));
  response_reading response{
    streamed(*responses_front(), facts(), {}, pieces, end)};
  CHECK(response.output[0]["arguments"] == "{}");
  auto message = streamed(*messages_front(), facts(), {}, pieces, end);
  CHECK(has(message, R"("input":{})"));
}

TEST_CASE("events of a message are those of the API") {
  auto bytes =
    streamed(*messages_front(), facts(), {}, short_pieces(), short_end());
  auto seal = to_text(
    {thought_seal::kind_type::signature, "anthropic", "claude-x", "c2ln"});
  std::string wanted =
    R"({"type":"message_start","message":{"id":"msg_x1","type":"message","role":"assistant","model":"small","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"container":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0,"output_tokens_details":{"thinking_tokens":0},"server_tool_use":null,"service_tier":"standard"}}}
{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}
{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SEAL"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":null}}
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Well"}}
{"type":"content_block_stop","index":1}
{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c1","name":"read","input":{},"caller":{"type":"direct"}}}
{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}
{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}}
{"type":"content_block_stop","index":2}
{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"container":null},"usage":{"input_tokens":11,"cache_creation_input_tokens":5,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":2},"output_tokens":7,"output_tokens_details":{"thinking_tokens":4},"server_tool_use":null}}
{"type":"message_stop"}
)";
  wanted.replace(wanted.find("SEAL"), 4, seal);
  std::istringstream lines{wanted};
  std::string line;
  for (auto& event : events_in(bytes)) {
    REQUIRE(std::getline(lines, line));
    CHECK(event.data == line);
    CHECK(event.event == json::parse(line)["type"]);
  }
  CHECK(!std::getline(lines, line));
}

TEST_CASE("why a message ends is told") {
  models::chat_response end;
  for (auto& [stop, reason] :
       std::vector<std::pair<models::stop_reason, std::string>>{
         {models::stop_reason::finished, "end_turn"},
         {models::stop_reason::stop_text, "stop_sequence"},
         {models::stop_reason::length, "max_tokens"},
         {models::stop_reason::tool_use, "tool_use"},
         {models::stop_reason::refused, "refusal"}}) {
    end.stop = stop;
    end.stop_text = "END";
    auto whole = json::parse(messages_front()->write(end, facts(), {}));
    CHECK(whole["stop_reason"] == reason);
    CHECK(whole["stop_sequence"]
          == (reason == "stop_sequence" ? json("END") : json(nullptr)));
    CHECK(whole["stop_details"].is_null() == (reason != "refusal"));
    CHECK(whole["content"].empty());
    // Nobody has counted.
    CHECK(whole["usage"]["input_tokens"] == 7);
  }
}

TEST_CASE("events of a response come in their order") {
  response_reading x{
    streamed(*responses_front(), facts(), {}, short_pieces(), short_end())};
  CHECK(x.types
        == std::vector<std::string>{"response.created",
                                    "response.in_progress",
                                    "response.output_item.added",
                                    "response.reasoning_summary_part.added",
                                    "response.reasoning_summary_text.delta",
                                    "response.reasoning_summary_text.done",
                                    "response.reasoning_summary_part.done",
                                    "response.output_item.done",
                                    "response.output_item.added",
                                    "response.content_part.added",
                                    "response.output_text.delta",
                                    "response.output_text.done",
                                    "response.content_part.done",
                                    "response.output_item.done",
                                    "response.output_item.added",
                                    "response.function_call_arguments.delta",
                                    "response.function_call_arguments.delta",
                                    "response.function_call_arguments.done",
                                    "response.output_item.done",
                                    "response.completed"});
  CHECK(x.document["output"] == x.output);
  CHECK(x.document["usage"]
        == json{{"input_tokens", 21},
                {"input_tokens_details",
                 {{"cached_tokens", 5}, {"cache_write_tokens", 5}}},
                {"output_tokens", 7},
                {"output_tokens_details", {{"reasoning_tokens", 4}}},
                {"total_tokens", 28}});
  CHECK(x.output[0]["encrypted_content"]
        == to_text({thought_seal::kind_type::signature, "anthropic", "claude-x",
                    "c2ln"}));
  CHECK(x.output[1]["content"][0]["text"] == "Well");
  CHECK(x.output[2]["call_id"] == "c1");
  auto end = short_end();
  end.stop = models::stop_reason::length;
  response_reading cut{
    streamed(*responses_front(), facts(), {}, {{kind::text, "We"}}, end)};
  CHECK(cut.document["incomplete_details"]["reason"] == "max_output_tokens");
  CHECK(cut.output[0]["status"] == "incomplete");
}

TEST_CASE("a stream of a response is the whole response") {
  CHECK(rc::check([] {
    auto x = draw_answer(chance(2));
    response_reading read{
      streamed(*responses_front(), facts(), {}, x.pieces, x.whole)};
    RC_ASSERT(read.document["output"] == read.output);
    RC_ASSERT(json::parse(responses_front()->write(x.whole, facts(), {}))
              == read.document);
    // What the client sends back is what was said.
    json body{{"model", "m"}, {"input", read.output}};
    // Thoughts that nothing came of are not kept.
    if (x.whole.message.content.empty() && x.whole.message.tool_calls.empty())
      return;
    auto again = test::read(*responses_front(), body.dump());
    auto& message = again.request.messages.at(0);
    RC_ASSERT(message.content == x.whole.message.content);
    RC_ASSERT(message.tool_calls == x.whole.message.tool_calls);
    auto blocks = [](const models::chat_message& y) {
      return y.provider_blocks ? json::parse(y.provider_blocks->text) : json{};
    };
    RC_ASSERT(blocks(message) == blocks(x.whole.message));
  }));
}

TEST_CASE("a stream that fails says so") {
  failure why{make_error(ec::provider_interrupted, "it broke off"), {}, "r-1"};
  auto chat = chat_front()->stream(facts(), {});
  chat->add({kind::text, "We"});
  CHECK(chat->fail(why)
        == R"(data: {"error":{"message":"it broke off","type":"server_error",)"
           R"("param":null,"code":"bad_gateway"}})"
           "\n\n");
  auto message = messages_front()->stream(facts(), {});
  message->add({kind::text, "We"});
  CHECK(message->fail(why)
        == "event: error\n"
           R"(data: {"type":"error","error":{"type":"api_error",)"
           R"("message":"it broke off"},"request_id":"r-1"})"
           "\n\n");
  auto response = responses_front()->stream(facts(), {});
  std::string bytes{response->add({kind::text, "We"})};
  bytes += response->fail(why);
  response_reading read{bytes};
  CHECK(read.error["code"] == "bad_gateway");
  CHECK(read.document["error"]["message"] == "it broke off");
  CHECK(read.document["status"] == "failed");
  CHECK(read.output[0]["content"][0]["text"] == "We");
}

TEST_CASE("who waits is shown that somebody is there") {
  for (auto& front : {chat_front(), responses_front(), messages_front()}) {
    auto stream = front->stream(facts(), {});
    auto bytes = stream->keep_alive();
    CHECK(bytes.ends_with("\n\n"));
    auto is_message =
      front->refuse({}).body.find("request_id") != std::string::npos;
    CHECK(types_in(bytes) == (is_message ? "ping" : ""));
  }
}

TEST_CASE("another model may go on with an answer") {
  auto next = facts();
  next.model = "large";
  next.provider_model = "claude-y";
  models::chat_response end;
  end.message.content = "We go on.";
  auto run = [&](const front& at) {
    auto stream = at.stream(facts(), {});
    std::string bytes{stream->add({kind::text, "We "})};
    bytes += stream->hand_over(next, false);
    bytes += stream->add({kind::text, "go on."});
    bytes += stream->finish(end);
    return bytes;
  };
  auto chat = run(*chat_front());
  CHECK(has(chat, R"("machine":{"takeover":"continue","model":"large"}})"));
  auto read = understood(*models::openai_chat(), chat);
  CHECK(read.message.content == "We go on.");
  CHECK(read.model == "large");
  CHECK(understood(*models::anthropic_messages(), run(*messages_front()))
          .message.content
        == "We go on.");
  response_reading response{run(*responses_front())};
  CHECK(response.document["model"] == "large");
  CHECK(response.output.size() == 1);
  // A thought of the first model is its own.
  auto stream = messages_front()->stream(facts(), {});
  std::string bytes{stream->add({kind::thought, "Hm."})};
  bytes += stream->add({kind::signature, "one"});
  bytes += stream->hand_over(next, false);
  bytes += stream->add({kind::thought, "So."});
  bytes += stream->add({kind::signature, "two"});
  bytes += stream->finish(end);
  CHECK(has(bytes, to_text({thought_seal::kind_type::signature, "anthropic",
                            "claude-x", "one"})));
  CHECK(has(bytes, to_text({thought_seal::kind_type::signature, "anthropic",
                            "claude-y", "two"})));
}

TEST_CASE("thoughts that nobody has signed are shown") {
  models::chat_response end;
  end.message.content = "Well";
  auto about = facts();
  about.thoughts = "Hm.";
  auto chat = json::parse(chat_front()->write(end, about, {}));
  CHECK(chat["choices"][0]["message"]["reasoning_content"] == "Hm.");
  auto message = json::parse(messages_front()->write(end, about, {}));
  CHECK(message["content"][0]
        == json{{"type", "thinking"}, {"thinking", "Hm."}, {"signature", ""}});
  auto response = json::parse(responses_front()->write(end, about, {}));
  CHECK(response["output"][0]["summary"][0]["text"] == "Hm.");
  CHECK(!response["output"][0].contains("encrypted_content"));
}

TEST_CASE("a provider's answer by a schema is text to every client") {
  models::chat_response end;
  end.message.content = R"({"a":1})";
  end.message.provider_blocks = json_text{
    R"({"protocol":"anthropic","model":"claude-x","content":[
      {"type":"thinking","thinking":"Hm.","signature":"c2ln"},
      {"type":"text","text":"I answer."},
      {"type":"tool_use","id":"t","name":"answer","input":{"a":1}}]})"};
  auto message = json::parse(messages_front()->write(end, facts(), {}));
  REQUIRE(message["content"].size() == 2);
  CHECK(message["content"][0]["type"] == "thinking");
  CHECK(message["content"][1]["text"] == R"({"a":1})");
}
