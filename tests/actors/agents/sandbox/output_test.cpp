#include "actors/agents/sandbox/output.hpp"

#include "runtime/wire/document.hpp"
#include "tests/actors/agents/sandbox/fixture.hpp"

using namespace machine;
using namespace machine::agents;
using machine::test::sandbox_fixture;

TEST_CASE_METHOD(sandbox_fixture, "head and tail of much output are kept") {
  limits.output_bytes = 1'000;
  auto x = run("seq 1 100000");
  CHECK(x.output.size() < 1'200);
  CHECK(x.output.starts_with("1\n2\n"));
  CHECK(x.output.ends_with("99999\n100000\n"));
  CHECK(x.output.find("587895 bytes left out") != x.output.npos);
  CHECK(x.output_bytes == 588'895);
}

TEST_CASE_METHOD(sandbox_fixture, "output without end is bounded by time") {
  limits.output_bytes = 1'000;
  limits.time = duration{500};
  auto x = run("yes");
  CHECK(x.end == sandbox_end::time_limit);
  CHECK(x.output.size() < 1'200);
  CHECK(x.elapsed < duration{5'000});
}

TEST_CASE_METHOD(sandbox_fixture, "all output is valid UTF-8") {
  std::string pieces;
  auto valid = true;
  auto x = run_in_sandbox(
    command("printf 'a\\303'; sleep 0.1; printf '\\251\\377b\\360\\237'"), {},
    [&](std::string_view piece) {
      valid = valid && wire::is_utf8(piece);
      pieces += piece;
    });
  REQUIRE(x);
  CHECK(valid);
  CHECK(wire::is_utf8(x->output));
  CHECK(x->output.starts_with("a\xC3\xA9\xEF\xBF\xBD"
                              "b"));
  CHECK(pieces == x->output);
}

TEST_CASE("pieces of output are whole characters") {
  utf8_splitter splitter;
  CHECK(splitter.feed("a\xC3") == "a");
  CHECK(splitter.feed("\xA9z\xF0\x9F") == "\xC3\xA9z");
  CHECK(splitter.feed("\x98\x80") == "\xF0\x9F\x98\x80");
  CHECK(splitter.feed("\xFFok") == "\xEF\xBF\xBDok");
  CHECK(splitter.feed("\xE2\x82").empty());
  CHECK(wire::is_utf8(splitter.finish()));
  CHECK(splitter.finish().empty());
}

TEST_CASE("small bounds keep little") {
  output_keeper none{0};
  none.add("hello");
  CHECK(none.size() == 5);
  CHECK(none.text().find("5 bytes left out") != std::string::npos);
  output_keeper exact{10};
  exact.add("0123456789");
  CHECK(exact.text() == "0123456789");
}
