#include "runtime/wire/document.hpp"

#include "tests/support/arbitrary.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::wire;

namespace {

/// Whether both readers take *text*, and take it for the same.
bool agree(const std::string& text, const limits& bounds = {}) {
  auto copied = parse_json(text, bounds);
  auto viewed = view_json(text, bounds);
  if (!copied || !viewed)
    return !copied && !viewed
        && code_of(copied.error()) == code_of(viewed.error());
  return write_json(*copied, copied->root())
      == write_json(*viewed, viewed->root());
}

/// *text* with some bytes lost, doubled or replaced.
std::string damaged(std::string text) {
  for (auto left = test::draw(1, 4); left > 0 && !text.empty(); --left) {
    auto at = test::draw<size_t>(0, text.size());
    auto what = test::draw(0, 3);
    auto c = test::draw_text(
      {"\"", "\\", "{", "}", "[",    "]",    ",",    ":",    "0", "-",  ".",
       "e",  "u",  "d", "8", "\x01", "\x7F", "\xC3", "\xA9", " ", "\n", "t"});
    if (what == 0)
      text.erase(at, 1);
    else if (what == 1)
      text.insert(at, c);
    else
      text.replace(at, 1, c);
  }
  return text;
}

} // namespace

TEST_CASE("a document that is viewed is the one that is copied") {
  CHECK(rc::check("whatever the document", [] {
    auto text = test::random_json(5);
    RC_ASSERT(view_json(text, {}));
    RC_ASSERT(agree(text));
  }));
  CHECK(rc::check("also if it is none",
                  [] { RC_ASSERT(agree(damaged(test::random_json(4)))); }));
}

TEST_CASE("readers agree on what is rare") {
  for (std::string text : {"",
                           " ",
                           "-",
                           "-0",
                           "0",
                           "00",
                           "01",
                           "-01",
                           "1.",
                           ".5",
                           "1.5",
                           "1e",
                           "1e+",
                           "1E-2",
                           "1e999",
                           "-1e999",
                           "1e-999",
                           "0.1e1",
                           "9007199254740993",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551615",
                           "18446744073709551616",
                           "1.0000000000000000000000000000000001",
                           "tru",
                           "true",
                           "truex",
                           "nul",
                           "[]",
                           "[ ]",
                           "[,]",
                           "[1,]",
                           "[1 2]",
                           "[1",
                           "]",
                           "{}",
                           "{ }",
                           "{,}",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({"a":1 "b":2})",
                           "{1:2}",
                           R"({"a":1}x)",
                           R"({"a":1,"a":2})",
                           "[[[]]]",
                           "[[]",
                           "[{]}",
                           "\"",
                           R"("\)",
                           R"("\")",
                           R"("\x")",
                           R"("\u12")",
                           R"("\u12G4")",
                           R"("\u0041")",
                           R"("\uD83D\uDE00")",
                           R"("\uD83D")",
                           R"("\uD83Dx")",
                           R"("\uD83D\u0041")",
                           R"("\uDE00")",
                           R"("\u0000")",
                           R"("\"\\\/\b\f\n\r\t")",
                           "\"\t\"",
                           "\"\x7F\"",
                           "\"\xC3\xA9\"",
                           "\"\xC3\"",
                           "\"\xED\xA0\x80\"",
                           "\"1234567\xFF\"",
                           "\xEF\xBB\xBF[]",
                           "[\xC2\xA0]",
                           "  [ 1 , 2 ]\r\n\t",
                           "\v1",
                           "+1",
                           "Infinity",
                           "NaN",
                           "'a'",
                           "[1]//",
                           R"({"k\u0041":1})"}) {
    INFO(text);
    CHECK(agree(text));
  }
  CHECK(agree(std::string{"[1]\0", 4}));
  CHECK(agree(std::string{"\"a\0b\"", 5}));
}

TEST_CASE("bounds hold for a document that is viewed") {
  limits bounds;
  bounds.max_depth = 3;
  CHECK(agree("[[[1]]]", bounds));
  CHECK(agree("[[[[1]]]]", bounds));
  bounds.max_items = 4;
  CHECK(agree("[1,2,3]", bounds));
  CHECK(agree("[1,2,3,4]", bounds));
  bounds.max_bytes = 4;
  CHECK(agree("[12]", bounds));
  CHECK(agree("[123]", bounds));
}

TEST_CASE("lists and maps are at hand as they were written") {
  std::string text = R"({ "a" : [ 1.50 , {"b":"\u0041"} ], "c": {} })";
  auto read = view_json(text, {});
  REQUIRE(read);
  CHECK(read->root().text == text);
  auto* list = read->first(read->root());
  REQUIRE(list != nullptr);
  CHECK(list->text == R"([ 1.50 , {"b":"\u0041"} ])");
  auto* map = read->next(*list);
  REQUIRE(map != nullptr);
  CHECK(map->text == "{}");
  CHECK(write_json(*read, *list) == R"([1.50,{"b":"A"}])");
}

TEST_CASE("what is wrong with a document is told without its texts") {
  std::string text = R"({"password":"secret)";
  auto read = view_json(text, {});
  REQUIRE(!read);
  CHECK(message_of(read.error()) == "this is no JSON: byte 20");
}
