#include "actors/costs/money.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <limits>

using namespace machine;
using namespace machine::costs;

TEST_CASE("dollars are written with two decimals and as many as they need") {
  CHECK(format_usd(0) == "$0.00");
  CHECK(format_usd(1'500'000) == "$1.50");
  CHECK(format_usd(13) == "$0.000013");
  CHECK(format_usd(-2'000'000) == "-$2.00");
  CHECK(format_usd(std::numeric_limits<micro_usd>::min())
        == "-$9223372036854.775808");
}

TEST_CASE("an amount that was written is read back exactly") {
  CHECK(rc::check([] {
    auto x = *rc::gen::inRange<micro_usd>(0, 1'000'000'000'000'000);
    auto y = parse_usd(format_usd(x));
    RC_ASSERT(y);
    RC_ASSERT(*y == x);
  }));
}

TEST_CASE("what is no amount is refused") {
  for (auto text : {"", ".", "$", "1.", "-1", "1e3", "0.0000001", "1,50", "€1",
                    "99999999999", "1 ", "0x10", "nan"}) {
    CAPTURE(text);
    CHECK(!parse_usd(text));
  }
  CHECK(*parse_usd(".5") == 500'000);
  CHECK(*parse_usd("$2") == 2'000'000);
}

TEST_CASE("a call costs what its tokens cost, rounded up once") {
  price p{400'000, 100'000, 1'600'000};
  CHECK(cost(p, {1'000'000, 0, 0}) == 400'000);
  CHECK(cost(p, {1, 1, 1}) == 3);
  CHECK(cost(p, {}) == 0);
  CHECK(cost({0, 0, 0}, {1'000, 1'000, 1'000}) == 0);
  auto max = std::numeric_limits<uint64_t>::max();
  // No cost is so large that a few of them could not be summed.
  CHECK(cost({std::numeric_limits<micro_usd>::max(), 0, 0}, {max, 0, 0})
        == 1'000'000'000'000'000);
}

TEST_CASE("no usage within the bounds costs more than the worst case") {
  CHECK(rc::check([] {
    price p{*rc::gen::inRange<micro_usd>(0, 100'000'000),
            *rc::gen::inRange<micro_usd>(0, 100'000'000),
            *rc::gen::inRange<micro_usd>(0, 100'000'000)};
    auto prompt = *rc::gen::inRange<uint64_t>(0, 1'000'000);
    auto output = *rc::gen::inRange<uint64_t>(0, 100'000);
    auto cached = *rc::gen::inRange<uint64_t>(0, prompt + 1);
    auto said = *rc::gen::inRange<uint64_t>(0, output + 1);
    RC_ASSERT(cost(p, {prompt - cached, cached, said})
              <= worst_case(p, prompt, output));
  }));
}

namespace {

models::chat_request prompt(const std::string& text) {
  models::chat_request x;
  x.messages.push_back({models::chat_role::user, text});
  return x;
}

uint64_t bound(const std::string& text) {
  return bound_tokens(prompt(text)) - bound_tokens(prompt(""));
}

} // namespace

TEST_CASE("the bound on tokens counts what is dense in them by the byte") {
  CHECK(bound("words words") == 6);
  CHECK(bound("1234567890") == 10);
  CHECK(bound("}]);\n\t\"") == 7);
  // A character of three bytes may be three tokens.
  CHECK(bound("漢字") == 6);
  CHECK(bound("a") == 1);
}

TEST_CASE("tools and schemas are part of a prompt") {
  auto x = prompt("hello");
  auto alone = bound_tokens(x);
  x.tools.push_back({"read", "Reads", {"{}"}});
  CHECK(bound_tokens(x) >= alone + 600 + 16 + 6);
  auto y = prompt("hello");
  y.output_schema = json_text{"{}"};
  CHECK(bound_tokens(y) == alone + 600 + 2);
}

TEST_CASE("what goes back unchanged counts instead of what it holds") {
  auto x = prompt("");
  auto empty = bound_tokens(x);
  x.messages[0].content = "aa";
  x.messages[0].provider_blocks = json_text{"{1234}"};
  CHECK(bound_tokens(x) == empty + 6);
}

TEST_CASE("an estimate is no more than the bound") {
  CHECK(rc::check([] {
    auto x = prompt(*rc::gen::arbitrary<std::string>());
    RC_ASSERT(estimate_tokens(x) <= bound_tokens(x));
  }));
  CHECK(estimate_tokens(prompt(std::string(3'500, 'x')))
          - estimate_tokens(prompt(""))
        == 1'000);
}

TEST_CASE("no count of tokens and no price break the sum") {
  auto most_tokens = std::numeric_limits<uint64_t>::max();
  auto most = std::numeric_limits<micro_usd>::max();
  CHECK(cost({most, most, most}, {most_tokens, most_tokens, most_tokens})
        == max_amount);
  CHECK(worst_case({most, most, most}, most_tokens, most_tokens) == max_amount);
  CHECK(rc::check([] {
    auto any = [] { return *rc::gen::arbitrary<uint64_t>(); };
    auto price_of = [] {
      return *rc::gen::suchThat<micro_usd>([](auto x) { return x >= 0; });
    };
    price p{price_of(), price_of(), price_of()};
    models::token_usage usage{any(), any(), any()};
    auto amount = cost(p, usage);
    RC_ASSERT(amount >= 0);
    RC_ASSERT(amount <= max_amount);
    // More of anything is not cheaper.
    auto more = usage;
    more.output = std::max(more.output, any());
    RC_ASSERT(cost(p, more) >= amount);
  }));
}

TEST_CASE("every kind of token has its price") {
  price p{2'000'000, 200'000, 10'000'000};
  p.cache_write = 2'500'000;
  p.cache_write_hour = 4'000'000;
  p.image = 3'000'000;
  p.audio = 40'000'000;
  p.audio_output = 80'000'000;
  p.call = 7;
  models::token_usage one{1, 0, 0};
  CHECK(cost(p, one) == 2 + 7);
  one = {0, 10, 0};
  CHECK(cost(p, one) == 2 + 7);
  one = {0, 0, 1, 2, 1, 1, 1, 1};
  CHECK(cost(p, one) == 10 + 5 + 4 + 3 + 40 + 80 + 7);
  // Thoughts are part of the answer.
  one = {0, 0, 5};
  one.reasoning = 5;
  CHECK(cost(p, one) == 50 + 7);
  p = {2'000'000, 200'000, 10'000'000};
  one = {0, 0, 0, 1, 1, 1, 1, 1};
  CHECK(cost(p, one) == 2 + 2 + 2 + 2 + 10);
}

TEST_CASE("a long prompt has a price of its own") {
  price p{1'000'000, 100'000, 4'000'000};
  p.long_prompt = long_price{100, 2'000'000, 200'000, 6'000'000};
  CHECK(cost(p, {100, 0, 1}) == 104);
  CHECK(cost(p, {101, 0, 1}) == 208);
  CHECK(cost(p, {60, 50, 1}) == 120 + 10 + 6);
  CHECK(worst_case(p, 100, 1) == 104);
  CHECK(worst_case(p, 101, 1) == 208);
}

TEST_CASE("what is attached is bounded") {
  auto x = prompt("look");
  auto alone = bound_prompt(x);
  x.messages[0].attachments.push_back(
    {models::attachment_kind::image, 0, "image/png", "aaaa"});
  CHECK(bound_prompt(x).tokens == alone.tokens + max_image_tokens + 16);
  x.messages[0].attachments.push_back(
    {models::attachment_kind::audio, 0, "audio/wav", std::string(4'000, 'a')});
  CHECK(bound_prompt(x).audio == 3'000 / bytes_per_audio_token + 1);
  x.messages[0].attachments.push_back(
    {models::attachment_kind::cache_point, 4, "", "", "", "", "1h"});
  CHECK(bound_prompt(x).kept_for_hour);
  CHECK(estimate_tokens(x) <= bound_tokens(x));
  price p{1'000'000, 1'000'000, 0};
  p.audio = 9'000'000;
  p.cache_write_hour = 2'000'000;
  CHECK(worst_case(p, {100, 10, false}, 0) == 90 + 90);
  CHECK(worst_case(p, {100, 10, true}, 0) == 180 + 90);
}
