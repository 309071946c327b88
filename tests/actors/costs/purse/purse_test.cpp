#include "tests/actors/costs/purse/market.hpp"

using namespace machine;
using namespace machine::test;

namespace {

/// A purse beside a ledger whose answers come at once.
struct pair_under_test {
  market world{{.tell_after = duration{0}}};
  timestamp& now = world.ledger.ctx.now;

  explicit pair_under_test(micro_usd limit) {
    REQUIRE(!world.ledger.give(set_budget{limit_of("all", limit)}));
    world.start("n-1");
  }

  purse& it() {
    return world.nodes.at("n-1").money;
  }

  std::optional<money_answer> reserve(call_number call, micro_usd amount) {
    return it().reserve(call, {}, amount, counted_by::all, now);
  }

  /// Everything that can be said is said; the answers that came of it.
  std::vector<money_answer> talk() {
    std::vector<money_answer> result;
    for (int i = 0; i < 100; ++i) {
      auto word = it().next(now);
      if (!word)
        break;
      world.hear("n-1", *word);
      for (auto& x : it().take_answers())
        result.push_back(x);
    }
    return result;
  }

  void settle(call_number call, micro_usd cost) {
    call_line line;
    line.cost = cost;
    it().settle(call, line, now);
  }
};

} // namespace

TEST_CASE("the first call waits for the ledger, and the next ones do not") {
  pair_under_test x{1'000'000};
  CHECK(!x.reserve(1, 1'000));
  auto got = x.talk();
  REQUIRE(got.size() == 1);
  CHECK(got[0].call == 1);
  CHECK(!got[0].why);
  CHECK(x.it().reserved(1) == 1'000);
  // As much as was asked for lately is held in advance.
  auto second = x.reserve(2, 1'000);
  REQUIRE(second);
  CHECK(!second->why);
}

TEST_CASE("a call that no budget covers is refused, and says which") {
  pair_under_test x{5'000};
  auto much = x.reserve(1, 5'001);
  REQUIRE(much);
  CHECK(code_of(much->why) == ec::budget_exceeded);
  CHECK(message_of(much->why).find("of budget all") != std::string::npos);
  CHECK(!x.reserve(2, 4'000));
  x.talk();
  x.settle(2, 4'000);
  x.talk();
  auto more = x.reserve(3, 1'001);
  REQUIRE(more);
  CHECK(code_of(more->why) == ec::budget_exceeded);
  CHECK(x.it().is_settled());
}

TEST_CASE("a call waits for what others have reserved and may not need") {
  pair_under_test x{5'000};
  CHECK(!x.reserve(1, 4'000));
  REQUIRE(x.talk().size() == 1);
  CHECK(!x.reserve(2, 3'000));
  CHECK(x.talk().empty());
  CHECK(x.it().waiting() == 1);
  x.settle(1, 1'500);
  x.now += duration{300};
  auto got = x.talk();
  REQUIRE(got.size() == 1);
  CHECK(got[0].call == 2);
  CHECK(!got[0].why);
}

TEST_CASE("nobody overtakes one that waits for the same budget") {
  pair_under_test x{5'000};
  CHECK(!x.reserve(1, 4'000));
  x.talk();
  CHECK(!x.reserve(2, 3'000));
  // It would fit.
  CHECK(!x.reserve(3, 500));
  CHECK(x.talk().empty());
  x.settle(1, 0);
  x.now += duration{300};
  auto got = x.talk();
  REQUIRE(got.size() == 2);
  CHECK(got[0].call == 2);
  CHECK(got[1].call == 3);
}

TEST_CASE("a call under way gets more before those that wait") {
  pair_under_test x{5'000};
  CHECK(!x.reserve(1, 4'000));
  x.talk();
  CHECK(!x.reserve(2, 2'000));
  CHECK(!x.it().extend(1, 1'000, x.now));
  x.now += duration{300};
  auto got = x.talk();
  REQUIRE(got.size() == 1);
  CHECK(got[0].call == 1);
  CHECK(!got[0].why);
  CHECK(x.it().reserved(1) == 5'000);
  x.settle(1, 5'000);
  x.now += duration{300};
  got = x.talk();
  REQUIRE(got.size() == 1);
  CHECK(got[0].call == 2);
  CHECK(code_of(got[0].why) == ec::budget_exceeded);
  CHECK(x.it().waiting() == 0);
}

TEST_CASE("what cannot be extended is told so, and stays reserved") {
  pair_under_test x{5'000};
  CHECK(!x.reserve(1, 4'000));
  x.talk();
  auto more = x.it().extend(1, 6'000, x.now);
  REQUIRE(more);
  CHECK(code_of(more->why) == ec::budget_exceeded);
  CHECK(x.it().reserved(1) == 4'000);
}

TEST_CASE("one that gives up waiting leaves no trace") {
  pair_under_test x{5'000};
  CHECK(!x.reserve(1, 4'000));
  x.talk();
  CHECK(!x.reserve(2, 3'000));
  CHECK(!x.it().settle(2, {}, x.now));
  CHECK(x.it().waiting() == 0);
  x.settle(1, 10);
  x.talk();
  CHECK(x.world.ledger.state.calls == 1);
  CHECK(x.world.ledger.settled("all") == 10);
}

TEST_CASE("what is idle goes back") {
  pair_under_test x{1'000'000};
  CHECK(!x.reserve(1, 1'000));
  x.talk();
  x.settle(1, 500);
  x.talk();
  CHECK(x.world.ledger.leased("all") > 0);
  x.now += duration{2'000};
  x.talk();
  CHECK(x.world.ledger.leased("all") == 0);
  CHECK(x.world.ledger.settled("all") == 500);
}

TEST_CASE("a word without an answer is said again, as it was") {
  pair_under_test x{1'000'000};
  CHECK(!x.reserve(1, 1'000));
  auto first = x.it().next(x.now);
  REQUIRE(first);
  CHECK(!x.it().next(x.now + duration{4'999}));
  CHECK(x.it().wake_at(x.now) == x.now + duration{5'000});
  auto second = x.it().next(x.now + duration{5'000});
  REQUIRE(second);
  CHECK(*second == *first);
  // Both arrive.
  x.world.hear("n-1", *first);
  x.world.hear("n-1", *second);
  CHECK(x.it().reserved(1) == 1'000);
  CHECK(x.world.ledger.leased("all") >= 1'000);
}

TEST_CASE("a budget that is made later counts what comes later") {
  pair_under_test x{1'000'000};
  CHECK(!x.reserve(1, 1'000));
  x.talk();
  REQUIRE(!x.world.ledger.give(
    set_budget{limit_of("m", 10, budget_scope::model, "big")}));
  x.settle(1, 1'000);
  x.talk();
  CHECK(x.it().is_outdated());
  x.world.inform("n-1");
  CHECK(!x.it().is_outdated());
  call_account whose;
  whose.model = "big";
  auto refused = x.it().reserve(2, whose, 11, counted_by::all, x.now);
  REQUIRE(refused);
  CHECK(code_of(refused->why) == ec::budget_exceeded);
  whose.model = "small";
  auto taken = x.it().reserve(3, whose, 11, counted_by::all, x.now);
  REQUIRE(taken);
  CHECK(!taken->why);
  CHECK(x.world.ledger.settled("m") == 0);
}

TEST_CASE("a run's calls count here for their agents and models alone") {
  pair_under_test x{1'000};
  REQUIRE(!x.world.ledger.give(
    set_budget{limit_of("m", 50, budget_scope::model, "big")}));
  x.world.inform("n-1");
  call_account whose;
  whose.model = "big";
  CHECK(!x.it().reserve(1, whose, 40, counted_by::call_alone, x.now));
  REQUIRE(x.talk().size() == 1);
  CHECK(x.it().budgets_of(1)
        == std::vector<std::string>{x.world.ledger.key("m")});
}
