#include "gateway/proxy/call_order.hpp"
#include "gateway/proxy/thoughts.hpp"
#include "tests/gateway/proxy/random_talk.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

using kind = models::answer_delta::kind_type;

/// Without what the dialect has no place for.
models::chat_response for_openai(models::chat_response x) {
  x.message.provider_blocks.reset();
  x.model = "small";
  return x;
}

/// With what a client of ours keeps of thoughts: the seals are ours.
models::chat_response for_anthropic(models::chat_response x) {
  x.model = "small";
  return x;
}

/// What a provider would get back of what *protocol* has understood.
std::string kept_by_client(const models::chat_response& x) {
  if (!x.message.provider_blocks)
    return {};
  json body{
    {"model", "m"},
    {"max_tokens", 1},
    {"messages",
     {{{"role", "assistant"},
       {"content", json::parse(x.message.provider_blocks->text)["content"]}}}}};
  auto again = read(*messages_front(), body.dump());
  auto& kept = again.request.messages.front().provider_blocks;
  return kept ? json::parse(kept->text).dump() : "";
}

std::string kept_of(const models::chat_response& x) {
  return x.message.provider_blocks
         ? json::parse(x.message.provider_blocks->text).dump()
         : "";
}

void same_answer(models::chat_response is, models::chat_response wanted) {
  is.message.provider_blocks.reset();
  wanted.message.provider_blocks.reset();
  RC_ASSERT(wire::to_json(is) == wire::to_json(wanted));
}

} // namespace

TEST_CASE("a stream is the whole answer to who reads it") {
  answer_manner manner;
  manner.counts_in_stream = true;
  CHECK(rc::check("of /v1/chat/completions", [&] {
    auto x = draw_answer(chance(2));
    auto bytes = streamed(*chat_front(), facts(), manner, x.pieces, x.whole);
    same_answer(understood(*models::openai_chat(), bytes), for_openai(x.whole));
  }));
  CHECK(rc::check("of /v1/messages", [&] {
    auto x = draw_answer(chance(2));
    auto bytes =
      streamed(*messages_front(), facts(), manner, x.pieces, x.whole);
    auto read = understood(*models::anthropic_messages(), bytes);
    same_answer(read, for_anthropic(x.whole));
    RC_ASSERT(kept_by_client(read) == kept_of(x.whole));
  }));
}

TEST_CASE("a whole answer is the answer to who reads it") {
  models::call_options options;
  options.model = "claude-x";
  CHECK(rc::check("of /v1/chat/completions", [&] {
    auto x = draw_answer(chance(2));
    auto body = chat_front()->write(x.whole, facts(), {});
    auto read = models::openai_chat()->read_whole(body, {}, options);
    RC_ASSERT(bool{read});
    same_answer(*read, for_openai(x.whole));
  }));
  CHECK(rc::check("of /v1/messages", [&] {
    auto x = draw_answer(chance(2));
    auto body = messages_front()->write(x.whole, facts(), {});
    auto read = models::anthropic_messages()->read_whole(body, {}, options);
    RC_ASSERT(bool{read});
    same_answer(*read, for_anthropic(x.whole));
    RC_ASSERT(kept_by_client(*read) == kept_of(x.whole));
  }));
}

TEST_CASE("calls that begin before others are complete come one by one") {
  CHECK(rc::check([] {
    // The pieces of each call are in order; those of different calls mingle.
    std::vector<models::answer_deltas> calls;
    for (auto i = 0u; i < 3; ++i) {
      auto& call = calls.emplace_back();
      call.push_back({kind::tool, {}, i, "c" + std::to_string(i), "t"});
      auto arguments = R"({"n":")" + some_text() + "\"}";
      for (auto& piece : test::pieces_of(json::parse(R"({"a":[1,{}]})").dump()))
        call.push_back({kind::arguments, piece, i});
    }
    std::vector<size_t> said(3);
    call_order order;
    models::answer_deltas told;
    auto tell = [&](const models::answer_delta& x) { told.push_back(x); };
    while (said[0] < calls[0].size() || said[1] < calls[1].size()
           || said[2] < calls[2].size()) {
      auto which = draw<size_t>(0, 3);
      // A call is not told of before the one before it has begun.
      if (which > 0 && said[which - 1] == 0)
        continue;
      if (said[which] < calls[which].size())
        order.take(calls[which][said[which]++], tell);
    }
    order.flush(tell);
    models::answer_deltas wanted;
    for (auto& call : calls)
      wanted.insert(wanted.end(), call.begin(), call.end());
    RC_ASSERT(told == wanted);
  }));
}

TEST_CASE("what belongs to no call is not told") {
  call_order order;
  models::answer_deltas told;
  auto tell = [&](const models::answer_delta& x) { told.push_back(x); };
  order.take({kind::arguments, "{}", 4}, tell);
  order.take({kind::tool, {}, 0, "c0", "t"}, tell);
  order.take({kind::arguments, "{}", 0}, tell);
  order.take({kind::text, "done"}, tell);
  order.take({kind::arguments, "{}", 0}, tell);
  order.flush(tell);
  REQUIRE(told.size() == 3);
  CHECK(told.back().text == "done");
}
