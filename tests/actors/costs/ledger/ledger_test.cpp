#include "tests/actors/costs/ledger/ledger_under_test.hpp"

#include "actors/costs/ledger/grant.hpp"

#include <rapidcheck.h>

using namespace machine;
using namespace machine::test;

namespace {

const std::string node = "n-1";

exchange_money word(uint64_t number, std::vector<call_line> lines,
                    std::vector<lease_target> targets) {
  return {node, number, std::move(lines), std::move(targets)};
}

open_run run_of(std::string id, micro_usd amount) {
  open_run x;
  x.run = std::move(id);
  x.amount = amount;
  x.whose.project = "p";
  x.whose.run = x.run;
  return x;
}

} // namespace

TEST_CASE("a node leases, books and gives back") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 1'000)}));
  auto all = it.key("all");
  auto got = it.exchange(word(1, {}, {{all, 100, 400}}));
  REQUIRE(got.allotments.size() == 1);
  CHECK(got.allotments[0].amount == 400);
  CHECK(got.allotments[0].left == 1'000);
  CHECK(it.leased("all") == 400);
  got = it.exchange(word(2, {line_of(1, 30, {all})}, {{all, 0, 370}}));
  CHECK(got.allotments[0].amount == 370);
  CHECK(it.settled("all") == 30);
  CHECK(it.leased("all") == 370);
  it.exchange(word(3, {}, {{all, 0, 0}}));
  CHECK(it.leased("all") == 0);
  CHECK(it.settled("all") == 30);
  CHECK(it.state.spent == 30);
  CHECK(it.state.calls == 1);
}

TEST_CASE("a word that comes twice is done once") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 1'000)}));
  auto all = it.key("all");
  auto said = word(1, {line_of(1, 30, {all})}, {{all, 100, 200}});
  auto first = it.exchange(said);
  auto before = it.state;
  it.pass(duration{5});
  auto second = it.exchange(said);
  CHECK(second.allotments[0].amount == first.allotments[0].amount);
  CHECK(second.expires_at == first.expires_at);
  CHECK(it.state == before);
}

TEST_CASE("a line that is missing is not passed over") {
  ledger_under_test it;
  auto err = it.give(word(1, {line_of(2, 30, {})}, {}));
  CHECK(code_of(err) == ec::conflict);
  CHECK(message_of(err).find("line 2 of n-1 came before line 1") == 0);
}

TEST_CASE("what is free is shared") {
  // Nobody gets more than half of what is free beyond what it needs.
  CHECK(grant({1'000, 0, 0, 0}, 100, 900) == granted_money{500});
  CHECK(grant({1'000, 0, 0, 0}, 700, 900) == granted_money{700});
  CHECK(grant({1'000, 400, 500, 100}, 200, 900) == granted_money{200});
  CHECK(grant({1'000, 400, 500, 100}, 201, 900)
        == granted_money{100, shortage::lacking});
  // Giving back is always possible, also where the limit was lowered.
  CHECK(grant({100, 400, 500, 100}, 50, 60) == granted_money{60});
  CHECK(grant({100, 400, 500, 100}, 101, 101)
        == granted_money{100, shortage::lacking});
  CHECK(grant({0, 0, 0, 0, budget_kind::soft}, 5, 9) == granted_money{9});
}

TEST_CASE("what somebody lacks is scarce for all") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 100)}));
  auto all = it.key("all");
  it.exchange(word(1, {}, {{all, 100, 100}}));
  exchange_money other{"n-2", 1, {}, {{all, 10, 10}}};
  auto got = it.exchange(other);
  CHECK(got.allotments[0].lack == shortage::lacking);
  CHECK(got.allotments[0].amount == 0);
  CHECK(got.allotments[0].left == 100);
  CHECK(it.exchange(word(2, {}, {{all, 90, 100}})).allotments[0].scarce);
  it.pass(scarcity);
  CHECK(!it.exchange(word(3, {}, {{all, 90, 100}})).allotments[0].scarce);
}

TEST_CASE("a node that is silent for too long has spent what it held") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 1'000)}));
  auto all = it.key("all");
  it.exchange(word(1, {}, {{all, 400, 400}}));
  CHECK(ledger::wake_at(it.state) == it.ctx.now + duration{60'000});
  it.pass(duration{59'999});
  REQUIRE(!it.give(look_at_leases{}));
  CHECK(it.settled("all") == 0);
  it.pass(duration{1});
  REQUIRE(!it.give(look_at_leases{}));
  CHECK(it.settled("all") == 400);
  CHECK(it.leased("all") == 0);
  SECTION("until it comes back and tells what it did") {
    auto got = it.exchange(word(2, {line_of(1, 30, {all})}, {{all, 9, 9}}));
    CHECK(got.lost);
    CHECK(got.allotments.empty());
    CHECK(it.settled("all") == 400);
    REQUIRE(!it.give(costs::close_holder{node, {line_of(2, 20, {all})}}));
    CHECK(it.settled("all") == 50);
    CHECK(it.state.spent == 50);
    CHECK(it.state.nodes.empty());
  }
  SECTION("or never") {
    it.pass(max_absence);
    REQUIRE(!it.give(look_at_leases{}));
    CHECK(it.state.nodes.empty());
    CHECK(it.settled("all") == 400);
  }
  SECTION("what it did beyond that counts, too") {
    REQUIRE(!it.give(costs::close_holder{node, {line_of(1, 450, {all})}}));
    CHECK(it.settled("all") == 450);
  }
}

TEST_CASE("what a node held is spent if its journal may lack lines") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 1'000)}));
  auto all = it.key("all");
  it.exchange(word(1, {}, {{all, 400, 400}}));
  REQUIRE(!it.give(
    costs::close_holder{node, {line_of(1, 30, {all})}, leftover::spent}));
  CHECK(it.settled("all") == 400);
  CHECK(it.leased("all") == 0);
  CHECK(it.state.spent == 30);
  CHECK(it.state.nodes.empty());
}

TEST_CASE("what a lost node held goes back only to the window it came from") {
  ledger_under_test it;
  auto daily = limit_of("day", 1'000);
  daily.window = budget_window::day;
  REQUIRE(!it.give(set_budget{daily}));
  auto day = it.key("day");
  it.exchange(word(1, {}, {{day, 400, 400}}));
  it.pass(duration{60'000});
  REQUIRE(!it.give(look_at_leases{}));
  it.pass(std::chrono::hours{24});
  REQUIRE(!it.give(costs::close_holder{node, {}}));
  CHECK(it.settled("day") == 0);
}

TEST_CASE("a node that has closed cannot go on") {
  ledger_under_test it;
  it.exchange(word(1, {}, {}));
  REQUIRE(!it.give(costs::close_holder{node, {line_of(1, 5, {})}}));
  CHECK(code_of(it.give(word(2, {}, {}))) == ec::cancelled);
  // The journal is read again.
  REQUIRE(!it.give(costs::close_holder{node, {line_of(1, 5, {})}}));
  CHECK(it.state.spent == 5);
}

TEST_CASE("a budget begins with what is admitted after it") {
  ledger_under_test it;
  it.exchange(word(1, {}, {}));
  REQUIRE(!it.give(set_budget{limit_of("late", 10)}));
  it.exchange(word(2, {line_of(1, 500, {})}, {}));
  CHECK(it.settled("late") == 0);
  // Another of the same name is another one.
  auto old = it.key("late");
  REQUIRE(!it.give(remove_budget{"late"}));
  REQUIRE(!it.give(set_budget{limit_of("late", 10)}));
  auto got = it.exchange(word(3, {line_of(2, 500, {old})}, {{old, 5, 5}}));
  CHECK(got.allotments[0].lack == shortage::gone);
  CHECK(it.settled("late") == 0);
  CHECK(it.state.spent == 1'000);
}

TEST_CASE("a budget's limit can be changed, and not what it is for") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("b", 10)}));
  auto key = it.key("b");
  REQUIRE(!it.give(set_budget{limit_of("b", 20)}));
  CHECK(it.key("b") == key);
  CHECK(it.of("b").what.limit == 20);
  auto err = it.give(set_budget{limit_of("b", 20, budget_scope::project, "p")});
  CHECK(code_of(err) == ec::conflict);
  CHECK(code_of(it.give(remove_budget{"c"})) == ec::not_found);
}

TEST_CASE("a budget that cannot be is refused") {
  ledger_under_test it;
  auto refused = [&](budget x) {
    return message_of(it.give(set_budget{std::move(x)}));
  };
  CHECK(refused(limit_of("", 1)).find("name") != std::string::npos);
  CHECK(refused(limit_of("A b", 1)).find("name") != std::string::npos);
  CHECK(refused(limit_of("b", -1)).find("cannot be") != std::string::npos);
  CHECK(refused(limit_of("b", 1, budget_scope::project)).find("subject")
        != std::string::npos);
  CHECK(refused(limit_of("b", 1, budget_scope::tenant, "x")).find("subject")
        != std::string::npos);
  auto rolling = limit_of("b", 1);
  rolling.window = budget_window::rolling;
  CHECK(refused(rolling).find("length") != std::string::npos);
  auto loud = limit_of("b", 1);
  loud.alerts = {0};
  CHECK(refused(loud).find("percentage") != std::string::npos);
}

TEST_CASE("passing a threshold is told once in a window") {
  ledger_under_test it;
  auto daily = limit_of("day", 100);
  daily.window = budget_window::day;
  daily.alerts = {50, 100};
  REQUIRE(!it.give(set_budget{daily}));
  auto day = it.key("day");
  auto told = [&](uint64_t number, micro_usd cost) {
    auto first = it.log.size();
    it.exchange({node, number, {line_of(number, cost, {day})}, {}});
    std::vector<uint32_t> percents;
    for (auto i = first; i < it.log.size(); ++i)
      if (auto* x = std::get_if<budget_alerted>(&it.log[i]))
        percents.push_back(x->percent);
    return percents;
  };
  using percents = std::vector<uint32_t>;
  CHECK(told(1, 49).empty());
  CHECK(told(2, 1) == percents{50});
  CHECK(told(3, 10).empty());
  CHECK(told(4, 50) == percents{100});
  it.pass(std::chrono::hours{24});
  CHECK(told(5, 49).empty());
  CHECK(told(6, 60) == percents{100});
}

TEST_CASE("a run sets money aside in every budget that it is in") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 1'000)}));
  REQUIRE(!it.give(set_budget{limit_of("p", 500, budget_scope::project, "p")}));
  REQUIRE(!it.give(set_budget{limit_of("q", 500, budget_scope::project, "q")}));
  REQUIRE(!it.give(set_budget{limit_of("m", 5, budget_scope::model, "m")}));
  REQUIRE(!it.give(run_of("r-1", 400)));
  CHECK(it.leased("all") == 400);
  CHECK(it.leased("p") == 400);
  CHECK(it.leased("q") == 0);
  CHECK(it.leased("m") == 0);
  auto err = it.give(run_of("r-2", 101));
  CHECK(code_of(err) == ec::budget_exceeded);
  CHECK(message_of(err).find("$0.0005 of budget p only $0.0001 is left")
        != std::string::npos);
  call_line spent;
  spent.number = 1;
  spent.cost = 150;
  spent.whose.model = "m";
  REQUIRE(!it.give(book_run{"r-1", {spent}}));
  // Once by its number.
  REQUIRE(!it.give(book_run{"r-1", {spent}}));
  CHECK(it.settled("all") == 150);
  CHECK(it.leased("all") == 250);
  auto& booked = std::get<calls_booked>(it.log.back()).lines.at(0);
  CHECK(booked.whose.project == "p");
  CHECK(booked.whose.run == "r-1");
  CHECK(booked.whose.model == "m");
  REQUIRE(!it.give(close_run{"r-1"}));
  CHECK(it.leased("all") == 0);
  CHECK(it.settled("p") == 150);
  CHECK(code_of(it.give(run_of("r-1", 1))) == ec::cancelled);
}

TEST_CASE("a run that was called uses its caller's money") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 1'000)}));
  REQUIRE(!it.give(run_of("r-1", 400)));
  call_line spent;
  spent.number = 1;
  spent.cost = 50;
  book_run child{"r-2", {spent}, {{"r-2", "r-1", 100}}};
  REQUIRE(!it.give(child));
  CHECK(it.leased("all") == 350);
  CHECK(it.state.runs.at("r-2").held.begin()->second == 50);
  CHECK(it.state.runs.at("r-1").held.begin()->second == 300);
  REQUIRE(!it.give(close_run{"r-2"}));
  CHECK(it.state.runs.at("r-1").held.begin()->second == 350);
  // It comes late, and was booked.
  REQUIRE(!it.give(child));
  CHECK(it.state.spent == 50);
  REQUIRE(!it.give(close_run{"r-1"}));
  CHECK(it.leased("all") == 0);
}

TEST_CASE("calls that a run books itself count for their budgets alone") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("m", 100, budget_scope::model, "m")}));
  auto line = line_of(1, 30, {it.key("m")});
  line.of_run = true;
  it.exchange(word(1, {line}, {}));
  CHECK(it.settled("m") == 30);
  CHECK(it.state.spent == 0);
}

TEST_CASE("a ledger is the same after its log is read again") {
  ledger_under_test it;
  auto rolling = limit_of("roll", 1'000);
  rolling.window = budget_window::rolling;
  rolling.length = std::chrono::hours{24};
  REQUIRE(!it.give(set_budget{rolling}));
  auto key = it.key("roll");
  REQUIRE(!it.give(run_of("r-1", 100)));
  for (uint64_t i = 1; i < 30; ++i) {
    it.exchange({node, i, {line_of(i, 10, {key})}, {{key, 10, 50}}});
    it.pass(std::chrono::hours{1});
  }
  REQUIRE(!it.give(close_run{"r-1"}));
  ledger_state again;
  for (size_t i = 0; i < it.log.size(); ++i)
    ledger::apply(again, it.log[i], it.times[i]);
  CHECK(again == it.state);
  auto stored = wire::to_msgpack(it.state);
  auto read = wire::from_msgpack<ledger_state>(stored);
  REQUIRE(read);
  CHECK(*read == it.state);
}

TEST_CASE("calls, limits and alerts are news of costs") {
  ledger_under_test it;
  REQUIRE(!it.give(set_budget{limit_of("all", 100)}));
  auto line = line_of(1, 90, {it.key("all")});
  line.whose.project = "p";
  auto other = line_of(2, 1, {});
  auto first = it.log.size();
  it.exchange(word(1, {line, other}, {}));
  auto told = ledger::announce(
    it.state, {it.log.begin() + static_cast<ptrdiff_t>(first), it.log.end()},
    it.ctx);
  REQUIRE(told.size() == 3);
  for (auto& x : told)
    CHECK(x.topic == "costs");
  CHECK(told[0].what.type == "calls.booked");
  CHECK(told[0].what.project.empty());
  CHECK(told[1].what.project == "p");
  CHECK(told[2].what.type == "budget.alert");
  CHECK(told[2].what.subject == "budget/all");
}
