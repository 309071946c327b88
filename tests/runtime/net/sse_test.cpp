#include "runtime/net/sse.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::net;

namespace {

std::vector<sse_event> parse(const std::string& text) {
  sse_parser parser;
  auto events = parser.feed(text);
  REQUIRE(events);
  return *events;
}

} // namespace

TEST_CASE("events are read as the standard says") {
  CHECK(parse("data: a\n\n") == std::vector<sse_event>{{"message", "a", ""}});
  CHECK(parse("\xEF\xBB\xBF"
              "event: x\r\nid: 7\r\ndata: a\r\ndata:b\r\n\r\n")
        == std::vector<sse_event>{{"x", "a\nb", "7"}});
  CHECK(parse(": comment\n\nevent: x\n\ndata\n\n")
        == std::vector<sse_event>{{"message", "", ""}});
  CHECK(parse("data: unfinished").empty());
  CHECK(parse("id: 1\ndata: a\n\ndata: b\n\n")[1].id == "1");
  sse_parser parser;
  REQUIRE(parser.feed("retry: 250\nretry: soon\n"));
  CHECK(parser.retry() == duration{250});
}

TEST_CASE("it does not matter in which pieces a stream comes") {
  CHECK(rc::check([] {
    auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("data: a", "\n", "\r", "\r\n", "event: x",
                                    "id: 1", ":", "data", "\n\n", "é"));
    std::string text;
    for (auto& part : parts)
      text += part;
    sse_parser whole;
    auto expected = whole.feed(text);
    RC_ASSERT(static_cast<bool>(expected));
    sse_parser pieces;
    std::vector<sse_event> got;
    while (!text.empty()) {
      auto size = *rc::gen::inRange<size_t>(1, text.size() + 1);
      auto events = pieces.feed(text.substr(0, size));
      RC_ASSERT(static_cast<bool>(events));
      got.insert(got.end(), events->begin(), events->end());
      text.erase(0, size);
    }
    RC_ASSERT(got == *expected);
  }));
}

TEST_CASE("an event has a bound") {
  sse_parser parser;
  std::string mebibyte(1u << 20, 'x');
  caf::expected<std::vector<sse_event>> last{std::vector<sse_event>{}};
  for (int i = 0; i < 20 && last; ++i)
    last = parser.feed(mebibyte);
  REQUIRE(!last);
  CHECK(code_of(last.error()) == ec::limit_exceeded);
}

TEST_CASE("an id or a name beyond measure is ignored") {
  auto longest = std::string(sse_parser::max_name_bytes, 'x');
  CHECK(parse("id: " + longest + "\nevent: " + longest + "\ndata: a\n\n")
        == std::vector<sse_event>{{longest, "a", longest}});
  CHECK(
    parse("id: 1\nid: x" + longest + "\nevent: x" + longest + "\ndata: a\n\n")
    == std::vector<sse_event>{{"message", "a", "1"}});
}
