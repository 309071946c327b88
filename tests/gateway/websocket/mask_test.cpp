#include "gateway/websocket/mask.hpp"
#include "tests/gateway/websocket/client.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::websocket;

TEST_CASE("a mask goes on as byte by byte, wherever it begins") {
  std::string text;
  for (int i = 0; i < 64; ++i)
    text += static_cast<char>(i * 7);
  auto expected = test::masked(text, test::some_mask);
  for (size_t begin = 0; begin <= text.size(); ++begin)
    for (size_t end = begin; end <= text.size(); ++end) {
      auto got = text;
      apply_mask(std::span{got}.subspan(begin, end - begin), test::some_mask,
                 begin);
      // CHECK is slow.
      if (got
          != text.substr(0, begin) + expected.substr(begin, end - begin)
               + text.substr(end))
        FAIL("from " << begin << " to " << end);
    }
  SUCCEED();
}

TEST_CASE("an offset beyond 32 bits counts") {
  std::string text(20, 'x');
  auto got = text;
  apply_mask(got, test::some_mask, (uint64_t{1} << 40) + 3);
  CHECK(got == test::masked("xxx" + text, test::some_mask).substr(3));
}
