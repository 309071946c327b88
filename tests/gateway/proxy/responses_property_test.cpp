#include "gateway/proxy/thoughts.hpp"
#include "tests/gateway/proxy/random_talk.hpp"
#include "tests/gateway/proxy/response_reading.hpp"
#include "tests/gateway/proxy/say_response.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

const words words_of_responses{.audio = true,
                               .document_urls = true,
                               .image_details = true,
                               .thoughts = true,
                               .assistant_twice = false};

/// What a provider that speaks this dialect keeps of *content*, which is what
/// Anthropic would keep.
json_text kept_items(const json& content) {
  auto items = json::array();
  for (auto& block : content) {
    auto thought = block.value("thinking", "");
    if (block["type"] == "text")
      items.push_back({{"type", "message"},
                       {"role", "assistant"},
                       {"content", block["text"]}});
    else if (block["type"] == "tool_use")
      items.push_back({{"type", "function_call"},
                       {"call_id", block["id"]},
                       {"name", block["name"]},
                       {"arguments", block["input"].dump()}});
    else
      items.push_back(
        {{"type", "reasoning"},
         {"summary", thought.empty()
                       ? json::array()
                       : json{{{"type", "summary_text"}, {"text", thought}}}},
         {"encrypted_content",
          block.contains("data") ? block["data"] : block["signature"]}});
  }
  json kept{
    {"protocol", "openai_responses"}, {"model", "gpt"}, {"items", items}};
  return {kept.dump()};
}

/// What becomes of a response when its client sends it back.
models::chat_message sent_back(const json& output) {
  json body{{"model", "m"}, {"input", output}};
  auto again = read(*responses_front(), body.dump());
  RC_ASSERT(again.ignored.empty());
  RC_ASSERT(again.request.messages.size() == 1u);
  return again.request.messages[0];
}

} // namespace

TEST_CASE("what a response repeats fits into an event, however it was "
          "written") {
  CHECK(rc::check([] {
    auto body = json::parse(say_response(some_request(words_of_responses)));
    body["metadata"] = {{"a\r", some_text()}};
    auto asked = read(*responses_front(), body.dump(2));
    response_reading x{
      streamed(*responses_front(), facts(), asked.manner, {}, {})};
    for (auto name : {"instructions", "text", "tools", "tool_choice",
                      "metadata", "reasoning", "temperature"})
      if (body.contains(name))
        RC_ASSERT(x.document.at(name) == body.at(name));
  }));
}

TEST_CASE("thoughts of a provider of this dialect go back to it") {
  CHECK(rc::check([] {
    auto x = draw_answer(true);
    auto& message = x.whole.message;
    RC_PRE(message.provider_blocks.has_value());
    RC_PRE(!message.content.empty() || !message.tool_calls.empty());
    message.provider_blocks =
      kept_items(json::parse(message.provider_blocks->text)["content"]);
    auto about = facts();
    about.protocol = "openai_responses";
    about.provider_model = "gpt";
    response_reading stream{
      streamed(*responses_front(), about, {}, x.pieces, x.whole)};
    auto whole = json::parse(responses_front()->write(x.whole, about, {}));
    RC_ASSERT(whole == stream.document);
    auto back = sent_back(stream.output);
    RC_ASSERT(back.content == message.content);
    RC_ASSERT(back.tool_calls == message.tool_calls);
    RC_ASSERT(back.provider_blocks.has_value());
    RC_ASSERT(json::parse(back.provider_blocks->text)
              == json::parse(message.provider_blocks->text));
  }));
}

TEST_CASE("what is no request of a response is refused, and no crash") {
  CHECK(rc::check([] {
    auto body = say_response(some_request(words_of_responses));
    for (auto left = draw(1, 4); left > 0; --left) {
      auto at = draw<size_t>(0, body.size());
      if (chance(2))
        body[at] = draw_text({"\"", "{", "]", "7", "\\", ","})[0];
      else
        body.erase(at, draw<size_t>(1, 20));
    }
    auto asked = responses_front()->read(body);
    if (!asked)
      RC_ASSERT(code_of(asked.error()) == ec::invalid_argument);
  }));
}

TEST_CASE("thoughts of two providers in one turn go back to the first") {
  json output{
    {{"type", "reasoning"},
     {"summary", json::array()},
     {"encrypted_content", to_text({thought_seal::kind_type::signature,
                                    "anthropic", "claude-x", "one"})}},
    {{"type", "reasoning"},
     {"summary", json::array()},
     {"encrypted_content", to_text({thought_seal::kind_type::whole,
                                    "openai_responses", "gpt", "two"})}},
    {{"role", "assistant"}, {"content", "Well."}}};
  auto one =
    read(*responses_front(), json{{"model", "m"}, {"input", output}}.dump())
      .request.messages[0];
  REQUIRE(one.provider_blocks);
  CHECK(
    json::parse(one.provider_blocks->text)
    == json::parse(R"({"protocol":"anthropic","model":"claude-x","content":[)"
                   R"({"type":"thinking","thinking":"","signature":"one"},)"
                   R"({"type":"text","text":"Well."}]})"));
  std::swap(output[0], output[1]);
  auto two =
    read(*responses_front(), json{{"model", "m"}, {"input", output}}.dump())
      .request.messages[0];
  REQUIRE(two.provider_blocks);
  CHECK(json::parse(two.provider_blocks->text)
        == json::parse(
          R"({"protocol":"openai_responses","model":"gpt","items":[)"
          R"({"type":"reasoning","summary":[],"encrypted_content":"two"},)"
          R"({"type":"message","role":"assistant","content":"Well."}]})"));
}
