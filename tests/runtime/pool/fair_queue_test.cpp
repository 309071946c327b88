#include "runtime/fair_queue.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>
#include <vector>

using namespace machine;
using machine::test::chance;
using machine::test::draw;

namespace {

using queue = fair_queue<std::string>;

/// What is next, and done at once.
std::optional<std::string> take(queue& it) {
  auto next = it.pop();
  if (!next)
    return std::nullopt;
  it.finish(next->group);
  return std::move(next->what);
}

/// All that waits, in its order.
std::vector<std::string> all_of(queue& it) {
  std::vector<std::string> result;
  while (auto x = take(it))
    result.push_back(std::move(*x));
  return result;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("groups take turns, and so do the members of a group") {
  queue it;
  for (auto* x : {"a1", "a2", "a3"})
    REQUIRE(it.push({"acme", "ann"}, x));
  REQUIRE(it.push({"acme", "bob"}, "b1"));
  for (auto* x : {"z1", "z2"})
    REQUIRE(it.push({"zeta", "zoe"}, x));
  CHECK(it.size() == 6);
  CHECK(all_of(it) == texts{"a1", "z1", "b1", "z2", "a2", "a3"});
  CHECK(it.size() == 0);
  CHECK(!it.pop());
}

TEST_CASE("who comes anew waits for one turn of each of the others") {
  queue it;
  for (int i = 0; i < 200; ++i)
    REQUIRE(it.push({"acme", "ann"}, "x"));
  take(it);
  REQUIRE(it.push({"zeta", "zoe"}, "z"));
  REQUIRE(it.push({"acme", "bob"}, "b"));
  CHECK(take(it) == "x");
  CHECK(take(it) == "z");
  CHECK(take(it) == "b");
}

TEST_CASE("a member, a group and all have their bounds") {
  queue it{{.all = 6, .group = 4, .member = 3}};
  for (int i = 0; i < 3; ++i)
    REQUIRE(it.push({"acme", "ann"}, "a"));
  CHECK(!it.push({"acme", "ann"}, "a"));
  REQUIRE(it.push({"acme", "bob"}, "b"));
  CHECK(!it.push({"acme", "cid"}, "c"));
  REQUIRE(it.push({"zeta", "zoe"}, "z"));
  REQUIRE(it.push({"yo", "yan"}, "y"));
  CHECK(!it.push({"zeta", "zoe"}, "z"));
  CHECK(it.size() == 6);
  CHECK(take(it) == "a");
  CHECK(it.push({"zeta", "zoe"}, "z"));
}

TEST_CASE("of a group no more is under way than may be") {
  queue it{{.under_way = 2}};
  for (auto* x : {"a1", "a2", "a3"})
    REQUIRE(it.push({"acme", "ann"}, x));
  REQUIRE(it.push({"zeta", "zoe"}, "z"));
  CHECK(it.pop()->what == "a1");
  CHECK(it.pop()->what == "z");
  CHECK(it.pop()->what == "a2");
  CHECK(!it.pop());
  CHECK(it.size() == 1);
  it.finish("zeta");
  CHECK(!it.pop());
  it.finish("acme");
  CHECK(it.pop()->what == "a3");
  it.finish("acme");
  it.finish("acme");
  REQUIRE(it.push({"acme", "ann"}, "a4"));
  CHECK(it.pop()->what == "a4");
}

TEST_CASE("nothing is lost, and no owner's things change their order") {
  CHECK(rc::check([] {
    queue it;
    std::map<std::string, std::vector<std::string>> given;
    std::map<std::string, std::vector<std::string>> taken;
    int number = 0;
    for (auto left = draw(0, 100); left > 0; --left) {
      if (chance(3)) {
        if (auto x = take(it))
          taken[x->substr(0, 2)].push_back(*x);
        continue;
      }
      std::string group(1, "abc"[draw(0, 3)]);
      std::string member(1, "xyz"[draw(0, 3)]);
      auto name = group + member + std::to_string(number++);
      RC_ASSERT(it.push({group, member}, name));
      given[group + member].push_back(name);
    }
    for (auto& x : all_of(it))
      taken[x.substr(0, 2)].push_back(x);
    RC_ASSERT(given == taken);
  }));
}
