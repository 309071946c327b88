#include "actors/models/charge.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

constexpr costs::price price{1'000'000, 100'000, 5'000'000};
constexpr micro_usd lease = 5'000;

micro_usd charged(call_outcome outcome) {
  return charge_for(price, lease, outcome);
}

call_outcome answered(std::optional<token_usage> usage) {
  chat_response answer;
  answer.usage = usage;
  return {answer, std::nullopt, usage, true, 200};
}

call_outcome failed(ec code, bool accepted,
                    std::optional<token_usage> usage = std::nullopt) {
  return {make_error(code, "it failed"), std::nullopt, usage, accepted, 0};
}

} // namespace

TEST_CASE("a complete answer costs what was counted, or its lease") {
  CHECK(charged(answered(token_usage{10, 10, 2})) == 21);
  CHECK(charged(answered(std::nullopt)) == lease);
  // Also where that is more than was set aside.
  CHECK(charged(answered(token_usage{10'000, 0, 0})) == 10'000);
}

TEST_CASE("a call that was not taken costs nothing") {
  for (auto code :
       {ec::provider_auth, ec::provider_rate_limited, ec::provider_failed,
        ec::provider_rejected, ec::unavailable, ec::denied, ec::cancelled}) {
    CAPTURE(to_string(code));
    CHECK(charged(failed(code, false)) == 0);
  }
}

TEST_CASE("an answer that broke off costs its lease, whatever was counted") {
  for (auto code :
       {ec::provider_failed, ec::provider_rate_limited, ec::provider_garbled,
        ec::provider_interrupted, ec::timeout, ec::cancelled}) {
    CAPTURE(to_string(code));
    CHECK(charged(failed(code, true)) == lease);
    CHECK(charged(failed(code, true, token_usage{10, 0, 1})) == lease);
    CHECK(charged(failed(code, true, token_usage{10'000, 0, 1})) == 10'005);
  }
}

TEST_CASE("an answer that was refused for its content costs what was counted") {
  CHECK(charged(failed(ec::content_refused, true, token_usage{10, 0, 0}))
        == 10);
  CHECK(charged(failed(ec::content_refused, true)) == lease);
  CHECK(charged(failed(ec::content_refused, false)) == 0);
}
