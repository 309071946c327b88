#include "tests/gateway/proxy/random_talk.hpp"
#include "tests/gateway/proxy/say_chat.hpp"
#include "tests/gateway/proxy/say_messages.hpp"
#include "tests/gateway/proxy/say_response.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

const words chat_words{.audio = true,
                       .image_details = true,
                       .sampling = true,
                       .top_k = true,
                       .stop_texts = true,
                       .vendor_protocol = "openai",
                       .vendor_members =
                         R"({"logit_bias":{"12":-1},"logprobs":true})"};

const words response_words{.audio = true,
                           .document_urls = true,
                           .image_details = true,
                           .thoughts = true,
                           .assistant_twice = false,
                           .vendor_protocol = "openai_responses",
                           .vendor_members = R"({"prompt_cache_key":"k"})"};

const words message_words{.document_urls = true,
                          .marks_before_all = true,
                          .thoughts = true,
                          .names_schemas = false,
                          .json_objects = false,
                          .top_k = true,
                          .stop_texts = true,
                          .thought_bounds = true,
                          .parallel_in_choice = true,
                          .free_length = false,
                          .vendor_protocol = "anthropic"};

void check_same(const front& at, const asked& x, const std::string& said) {
  auto again = at.read(said);
  if (!again)
    RC_FAIL(render(again.error()) + "\n" + said);
  RC_LOG() << said << "\n";
  RC_ASSERT(wire::to_json(normal(again->request))
            == wire::to_json(normal(x.request)));
  RC_ASSERT(again->model == x.model);
  RC_ASSERT(again->manner.streams == x.manner.streams);
  RC_ASSERT(again->is_bounded == x.is_bounded);
  RC_ASSERT(again->ignored.empty());
}

} // namespace

TEST_CASE("what a client can say is understood as it is meant") {
  CHECK(rc::check("in /v1/chat/completions", [] {
    auto x = some_request(chat_words);
    check_same(*chat_front(), x, say_chat(x));
  }));
  CHECK(rc::check("in /v1/responses", [] {
    auto x = some_request(response_words);
    check_same(*responses_front(), x, say_response(x));
  }));
  CHECK(rc::check("in /v1/messages", [] {
    auto x = some_request(message_words);
    auto form = chance(2) ? result_form::together : result_form::apart;
    check_same(*messages_front(), x, say_messages(x, form));
  }));
}

TEST_CASE("what our own clients of providers say is understood") {
  auto plain = chat_words;
  plain.choice_of_ttl = false;
  plain.top_k = false;
  CHECK(rc::check("in the protocol of OpenAI", [&] {
    auto x = some_request(plain);
    // It has no words for these.
    for (auto& message : x.request.messages)
      std::erase_if(message.attachments,
                    [](auto& y) { return part_type(y) == "mark"; });
    auto again =
      read(*chat_front(), sent_to(*models::openai_chat(), x.request));
    RC_ASSERT(again.manner.streams && again.manner.counts_in_stream);
    RC_ASSERT(again.request.tools == x.request.tools);
    RC_ASSERT(again.request.max_output_tokens == x.request.max_output_tokens);
    RC_ASSERT(again.request.draws == x.request.draws);
  }));
  CHECK(rc::check("in the protocol of Anthropic", [&] {
    auto x = some_request(message_words);
    x.request.output_schema.reset();
    // Texts without words are not sent; something has to be.
    x.request.messages.push_back({models::chat_role::user, "Go on."});
    auto again = read(*messages_front(),
                      sent_to(*models::anthropic_messages(), x.request));
    RC_ASSERT(again.manner.streams);
    RC_ASSERT(again.request.tools == x.request.tools);
    RC_ASSERT(again.request.draws == x.request.draws);
    RC_ASSERT(again.request.reasoning_tokens == x.request.reasoning_tokens);
  }));
}

TEST_CASE("the order of members says nothing") {
  // nlohmann sorts them; here the choice stands before its tools, the
  // instructions after the input.
  auto chat = read(*chat_front(), R"({"tool_choice":{"type":"function",
    "function":{"name":"t"}},"messages":[{"content":"a","role":"user"}],
    "model":"m","tools":[{"type":"function","function":{"name":"t"}}]})");
  CHECK(chat.request.choice->name == "t");
  auto response =
    read(*responses_front(), R"({"input":"a","model":"m","instructions":"b"})");
  REQUIRE(response.request.messages.size() == 2);
  CHECK(response.request.messages[0].content == "b");
  auto message = read(*messages_front(), R"({"messages":[{"role":"user",
    "content":"a"}],"system":"b","max_tokens":1,"model":"m"})");
  REQUIRE(message.request.messages.size() == 2);
  CHECK(message.request.messages[0].content == "b");
}
