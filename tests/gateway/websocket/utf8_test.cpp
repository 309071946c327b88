#include "gateway/websocket/utf8.hpp"
#include "runtime/wire/document.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::websocket;

namespace {

/// The ends of all ranges that RFC 3629 names, and what lies beside them.
const std::string bytes_at_ends{
  "\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0"
  "\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xFF"};

/// Whether up to *most* more bytes make *x* UTF-8.
bool can_become_utf8(const std::string& x, int most = 3) {
  if (wire::is_utf8(x))
    return true;
  for (auto tail : {'\x80', '\x90', '\xA0'})
    if (most > 0 && can_become_utf8(x + tail, most - 1))
      return true;
  return false;
}

void check_from(const std::string& x, const utf8_checker& before) {
  for (auto byte : bytes_at_ends) {
    auto longer = x + byte;
    auto checker = before;
    auto good = checker.feed({&byte, 1});
    // CHECK is slow.
    if (good != can_become_utf8(longer))
      FAIL("wrong after " << x.size() << " bytes");
    if (!good)
      continue;
    if (checker.is_complete() != wire::is_utf8(longer))
      FAIL("wrong at the end of " << longer.size() << " bytes");
    if (longer.size() < 4)
      check_from(longer, checker);
  }
}

} // namespace

TEST_CASE("text fails with the first byte after which it cannot be UTF-8") {
  check_from("", {});
  SUCCEED();
}

TEST_CASE("text is UTF-8 whatever its pieces") {
  CHECK(rc::check([] {
    auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "eight or more", "é", "語", "😀",
                                    "\xE2\x82", "\x80", "\xFF"));
    std::string text;
    for (auto& part : parts)
      text += part;
    utf8_checker checker;
    auto good = true;
    std::string_view left{text};
    while (good && !left.empty()) {
      auto size = test::draw<size_t>(1, left.size() + 1);
      good = checker.feed(left.substr(0, size));
      left.remove_prefix(size);
    }
    RC_ASSERT((good && checker.is_complete()) == wire::is_utf8(text));
  }));
}
