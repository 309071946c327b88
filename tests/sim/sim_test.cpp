#include "tests/sim/search.hpp"

#include <catch2/catch.hpp>

using namespace machine::sim;

namespace {

constexpr uint64_t cases = MACHINE_SIM_CASES;

} // namespace

TEST_CASE("whatever goes wrong around runs, their rules hold") {
  auto result = search({.from = 1, .seeds = cases, .jobs = 2});
  INFO(report(result));
  CHECK(!result.broken);
  CHECK(result.played == cases);
}

TEST_CASE("a seed plays the same way each time") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    auto once = simulate(seed, {}, detail::lines);
    auto again = simulate(seed, {}, detail::lines);
    CHECK(once.lines == again.lines);
    CHECK(once.steps == simulate(seed).steps);
  }
}
