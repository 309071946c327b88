#include "actors/models/rates.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;

namespace {

/// 2027-01-15T08:00:00Z.
constexpr timestamp noon{std::chrono::seconds{1'800'000'000}};

std::optional<rate_report> rates_in(net::header_list headers) {
  net::response_head head;
  head.headers = std::move(headers);
  return read_rates(head, noon);
}

} // namespace

TEST_CASE("OpenAI's headers say what is left") {
  // platform.openai.com/docs/guides/rate-limits.
  auto x = rates_in({{"x-ratelimit-limit-requests", "60"},
                     {"x-ratelimit-limit-tokens", "150000"},
                     {"x-ratelimit-remaining-requests", "59"},
                     {"x-ratelimit-remaining-tokens", "149984"},
                     {"x-ratelimit-reset-requests", "1s"},
                     {"x-ratelimit-reset-tokens", "6m0s"}});
  REQUIRE(x);
  CHECK(x->requests == rate_limit_state{60, 59, duration{1'000}});
  CHECK(x->tokens == rate_limit_state{150'000, 149'984, duration{360'000}});
  CHECK(x->input_tokens == rate_limit_state{});
}

TEST_CASE("Anthropic's headers say until when") {
  // docs.anthropic.com/en/api/rate-limits.
  auto x = rates_in(
    {{"anthropic-ratelimit-requests-limit", "50"},
     {"anthropic-ratelimit-requests-remaining", "49"},
     {"anthropic-ratelimit-requests-reset", "2027-01-15T08:00:01Z"},
     {"anthropic-ratelimit-input-tokens-limit", "40000"},
     {"anthropic-ratelimit-input-tokens-remaining", "0"},
     {"anthropic-ratelimit-input-tokens-reset", "2027-01-15T09:00:30.5+01:00"},
     {"anthropic-ratelimit-output-tokens-remaining", "8000"},
     {"anthropic-ratelimit-tokens-remaining", "8000"},
     {"anthropic-ratelimit-tokens-reset", "2020-01-15T08:00:00Z"}});
  REQUIRE(x);
  CHECK(x->requests == rate_limit_state{50, 49, duration{1'000}});
  CHECK(x->input_tokens == rate_limit_state{40'000, 0, duration{30'500}});
  CHECK(x->output_tokens
        == rate_limit_state{std::nullopt, 8'000, std::nullopt});
  // In the past: noon.
  CHECK(x->tokens == rate_limit_state{std::nullopt, 8'000, duration{0}});
}

TEST_CASE("headers that say nothing are nothing") {
  CHECK(!rates_in({}));
  CHECK(!rates_in({{"content-type", "text/plain"}}));
  CHECK(!rates_in({{"x-ratelimit-remaining-requests", "-1"},
                   {"x-ratelimit-remaining-tokens", "many"},
                   {"x-ratelimit-reset-tokens", "soon"},
                   {"anthropic-ratelimit-tokens-reset", "tomorrow"}}));
}

TEST_CASE("a length of time is read in all its spellings") {
  CHECK(read_reset("1s") == duration{1'000});
  CHECK(read_reset("6m0s") == duration{360'000});
  CHECK(read_reset("20ms") == duration{20});
  CHECK(read_reset("1h2m3.5s") == duration{3'723'500});
  CHECK(read_reset("2m59.56s") == duration{179'560});
  CHECK(read_reset("0s") == duration{0});
  // Less than a millisecond is not nothing.
  CHECK(read_reset("10us") == duration{1});
  CHECK(read_reset("7.66") == duration{7'660});
  CHECK(read_reset("60") == duration{60'000});
  CHECK(read_reset("400d") == duration{86'400'000});
  for (auto* x :
       {"", "s", "-1s", "1x", "1s2", "nan", "inf", "1e5s", "1 s", "soon"}) {
    CAPTURE(x);
    CHECK(!read_reset(x));
  }
}

TEST_CASE("a length of time is what it was written from") {
  CHECK(rc::check([] {
    auto ms = *rc::gen::inRange<int64_t>(0, 86'400'000);
    auto text = std::to_string(ms / 3'600'000) + "h"
              + std::to_string(ms / 60'000 % 60) + "m"
              + std::to_string(ms / 1'000 % 60) + "s"
              + std::to_string(ms % 1'000) + "ms";
    RC_ASSERT(read_reset(text) == duration{ms});
  }));
}

TEST_CASE("no header harms its reader") {
  CHECK(rc::check([](const std::string& noise) {
    (void)read_reset(noise);
    (void)rates_in({{"x-ratelimit-remaining-tokens", noise},
                    {"anthropic-ratelimit-requests-reset", noise}});
  }));
}
