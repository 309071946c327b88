#include "actors/tracker/project.hpp"
#include "actors/tracker/summary.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::tracker;

namespace {

struct project_under_test {
  project_state state;
  entity::context ctx{{"t", "p"}, timestamp{}, 0};

  explicit project_under_test(std::optional<micro_usd> budget = std::nullopt) {
    REQUIRE(!give(create_project{"Project", budget}));
  }

  caf::error give(project_command what) {
    auto decided = project::decide(state, what, ctx);
    if (!decided)
      return decided.error();
    for (auto& event : decided->events)
      project::apply(state, event, ctx.now);
    return caf::none;
  }

  caf::error add(const std::string& title,
                 std::vector<std::string> depends_on = {}) {
    create_task what;
    what.title = title;
    what.depends_on = std::move(depends_on);
    return give(what);
  }

  caf::error set(const std::string& id, task_state to) {
    edit_task what;
    what.task = id;
    what.edit.state = to;
    return give(what);
  }
};

charge_booked charge_of(uint64_t number, micro_usd cost) {
  charge_booked x;
  x.run = "r-1";
  x.number = number;
  x.cost = cost;
  return x;
}

} // namespace

TEST_CASE("a run gets its lease once, and no more than there is") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  CHECK(leased_by_runs(it.state) == 600);
  auto refused = it.give(lease_budget{"r-2", 401});
  CHECK(code_of(refused) == ec::budget_exceeded);
  REQUIRE(!it.give(lease_budget{"r-2", 400}));
}

TEST_CASE("a charge is booked once, in its order") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  REQUIRE(!it.give(book_charges{"r-1", {charge_of(1, 10)}}));
  REQUIRE(!it.give(book_charges{"r-1", {charge_of(1, 10), charge_of(2, 20)}}));
  CHECK(it.state.settled == 30);
  CHECK(leased_by_runs(it.state) == 570);
  CHECK(code_of(it.give(book_charges{"r-1", {charge_of(4, 1)}}))
        == ec::conflict);
  REQUIRE(!it.give(close_lease{"r-1", 30}));
  REQUIRE(!it.give(close_lease{"r-1", 30}));
  REQUIRE(!it.give(book_charges{"r-1", {charge_of(2, 20)}}));
  CHECK(it.state.settled == 30);
  CHECK(leased_by_runs(it.state) == 0);
}

TEST_CASE("what is settled and leased never exceeds the budget") {
  CHECK(rc::check([] {
    project_under_test it{10'000};
    auto steps = *rc::gen::inRange(1, 60);
    std::map<std::string, uint64_t> booked;
    for (int i = 0; i < steps; ++i) {
      auto run = "r-" + std::to_string(*rc::gen::inRange(0, 5));
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          static_cast<void>(
            it.give(lease_budget{run, *rc::gen::inRange<micro_usd>(0, 6'000)}));
          break;
        case 1: {
          auto lease = it.state.leases.find(run);
          if (lease == it.state.leases.end())
            break;
          auto left = lease->second.amount - lease->second.spent;
          auto charge = charge_of(lease->second.booked + 1,
                                  *rc::gen::inRange<micro_usd>(0, left + 1));
          charge.run = run;
          RC_ASSERT(!it.give(book_charges{run, {charge}}));
          break;
        }
        default: static_cast<void>(it.give(close_lease{run, 0}));
      }
      RC_ASSERT(it.state.settled + leased_by_runs(it.state) <= 10'000);
    }
  }));
}

TEST_CASE("tasks depend on each other without cycles") {
  project_under_test it;
  REQUIRE(!it.add("one"));
  REQUIRE(!it.add("two", {"t-1"}));
  edit_task cycle;
  cycle.task = "t-1";
  cycle.edit.add_depends = {"t-2"};
  CHECK(code_of(it.give(cycle)) == ec::invalid_argument);
  CHECK(code_of(it.add("three", {"t-9"})) == ec::not_found);
  CHECK(code_of(it.set("t-2", task_state::done)) == ec::conflict);
  REQUIRE(!it.set("t-1", task_state::done));
  REQUIRE(!it.set("t-2", task_state::done));
}

TEST_CASE("labels and comments have bounds") {
  project_under_test it;
  REQUIRE(!it.add("one"));
  edit_task label;
  label.task = "t-1";
  label.edit.add_labels = {"bug", "bug", "ui"};
  REQUIRE(!it.give(label));
  CHECK(it.state.tasks["t-1"].labels == std::vector<std::string>{"bug", "ui"});
  label.edit.add_labels = {std::string(65, 'x')};
  CHECK(it.give(label));
  CHECK(it.give(comment_task{"t-1", "ann", ""}));
  CHECK(it.give(comment_task{"t-1", "ann", std::string(70'000, 'x')}));
  REQUIRE(!it.give(comment_task{"t-1", "ann", "fine"}));
  CHECK(it.add(""));
  CHECK(it.add(std::string(501, 'x')));
}

TEST_CASE("only the default project comes into being by itself") {
  project_state none;
  entity::context ctx{{"t", "other"}, timestamp{}, 0};
  CHECK(!project::decide(none, lease_budget{"r-1", 1}, ctx));
  ctx.key.id = "default";
  auto made = project::decide(none, lease_budget{"r-1", 1}, ctx);
  REQUIRE(made);
  CHECK(made->events.size() == 2);
}
