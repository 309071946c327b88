#include "gateway/identity/refusal_book.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

using namespace machine;
using gateway::refusal_book;
using machine::test::draw;
using security::audit_record;

namespace {

audit_record refusal(const std::string& who, const std::string& address,
                     uint16_t status = 403) {
  audit_record x;
  x.tenant = "acme";
  x.who = who;
  x.address = address;
  x.action = "POST /api/v1/keys";
  x.phase = security::audit_phase::refused;
  x.status = status;
  return x;
}

uint64_t sum_of(const std::vector<audit_record>& all) {
  uint64_t result = 0;
  for (auto& x : all)
    result += x.times.value_or(1);
  return result;
}

} // namespace

TEST_CASE("the first refusal of a kind is a record, the others are counted") {
  refusal_book it{"default"};
  CHECK(it.empty());
  CHECK(it.add(refusal("ann", "::1")) == refusal("ann", "::1"));
  CHECK(!it.add(refusal("ann", "::1")));
  CHECK(!it.add(refusal("ann", "::1")));
  CHECK(it.add(refusal("bob", "::1")));
  CHECK(it.add(refusal("ann", "::2")));
  CHECK(it.add(refusal("ann", "::1", 401)));
  auto sums = it.take();
  REQUIRE(sums.size() == 1);
  CHECK(sums[0].who == "ann");
  CHECK(sums[0].times == 2);
  CHECK(it.empty());
  CHECK(it.take().empty());
  CHECK(it.add(refusal("ann", "::1")));
}

TEST_CASE("what there are too many kinds of is one sum, and not lost") {
  refusal_book it{"default", 2};
  CHECK(it.add(refusal("a", "::1")));
  CHECK(it.add(refusal("b", "::1")));
  CHECK(!it.add(refusal("c", "::1")));
  CHECK(!it.add(refusal("d", "::1")));
  auto sums = it.take();
  REQUIRE(sums.size() == 1);
  CHECK(sums[0].tenant == "default");
  CHECK(sums[0].times == 2);
  CHECK(sums[0].who.empty());
}

TEST_CASE("every refusal is told of once, and records are few") {
  CHECK(rc::check([] {
    auto most = draw<size_t>(1, 8);
    refusal_book it{"default", most};
    uint64_t given = 0;
    uint64_t told = 0;
    for (auto windows = draw(0, 4); windows >= 0; --windows) {
      size_t written = 0;
      for (auto left = draw(0, 60); left > 0; --left) {
        ++given;
        if (it.add(refusal(std::to_string(draw(0, 6)), "::1",
                           draw(0, 1) == 0 ? 401 : 403))) {
          ++told;
          ++written;
        }
      }
      auto sums = it.take();
      told += sum_of(sums);
      RC_ASSERT(written + sums.size() <= 2 * most + 1);
      RC_ASSERT(told == given);
    }
  }));
}
