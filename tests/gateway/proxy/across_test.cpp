#include "tests/gateway/proxy/talk.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

// A provider speaks one dialect and the client another: what leaves one side is
// read on the other by our own readers of providers' answers.

namespace {

/// A provider's stream, as pieces and as a whole.
struct heard {
  models::answer_deltas pieces;
  models::chat_response whole;
};

heard hear(const models::protocol& speaks, std::string_view bytes) {
  models::call_options options;
  options.model = "claude-x";
  auto reader = speaks.make_reader({}, options);
  heard x;
  for (auto& event : events_in(bytes)) {
    auto some = reader->take(event);
    if (!some)
      throw std::runtime_error(render(some.error()));
    x.pieces.insert(x.pieces.end(), some->begin(), some->end());
  }
  x.whole = *reader->response();
  return x;
}

std::string as_anthropic(const std::string& data) {
  return "event: " + json::parse(data)["type"].get<std::string>()
       + "\ndata: " + data + "\n\n";
}

/// With a thought, a text and two calls; 9 tokens of the prompt were read from
/// the cache, 4 written to it.
std::string anthropic_stream() {
  std::string result;
  for (std::string data :
       {R"({"type":"message_start","message":{"model":"claude-x","usage":
           {"input_tokens":20,"cache_read_input_tokens":9,
            "cache_creation_input_tokens":4,"output_tokens":1}}})",
        R"({"type":"content_block_start","index":0,"content_block":
           {"type":"thinking","thinking":"","signature":""}})",
        R"({"type":"content_block_delta","index":0,"delta":
           {"type":"thinking_delta","thinking":"Hm."}})",
        R"({"type":"content_block_delta","index":0,"delta":
           {"type":"signature_delta","signature":"c2ln"}})",
        R"({"type":"content_block_stop","index":0})",
        R"({"type":"content_block_start","index":1,"content_block":
           {"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":1,"delta":
           {"type":"text_delta","text":"I \"read\"\n"}})",
        R"({"type":"content_block_delta","index":1,"delta":
           {"type":"text_delta","text":"both: 語"}})",
        R"({"type":"content_block_stop","index":1})",
        R"({"type":"content_block_start","index":2,"content_block":
           {"type":"tool_use","id":"c1","name":"read","input":{}}})",
        R"({"type":"content_block_delta","index":2,"delta":
           {"type":"input_json_delta","partial_json":"{\"a\":"}})",
        R"({"type":"content_block_delta","index":2,"delta":
           {"type":"input_json_delta","partial_json":"\"}\"}"}})",
        R"({"type":"content_block_stop","index":2})",
        R"({"type":"content_block_start","index":3,"content_block":
           {"type":"tool_use","id":"c2","name":"now","input":{}}})",
        R"({"type":"content_block_stop","index":3})",
        R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},
            "usage":{"output_tokens":11}})",
        R"({"type":"message_stop"})"}) {
    std::string line;
    for (auto c : data)
      if (c != '\n')
        line += c;
    result += as_anthropic(line);
  }
  return result;
}

std::string openai_stream() {
  auto chunk = [](const std::string& delta, const std::string& why = "null") {
    return R"(data: {"model":"gpt","choices":[{"index":0,"delta":)" + delta
         + R"(,"finish_reason":)" + why + "}]}\n\n";
  };
  auto call = [&](const std::string& index, const std::string& rest) {
    return chunk(R"({"tool_calls":[{"index":)" + index + "," + rest + "}]}");
  };
  return chunk(R"({"role":"assistant","content":""})")
       + chunk(R"({"content":"I read"})")
       + chunk(R"({"content":" both."})")
       // The second call begins before the first is complete.
       + call("0", R"("id":"c1","type":"function","function":)"
                   R"({"name":"read","arguments":"{\"a\":"})")
       + call("1", R"("id":"c2","type":"function","function":)"
                   R"({"name":"now","arguments":"{\"b\":"})")
       + call("0", R"("function":{"arguments":"1}"})")
       + call("1", R"("function":{"arguments":"2}"})")
       + chunk("{}", "\"tool_calls\"")
       + R"(data: {"model":"gpt","choices":[],"usage":{"prompt_tokens":33,)"
         R"("completion_tokens":11,"total_tokens":44,"prompt_tokens_details":)"
         R"({"cached_tokens":9},"completion_tokens_details":)"
         R"({"reasoning_tokens":5}}})"
         "\n\ndata: [DONE]\n\n";
}

answer_manner counting() {
  answer_manner x;
  x.counts_in_stream = true;
  return x;
}

void check_content(const models::chat_message& is,
                   const models::chat_message& wanted) {
  CHECK(is.content == wanted.content);
  CHECK(is.tool_calls == wanted.tool_calls);
}

/// The last event of *bytes* that has a usage.
json usage_in(std::string_view bytes) {
  json result;
  for (auto& event : events_in(bytes)) {
    auto data =
      event.data == "[DONE]" ? json::object() : json::parse(event.data);
    if (data.contains("usage") && data["usage"].is_object())
      result = data["usage"];
  }
  return result;
}

} // namespace

TEST_CASE("an answer of Anthropic's protocol, to a client of OpenAI's") {
  auto from = hear(*models::anthropic_messages(), anthropic_stream());
  auto bytes =
    streamed(*chat_front(), facts(), counting(), from.pieces, from.whole);
  auto read = understood(*models::openai_chat(), bytes);
  check_content(read.message, from.whole.message);
  CHECK(read.stop == models::stop_reason::tool_use);
  // Its prompt has all that a cache has to do with, and the other's none.
  auto usage = usage_in(bytes);
  CHECK(usage["prompt_tokens"] == 33);
  CHECK(usage["prompt_tokens_details"]["cached_tokens"] == 9);
  CHECK(usage["prompt_tokens_details"]["cache_write_tokens"] == 4);
  CHECK(usage["completion_tokens"] == 11);
  CHECK(usage["total_tokens"] == 44);
  auto whole =
    json::parse(chat_front()->write(from.whole, facts(), counting()));
  CHECK(whole["usage"] == usage);
  CHECK(whole["choices"][0]["finish_reason"] == "tool_calls");
}

TEST_CASE("an answer of OpenAI's protocol, to a client of Anthropic's") {
  auto from = hear(*models::openai_chat(), openai_stream());
  auto about = facts();
  about.protocol = "openai";
  about.provider_model = "gpt";
  auto bytes = streamed(*messages_front(), about, {}, from.pieces, from.whole);
  auto read = understood(*models::anthropic_messages(), bytes);
  check_content(read.message, from.whole.message);
  CHECK(read.stop == models::stop_reason::tool_use);
  auto usage = usage_in(bytes);
  CHECK(usage["input_tokens"] == 24);
  CHECK(usage["cache_read_input_tokens"] == 9);
  CHECK(usage["output_tokens"] == 11);
  CHECK(usage["output_tokens_details"]["thinking_tokens"] == 5);
  auto whole = json::parse(messages_front()->write(from.whole, about, {}));
  CHECK(whole["usage"]["input_tokens"] == 24);
  CHECK(whole["stop_reason"] == "tool_use");
}

TEST_CASE("a whole turn with thoughts goes round through a client") {
  auto from = hear(*models::anthropic_messages(), anthropic_stream());
  // As the client's library puts it together, and sends it back.
  auto bytes =
    streamed(*messages_front(), facts(), {}, from.pieces, from.whole);
  auto at_client = understood(*models::anthropic_messages(), bytes);
  auto content =
    json::parse(at_client.message.provider_blocks->text)["content"];
  json body{
    {"model", "m"},
    {"max_tokens", 8},
    {"messages",
     {{{"role", "user"}, {"content", "Read both."}},
      {{"role", "assistant"}, {"content", content}},
      {{"role", "user"},
       {"content",
        {{{"type", "tool_result"}, {"tool_use_id", "c1"}, {"content", "1"}},
         {{"type", "tool_result"},
          {"tool_use_id", "c2"},
          {"content", "2"}}}}}}}};
  auto asked = read(*messages_front(), body.dump());
  auto sent = json::parse(
    sent_to(*models::anthropic_messages(), asked.request, "claude-x"));
  // The provider has back what it said.
  auto kept = json::parse(from.whole.message.provider_blocks->text);
  CHECK(sent["messages"][1]["content"] == kept["content"]);
  CHECK(sent["messages"][1]["content"][0]["signature"] == "c2ln");
  // One of another maker has what was said, and no thought.
  auto other =
    json::parse(sent_to(*models::openai_chat(), asked.request, "claude-x"));
  CHECK(other["messages"][1]["content"] == from.whole.message.content);
  CHECK(other["messages"][1]["tool_calls"].size() == 2);
  CHECK(other.dump().find("c2ln") == std::string::npos);
  CHECK(other["messages"][3]["tool_call_id"] == "c2");
}
