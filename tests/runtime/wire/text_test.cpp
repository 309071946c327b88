#include "runtime/wire/document.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/text.hpp"
#include "tests/support/arbitrary.hpp"

#include <catch2/catch.hpp>

using namespace machine;

TEST_CASE("every time of the years 1 to 9999 survives its text") {
  REQUIRE(rc::check([] {
    auto x = test::random_value<timestamp>();
    RC_ASSERT(wire::parse_time(wire::format_time(x)) == x);
  }));
}

TEST_CASE("a time that RFC 3339 cannot spell becomes the nearest that it can") {
  CHECK(wire::format_time(timestamp::max()) == "9999-12-31T23:59:59.999999Z");
  CHECK(wire::format_time(timestamp::min()) == "0001-01-01T00:00:00.000000Z");
  CHECK(!wire::parse_time("0001-01-01T00:00:00+00:01"));
  CHECK(!wire::parse_time("9999-12-31T23:59:59-00:01"));
}

TEST_CASE("times are read with any fraction and offset, and nothing else") {
  auto x = wire::parse_time("2026-11-24T10:54:43Z");
  REQUIRE(x);
  CHECK(wire::parse_time("2026-11-24T10:54:43.0000009z") == x);
  CHECK(wire::parse_time("2026-11-24t05:24:43.0-05:30") == x);
  CHECK(wire::parse_time("2026-11-24 11:54:43+01:00") == x);
  for (auto bad :
       {"", "2026", "2026-11-24", "2026-11-24T10:54:43", "2026-11-24T10:54Z",
        "2026-11-24T10:54:43.Z", "2026-13-24T10:54:43Z", "2026-11-31T10:54:43Z",
        "2026-11-24T24:00:00Z", "2026-11-24T10:60:43Z", "2026-11-24T10:54:61Z",
        "2026-11-24T10:54:43+24:00", "2026-11-24T10:54:43+0100",
        "2026-11-24T10:54:43Z ", "-026-11-24T10:54:43Z"})
    CHECK(!wire::parse_time(bad));
}

TEST_CASE("every sequence of bytes survives Base64") {
  REQUIRE(rc::check([](const bytes& x) {
    RC_ASSERT(wire::from_base64(wire::to_base64(x)) == x);
  }));
  // RFC 4648, section 10.
  CHECK(wire::to_base64(to_bytes("foobar")) == "Zm9vYmFy");
  CHECK(wire::to_base64(to_bytes("fooba")) == "Zm9vYmE=");
  CHECK(wire::to_base64(to_bytes("foob")) == "Zm9vYg==");
  for (auto bad :
       {"A", "AA", "AAA", "A===", "====", "AA=A", "AA==AAAA", "AA-A", "Zm9v\n"})
    CHECK(!wire::from_base64(bad));
}

TEST_CASE("what is made UTF-8 is UTF-8, and what is stays") {
  REQUIRE(rc::check([](const std::string& x) {
    auto y = wire::to_utf8(x);
    RC_ASSERT(wire::is_utf8(y));
    RC_ASSERT(!wire::is_utf8(x) || x == y);
  }));
  CHECK(wire::is_utf8("\xF4\x8F\xBF\xBF"));
  // Overlong, a surrogate, above U+10FFFF, a tail alone, cut off.
  for (auto bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                   "\xF4\x90\x80\x80", "\x80", "\xE2\x82"})
    CHECK(!wire::is_utf8(bad));
}

TEST_CASE("an excerpt ends between two characters") {
  CHECK(wire::excerpt("short") == "short");
  auto text = std::string(63, 'a') + "é and more";
  CHECK(wire::excerpt(text) == std::string(63, 'a') + "...");
}

TEST_CASE("a suggestion is near, and none is better than a far one") {
  CHECK(wire::nearest("grene", {"red", "green", "blue"}) == "green");
  CHECK(wire::nearest("modle", {"model", "mode"}) == "model");
  CHECK(!wire::nearest("zebra", {"red", "green", "blue"}));
  CHECK(!wire::nearest("", {"a"}));
  CHECK(!wire::nearest(std::string(1000, 'a'), {std::string(1000, 'b')}));
}
