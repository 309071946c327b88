#include "runtime/telemetry/sampler.hpp"
#include "runtime/telemetry/trace_context.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

using namespace machine;

namespace {

constexpr auto trace_hex = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr auto span_hex = "00f067aa0ba902b7";

std::string header(const std::string& version, const std::string& flags,
                   const std::string& trace = trace_hex,
                   const std::string& span = span_hex) {
  return version + "-" + trace + "-" + span + "-" + flags;
}

ec refusal(const std::string& text) {
  auto x = parse_traceparent(text);
  return x ? ec::none : code_of(x.error());
}

ec state_refusal(const std::string& text) {
  auto x = parse_tracestate(text);
  return x ? ec::none : code_of(x.error());
}

std::string state(const std::string& text) {
  auto x = parse_tracestate(text);
  REQUIRE(x);
  return *x;
}

/// A good header, but for a character or two.
std::string nearly_good() {
  auto result = header(test::draw_text({"00", "cc"}), "01");
  for (auto i = test::draw(0, 3); i > 0; --i)
    result[test::draw<size_t>(0, result.size())] =
      "0123456789abcdefABgx- "[test::draw<size_t>(0, 22)];
  if (test::chance(4))
    result.resize(test::draw<size_t>(0, 60), '-');
  return result;
}

} // namespace

TEST_CASE("the examples of the standard are read and written again") {
  auto sampled = parse_traceparent(header("00", "01"));
  REQUIRE(sampled);
  CHECK(sampled->trace == trace_id{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736});
  CHECK(sampled->span == span_id{0x00f067aa0ba902b7});
  CHECK(sampled->sampled);
  CHECK(to_hex(sampled->trace) == trace_hex);
  CHECK(to_hex(sampled->span) == span_hex);
  CHECK(format_traceparent(*sampled) == header("00", "01"));
  auto unsampled = parse_traceparent(header("00", "00"));
  REQUIRE(unsampled);
  CHECK(!unsampled->sampled);
  CHECK(format_traceparent(*unsampled) == header("00", "00"));
}

TEST_CASE("flags of later versions are neither taken for ours nor passed on") {
  for (auto& [flags, sampled] :
       std::map<std::string, bool>{{"09", true}, {"ff", true}, {"fe", false}}) {
    auto read = parse_traceparent(header("00", flags));
    REQUIRE(read);
    CHECK(read->sampled == sampled);
    CHECK(format_traceparent(*read) == header("00", sampled ? "01" : "00"));
  }
}

TEST_CASE("of a later version that is read which this one knows") {
  for (auto* text : {"", "-", "-what-the-future-will-be-like"}) {
    auto read = parse_traceparent(header("cc", "01") + text);
    REQUIRE(read);
    CHECK(format_traceparent(*read) == header("00", "01"));
  }
  CHECK(refusal(header("cc", "01") + "x") == ec::invalid_argument);
  CHECK(refusal(header("cc", "01") + ".what") == ec::invalid_argument);
}

TEST_CASE("what is no traceparent is refused") {
  std::string zeros(32, '0');
  for (auto& text : std::vector<std::string>{
         "",
         "00",
         header("ff", "01"),
         header("0", "01"),
         header("000", "01"),
         header("0A", "01"),
         header("qw", "01"),
         header("00", "1"),
         header("00", "0x"),
         header("00", "01") + "-",
         header("00", "01") + "-x",
         " " + header("00", "01"),
         header("00", "01", zeros),
         header("00", "01", trace_hex, "0000000000000000"),
         header("00", "01", "4BF92F3577B34DA6A3CE929D0E0E4736"),
         header("00", "01", trace_hex, "00F067AA0BA902B7"),
         header("00", "01", "4bf92f3577b34da6a3ce929d0e0e473"),
         header("00", "01", "4bf92f3577b34da6a3ce929d0e0e47361"),
         header("00", "01", trace_hex, "00f067aa0ba902b"),
         header("00", "01", trace_hex, "00f067aa0ba902b71"),
         header("00", "01", "4bf92f3577b34da6.3ce929d0e0e4736"),
         "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    INFO(text);
    CHECK(refusal(text) == ec::invalid_argument);
  }
}

TEST_CASE("every context is read as it was written") {
  CHECK(rc::check([](uint64_t high, uint64_t low, uint64_t span, bool sampled) {
    trace_context x;
    x.trace = {high, low};
    x.span = {span};
    x.sampled = sampled;
    RC_PRE(x.trace && x.span);
    auto read = parse_traceparent(format_traceparent(x));
    RC_ASSERT(static_cast<bool>(read));
    RC_ASSERT(*read == x);
  }));
}

TEST_CASE("garbage is refused, or is what it reads like") {
  CHECK(rc::check([] {
    auto text = nearly_good();
    if (auto read = parse_traceparent(text)) {
      RC_ASSERT(read->trace && read->span);
      RC_ASSERT(format_traceparent(*read).substr(2, 51) == text.substr(2, 51));
    }
  }));
  CHECK(rc::check([](const std::string& text) {
    static_cast<void>(parse_traceparent(text));
    static_cast<void>(parse_traceparent(header("00", "01") + text));
    if (auto read = parse_tracestate(text))
      RC_ASSERT(read->size() <= max_tracestate_bytes);
  }));
}

TEST_CASE("a tracestate is passed on as it is, without blanks and gaps") {
  CHECK(state("") == "");
  CHECK(state("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")
        == "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
  CHECK(state("foo=1 \t , \t bar=2, ,,\t,baz=3,") == "foo=1,bar=2,baz=3");
  CHECK(state("a= b c ") == "a= b c");
  CHECK(state("1a-_*/@b@c=x") == "1a-_*/@b@c=x");
  CHECK(state("x=!\"#$%&'()*+-./:;<>?@[]^_`{|}~")
        == "x=!\"#$%&'()*+-./:;<>?@[]^_`{|}~");
}

TEST_CASE("what is no tracestate is refused") {
  for (auto& text : std::vector<std::string>{
         "foo", "=1", "foo=", "foo= ", "FOO=1", "@foo=1", "foo.bar=1",
         "foo bar=1", "foo =1", "foo=1=2", "foo=\x01", "foo=\xC3\xA9",
         "foo=1,foo=2", std::string(257, 'z') + "=1",
         "foo=" + std::string(257, 'v')}) {
    INFO(text);
    CHECK(state_refusal(text) == ec::invalid_argument);
  }
  CHECK(state(std::string(256, 'z') + "=" + std::string(255, 'v')).size()
        == 512);
}

TEST_CASE("a tracestate has at most 32 members") {
  std::string members;
  for (auto i = 0; i < 32; ++i)
    members += "k" + std::to_string(i) + "=1,";
  CHECK(state(members) == members.substr(0, members.size() - 1));
  CHECK(state_refusal(members + "more=1") == ec::limit_exceeded);
  CHECK(state_refusal(std::string(8'193, ',')) == ec::limit_exceeded);
}

TEST_CASE(
  "of too long a tracestate whole members go: the large, then the last") {
  auto large = "large=" + std::string(130, 'x');
  std::string small;
  for (auto i = 0; i < 4; ++i)
    small += ",k" + std::to_string(i) + "=" + std::string(100, 'y');
  CHECK(state(large + small) == small.substr(1));
  std::string more = small + ",k4=" + std::string(100, 'y');
  CHECK(state(more.substr(1)) == small.substr(1));
  // No more goes than must.
  CHECK(state(large + ",also=" + std::string(200, 'x') + ",a=1,b="
              + std::string(126, 'x') + ",last=" + std::string(200, 'x'))
        == large + ",also=" + std::string(200, 'x')
             + ",a=1,b=" + std::string(126, 'x'));
}

TEST_CASE("what is passed on is short, and reads as itself") {
  CHECK(rc::check([] {
    auto count = test::draw(0, 35);
    std::string text;
    for (auto i = 0; i < count; ++i)
      text += test::draw_text({"", " ", "\t"}) + test::draw_text({"", "k"})
            + std::to_string(i) + "=" + std::string(test::draw(0, 60), 'v')
            + test::draw_text({",", " ,", ",,"});
    auto once = parse_tracestate(text);
    if (!once)
      return;
    RC_ASSERT(once->size() <= max_tracestate_bytes);
    auto twice = parse_tracestate(*once);
    RC_ASSERT(static_cast<bool>(twice));
    RC_ASSERT(*twice == *once);
  }));
}

TEST_CASE("a bad tracestate costs only itself, a bad traceparent all") {
  auto good = read_trace_context(header("00", "01"), "a=1");
  REQUIRE(good);
  CHECK(good->state == "a=1");
  auto without = read_trace_context(header("00", "01"), "a=1,a=2");
  REQUIRE(without);
  CHECK(without->state.empty());
  CHECK(without->sampled);
  CHECK(!read_trace_context(header("ff", "01"), "a=1"));
}

TEST_CASE("a child is in its parent's trace and is nobody else") {
  auto parent = read_trace_context(header("00", "01"), "a=1");
  REQUIRE(parent);
  auto child = new_child(*parent, 42);
  CHECK(child.trace == parent->trace);
  CHECK(child.span == span_id{42});
  CHECK(child.sampled);
  CHECK(child.state == "a=1");
  CHECK(new_child(*parent, 0).span);
  auto root = new_trace({1, 2}, 3);
  CHECK(root.trace == trace_id{1, 2});
  CHECK(root.span == span_id{3});
  CHECK(!root.sampled);
  CHECK(refusal(format_traceparent(new_trace({}, 0))) == ec::none);
}

TEST_CASE("a parent decides, and without one the ratio") {
  auto parent = read_trace_context(header("00", "01"), "");
  REQUIRE(parent);
  CHECK(is_sampled(parent, parent->trace, 0));
  parent->sampled = false;
  CHECK(!is_sampled(parent, parent->trace, 1));
  CHECK(is_sampled(std::nullopt, {0, 0}, 1));
  CHECK(!is_sampled(std::nullopt, {~0ull, ~0ull}, 0));
}

TEST_CASE("a ratio takes as many traces as it says, by the last 56 bits") {
  constexpr uint64_t all = uint64_t{1} << 56;
  CHECK(!is_chosen({~0ull, all / 2 - 1}, 0.5));
  CHECK(is_chosen({0, all / 2}, 0.5));
  CHECK(is_chosen({0, all - 1}, 1e-12));
  CHECK(!is_chosen({0, all}, 0.5));
  CHECK(!is_chosen({0, ~0ull}, -1));
  CHECK(!is_chosen({0, ~0ull}, std::nan("")));
  CHECK(is_chosen({0, 0}, std::numeric_limits<double>::infinity()));
  // Evenly spread ids: exactly that many.
  for (auto ratio : {0.125, 0.25, 0.75}) {
    auto chosen = 0;
    for (uint64_t i = 0; i < 1'024; ++i)
      chosen += is_chosen({0, i * (all / 1'024)}, ratio);
    CHECK(chosen == 1'024 * ratio);
  }
}

TEST_CASE("who takes more traces takes all that others take") {
  CHECK(rc::check([](uint64_t low) {
    auto less = test::draw(0, 1'001) / 1'000.0;
    auto more = test::draw(0, 1'001) / 1'000.0;
    if (less > more)
      std::swap(less, more);
    RC_ASSERT(!is_chosen({0, low}, less) || is_chosen({0, low}, more));
  }));
}
