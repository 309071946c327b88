#include "actors/costs/decimal.hpp"

#include "actors/costs/money.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::costs;

namespace {

/// Of a price per token, micro-dollars per million tokens.
std::optional<scaled_decimal> per_million_of(std::string_view text) {
  return scale_decimal(text, 12);
}

} // namespace

TEST_CASE("prices per token become prices per million tokens, exactly") {
  CHECK(per_million_of("1.25e-07") == scaled_decimal{125'000, false});
  CHECK(per_million_of("2.5E-6") == scaled_decimal{2'500'000, false});
  CHECK(per_million_of("0.000003") == scaled_decimal{3'000'000, false});
  CHECK(per_million_of("1e-05") == scaled_decimal{10'000'000, false});
  CHECK(per_million_of("0") == scaled_decimal{0, false});
  CHECK(per_million_of("-0.0") == scaled_decimal{0, false});
  CHECK(per_million_of("1e-12") == scaled_decimal{1, false});
  CHECK(per_million_of("0.00015e0") == scaled_decimal{150'000'000, false});
}

TEST_CASE("what has too many decimals is rounded up, and said to be") {
  CHECK(per_million_of("1.3333333333333333e-07")
        == scaled_decimal{133'334, true});
  CHECK(per_million_of("1e-13") == scaled_decimal{1, true});
  CHECK(per_million_of("1e-9999") == scaled_decimal{1, true});
  CHECK(per_million_of("6.000000000000001e-07")
        == scaled_decimal{600'001, true});
}

TEST_CASE("what is no number, negative or too much is none") {
  for (auto* text :
       {"", "-", ".", ".5", "1.", "1e", "1e+", "e5", "0x1", " 1", "1 ", "1,5",
        "NaN", "inf", "-1e-07", "1e99999", "1e9", "1000000000000"})
    CHECK(!per_million_of(text));
  CHECK(!per_million_of(std::string(200, '1')));
  CHECK(!per_million_of("1" + std::string(200, '0') + "e-200"));
}

TEST_CASE("as much as an amount can be is read, and no more") {
  CHECK(scale_decimal("1000000000", 6) == scaled_decimal{max_amount, false});
  CHECK(!scale_decimal("1000000000.000001", 6));
}

TEST_CASE("a number written with any exponent is the same number") {
  CHECK(rc::check([] {
    auto digits = *rc::gen::inRange<int64_t>(0, 1'000'000'000);
    auto shift = *rc::gen::inRange(-6, 7);
    auto text = std::to_string(digits) + "e" + std::to_string(shift - 12);
    auto x = per_million_of(text);
    RC_ASSERT(x);
    int64_t power = 1;
    for (int i = 0; i < std::abs(shift); ++i)
      power *= 10;
    auto expected = shift >= 0 ? digits * power : (digits + power - 1) / power;
    RC_ASSERT(x->value == expected);
    RC_ASSERT(x->rounded == (shift < 0 && digits % power != 0));
  }));
}
