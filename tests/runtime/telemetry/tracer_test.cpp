#include "runtime/telemetry/tracer.hpp"

#include "runtime/telemetry/derived_id.hpp"
#include "runtime/telemetry/sampler.hpp"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <cstdlib>
#include <set>

using namespace machine;

namespace {

span in_trace(bool sampled) {
  trace_context self{{1, 2}, {3}, sampled, ""};
  return {self, {}, "x", span_kind::internal, timestamp{}};
}

} // namespace

TEST_CASE("a tracer that is off begins no trace and drops all spans") {
  tracer off;
  CHECK(!off.is_on());
  CHECK(!off.samples({1, 2}, std::nullopt));
  // What others have decided is passed on all the same.
  CHECK(off.samples({1, 2}, true));
  off.record(in_trace(true));
  CHECK(!tracer{nullptr, 1}.is_on());
}

TEST_CASE("a tracer takes what is sampled, and nothing else") {
  size_t taken = 0;
  tracer it{[&](const span&) { ++taken; }, 1};
  it.record(in_trace(false));
  CHECK(taken == 0);
  it.record(in_trace(true));
  CHECK(taken == 1);
}

TEST_CASE("what was decided counts, and else the ratio") {
  rc::check([](uint64_t high, uint64_t low, uint8_t percent) {
    trace_id id{high, low};
    auto ratio = (percent % 101) / 100.0;
    tracer it{[](const span&) {}, ratio};
    RC_ASSERT(it.samples(id, std::nullopt) == is_chosen(id, ratio));
    RC_ASSERT(it.samples(id, true));
    RC_ASSERT(!it.samples(id, false));
  });
}

TEST_CASE("a name has the same ids for ever") {
  CHECK(to_hex(derive_trace_id("run r-1"))
        == "d3161aaea2012e21bc09fa247385ad46");
  CHECK(to_hex(derive_span_id("run r-1")) == "88a889a8be248c14");
}

TEST_CASE("different names have different ids") {
  std::set<std::string> seen;
  constexpr int count = 1'000;
  for (int i = 0; i < count; ++i) {
    auto name = std::to_string(i);
    auto trace = derive_trace_id(name);
    auto one = derive_span_id(name);
    REQUIRE(trace);
    REQUIRE(one);
    REQUIRE(trace.high != one.value);
    seen.insert(to_hex(trace));
    seen.insert(to_hex(one));
  }
  CHECK(seen.size() == 2 * count);
}

TEST_CASE("of traces with derived ids a ratio takes as many as it says") {
  constexpr int count = 10'000;
  int taken = 0;
  for (int i = 0; i < count; ++i)
    taken += is_chosen(derive_trace_id(std::to_string(i)), 0.25) ? 1 : 0;
  // Five standard deviations.
  CHECK(std::abs(taken - count / 4) < 220);
}
