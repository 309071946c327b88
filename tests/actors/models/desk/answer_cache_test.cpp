#include "actors/models/desk/answer_cache.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

answer_cache::entry entry_of(std::string text) {
  auto answer = std::make_shared<chat_response>();
  answer->message.content = std::move(text);
  return {"m", "p", std::move(answer)};
}

const timestamp soon{std::chrono::seconds{10}};
const timestamp now{std::chrono::seconds{5}};

} // namespace

TEST_CASE("an answer is kept for its time") {
  answer_cache it{1u << 20};
  it.keep("k", entry_of("x"), soon);
  REQUIRE(it.find("k", now));
  CHECK(it.find("k", now)->answer->message.content == "x");
  CHECK(!it.find("other", now));
  CHECK(!it.find("k", soon));
  CHECK(it.size() == 0);
  CHECK(it.bytes() == 0);
}

TEST_CASE("answers that are not used are forgotten first") {
  answer_cache it{4'000};
  for (auto* key : {"a", "b", "c"})
    it.keep(key, entry_of(std::string(700, 'x')), soon);
  REQUIRE(it.find("a", now));
  it.keep("d", entry_of(std::string(700, 'x')), soon);
  CHECK(it.find("a", now));
  CHECK(!it.find("b", now));
  CHECK(it.bytes() <= 4'000);
  // One that is larger than all of it is not kept, and costs no other.
  it.keep("e", entry_of(std::string(5'000, 'x')), soon);
  CHECK(!it.find("e", now));
  CHECK(it.find("d", now));
}

TEST_CASE("only the same request has the same name") {
  chat_request x;
  x.messages.push_back({chat_role::user, "hi"});
  auto key = cache_key("t", "m", x);
  CHECK(cache_key("t", "m", x) == key);
  CHECK(cache_key("u", "m", x) != key);
  CHECK(cache_key("t", "n", x) != key);
  CHECK(cache_key("tm", "", x) != key);
  auto other = x;
  other.end_user = "ann";
  CHECK(cache_key("t", "m", other) == key);
  other.temperature = 0.5;
  CHECK(cache_key("t", "m", other) != key);
}

TEST_CASE("a refusal or half an answer is not kept") {
  chat_response x;
  CHECK(may_be_kept(x));
  x.stop = stop_reason::length;
  CHECK(!may_be_kept(x));
  x.stop = stop_reason::refused;
  CHECK(!may_be_kept(x));
}
