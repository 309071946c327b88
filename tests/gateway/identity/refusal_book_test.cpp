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
  if (!who.empty())
    x.kind = security::principal_kind::user;
  x.address = address;
  x.action = "POST /api/v1/keys";
  x.phase = security::audit_phase::refused;
  x.status = status;
  return x;
}

audit_record refusal_of_action(const std::string& who, int action) {
  auto x = refusal(who, "192.0.2.1");
  x.action = std::to_string(action);
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
  refusal_book it;
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

TEST_CASE("what there are too many kinds of is one sum of its source") {
  refusal_book it{{.sources = 2, .kinds = 2}};
  for (int i = 0; i < 5; ++i)
    CHECK(it.add(refusal_of_action("ann", i)).has_value() == (i < 2));
  CHECK(it.add(refusal("bob", "::1")));
  auto sums = it.take();
  REQUIRE(sums.size() == 1);
  CHECK(sums[0].who == "ann");
  CHECK(sums[0].action == "others");
  CHECK(sums[0].times == 3);
  CHECK(it.take().empty());
}

TEST_CASE("too many sources are one sum of their tenant") {
  refusal_book it{{.sources = 2, .kinds = 2}};
  CHECK(it.add(refusal("a", "::1")));
  CHECK(it.add(refusal("b", "::1")));
  CHECK(!it.add(refusal("c", "::1")));
  CHECK(!it.add(refusal("d", "::1")));
  auto sums = it.take();
  REQUIRE(sums.size() == 1);
  CHECK(sums[0].tenant == "acme");
  CHECK(sums[0].times == 2);
  CHECK(sums[0].who.empty());
}

TEST_CASE(
  "however often somebody is refused, others' refusals are told apart") {
  refusal_book it;
  // Of those who are nobody an address is one, whatever they try; and so is
  // all that a customer has.
  for (int i = 0; i < 1'000; ++i) {
    auto x = refusal_of_action("", i);
    x.address =
      i % 2 == 0 ? "192.0.2.1" : "2001:db8:0:" + std::to_string(i) + "::1";
    x.tenant = "default";
    it.add(std::move(x));
    it.add(refusal_of_action("ann", i));
  }
  for (int i = 0; i < 100; ++i) {
    auto x = refusal("p" + std::to_string(i), "::1");
    x.tenant = "umbrella";
    it.add(std::move(x));
  }
  CHECK(it.add(refusal("", "198.51.100.7", 401)));
  CHECK(it.add(refusal("bob", "192.0.2.1")));
}

TEST_CASE("every refusal is told of once, and records are few") {
  CHECK(rc::check([] {
    refusal_book::bounds most{draw<size_t>(1, 5), draw<size_t>(1, 4)};
    refusal_book it{most};
    uint64_t given = 0;
    uint64_t told = 0;
    for (auto windows = draw(0, 4); windows >= 0; --windows) {
      size_t written = 0;
      for (auto left = draw(0, 60); left > 0; --left) {
        ++given;
        auto x = refusal(std::to_string(draw(0, 6)), "::1",
                         draw(0, 2) == 0 ? 401 : 403);
        x.action = std::to_string(draw(0, 3));
        if (it.add(std::move(x))) {
          ++told;
          ++written;
        }
      }
      auto sums = it.take();
      told += sum_of(sums);
      RC_ASSERT(written + sums.size()
                <= 1 + most.sources * (1 + 2 * most.kinds));
      RC_ASSERT(told == given);
    }
  }));
}
