#include "tests/actors/tracker/project_under_test.hpp"

#include <limits>

using namespace machine;
using namespace machine::test;

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

TEST_CASE("nothing is set aside for a run that has ended") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  REQUIRE(!it.give(close_lease{"r-1", 0}));
  CHECK(code_of(it.give(lease_budget{"r-1", 600})) == ec::cancelled);
  // It has ended before what it asked for was there.
  REQUIRE(!it.give(close_lease{"r-2", 0}));
  CHECK(code_of(it.give(lease_budget{"r-2", 600})) == ec::cancelled);
  auto events = it.log.size();
  REQUIRE(!it.give(close_lease{"r-2", 0}));
  CHECK(it.log.size() == events);
  CHECK(leased_by_runs(it.state) == 0);
  for (size_t i = 0; i < max_closed_runs; ++i)
    REQUIRE(!it.give(close_lease{"x-" + std::to_string(i), 0}));
  CHECK(it.state.closed_runs.size() == max_closed_runs);
}

TEST_CASE("what is settled and leased never exceeds the budget") {
  CHECK(rc::check([] {
    project_under_test it{10'000};
    auto steps = *rc::gen::inRange(1, 60);
    std::map<std::string, uint64_t> booked;
    for (int i = 0; i < steps; ++i) {
      auto run = "r-" + std::to_string(*rc::gen::inRange(0, 20));
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
  entity::draft<project> to{none, ctx};
  CHECK(project::decide(to, lease_budget{"r-1", 1}));
  CHECK(!to.changed());
  ctx.key.id = "default";
  REQUIRE(!project::decide(to, lease_budget{"r-1", 1}));
  CHECK(to.events().size() == 2);
}

TEST_CASE("a run may be made where its project and its task are") {
  project_under_test it;
  REQUIRE(!it.add("do it"));
  auto before = it.log.size();
  CHECK(!it.give(check_run{}));
  CHECK(!it.give(check_run{"t-1"}));
  CHECK(code_of(it.give(check_run{"t-2"})) == ec::not_found);
  CHECK(it.log.size() == before);
  project_state none;
  entity::context ctx{{"t", "other"}, timestamp{}, 0};
  entity::draft<project> to{none, ctx};
  CHECK(code_of(project::decide(to, check_run{})) == ec::not_found);
  ctx.key.id = "default";
  CHECK(!project::decide(to, check_run{}));
  CHECK(code_of(project::decide(to, check_run{"t-1"})) == ec::not_found);
  CHECK(!to.changed());
}

TEST_CASE("an amount that cannot be is refused") {
  CHECK(code_of(project_under_test{}.give(change_project{budget_limit{-1}}))
        == ec::invalid_argument);
  project_under_test it;
  auto huge = std::numeric_limits<micro_usd>::max();
  for (auto x : {micro_usd{-1}, huge, std::numeric_limits<micro_usd>::min()}) {
    CHECK(code_of(it.give(lease_budget{"r-1", x})) == ec::invalid_argument);
    CHECK(code_of(it.give(change_project{budget_limit{x}}))
          == ec::invalid_argument);
  }
  REQUIRE(!it.give(lease_budget{"r-1", 100}));
  CHECK(code_of(it.give(book_charges{"r-1", {charge_of(1, -5)}}))
        == ec::invalid_argument);
  CHECK(code_of(it.give(book_charges{"r-1", {charge_of(1, huge)}}))
        == ec::invalid_argument);
  CHECK(it.state.settled == 0);
}

TEST_CASE("leases without a limit still have a sum") {
  project_under_test it;
  it.state.settled = std::numeric_limits<micro_usd>::max() - 100;
  REQUIRE(!it.give(lease_budget{"r-1", 60}));
  CHECK(code_of(it.give(lease_budget{"r-2", 41})) == ec::limit_exceeded);
  REQUIRE(!it.give(lease_budget{"r-2", 40}));
}

TEST_CASE("a charge of another run is booked for nobody") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  CHECK(code_of(it.give(book_charges{"r-1", {charge_of(1, 10, "r-2")}}))
        == ec::invalid_argument);
  CHECK(it.state.settled == 0);
  CHECK(it.state.leases.size() == 1);
}

TEST_CASE("a run that spent more than its lease is booked in full") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  REQUIRE(!it.give(book_charges{"r-1", {charge_of(1, 700)}}));
  CHECK(it.state.settled == 700);
  CHECK(leased_by_runs(it.state) == 0);
  CHECK(code_of(it.give(lease_budget{"r-2", 301})) == ec::budget_exceeded);
}

TEST_CASE("a task does not depend on itself, nor twice on another") {
  project_under_test it;
  REQUIRE(!it.add("one"));
  CHECK(message_of(it.depend("t-1", "t-1"))
        == "task t-1 cannot depend on itself");
  create_task twice;
  twice.title = "two";
  twice.depends_on = {"t-1", "t-1"};
  twice.labels = {"ui", "ui"};
  REQUIRE(!it.give(twice));
  CHECK(it.state.tasks["t-2"].depends_on == std::vector<std::string>{"t-1"});
  CHECK(it.state.tasks["t-2"].labels == std::vector<std::string>{"ui"});
  REQUIRE(!it.add("three", {"t-2"}));
  CHECK(message_of(it.depend("t-1", "t-3"))
        == "task t-1 cannot depend on t-3: that depends on t-1 already");
}

TEST_CASE("a subtask names a task that there is") {
  project_under_test it;
  create_task part;
  part.title = "part";
  part.parent = "t-1";
  CHECK(code_of(it.give(part)) == ec::not_found);
  REQUIRE(!it.add("whole"));
  REQUIRE(!it.give(part));
  CHECK(it.state.tasks["t-2"].parent == "t-1");
}

TEST_CASE("the comments of a task have a bound together") {
  project_under_test it;
  REQUIRE(!it.add("one"));
  caf::error refused;
  size_t taken = 0;
  for (; !refused && taken < 100; ++taken)
    refused = it.give(comment_task{"t-1", "ann", std::string(max_text, 'x')});
  CHECK(code_of(refused) == ec::limit_exceeded);
  CHECK(taken == 16);
  CHECK(message_of(refused).find("go on in a subtask") != std::string::npos);
  REQUIRE(!it.add("two"));
  for (size_t i = 0; i < max_comments; ++i)
    REQUIRE(!it.give(comment_task{"t-2", "ann", "x"}));
  CHECK(code_of(it.give(comment_task{"t-2", "ann", "x"}))
        == ec::limit_exceeded);
}

TEST_CASE("a project holds no more than its snapshot can") {
  project_under_test it;
  REQUIRE(!it.add("one"));
  it.state.task_bytes = max_project_bytes - 100;
  CHECK(code_of(it.add("two")) == ec::limit_exceeded);
  CHECK(code_of(it.give(comment_task{"t-1", "ann", std::string(60, 'x')}))
        == ec::limit_exceeded);
  edit_task longer;
  longer.task = "t-1";
  longer.edit.description = std::string(200, 'x');
  CHECK(code_of(it.give(longer)) == ec::limit_exceeded);
  // What takes no room is still possible.
  REQUIRE(!it.set("t-1", task_state::done));
}

TEST_CASE("a large project fits into a snapshot") {
  project_under_test it;
  auto label = std::string(max_label, 'x');
  caf::error refused;
  for (int i = 0; !refused; ++i) {
    create_task what;
    what.title = std::string(max_title, 'x');
    what.description = std::string(60'000, 'y');
    for (size_t n = 0; n < max_labels; ++n)
      what.labels.push_back(std::to_string(n) + label.substr(4));
    refused = it.give(what);
    it.log.clear();
  }
  CHECK(code_of(refused) == ec::limit_exceeded);
  CHECK(wire::to_msgpack(it.state).size() < 64u << 20);
}

TEST_CASE("a run spends what its caller may, and the project hears when it "
          "does") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r", 600}));
  book_charges first{"r.1.1",
                     {charge_of(1, 10, "r.1.1")},
                     {{"r.1", "r", 300}, {"r.1.1", "r.1", 100}}};
  REQUIRE(!it.give(first));
  CHECK(it.state.leases.at("r").amount == 300);
  CHECK(it.state.leases.at("r.1").amount == 200);
  CHECK(it.state.leases.at("r.1.1").amount == 100);
  CHECK(it.state.settled == 10);
  CHECK(leased_by_runs(it.state) == 590);
  SECTION("and no more than that") {
    book_charges second{"r.2", {charge_of(1, 5, "r.2")}, {{"r.2", "r", 400}}};
    REQUIRE(!it.give(second));
    CHECK(it.state.leases.at("r.2").amount == 300);
    CHECK(leased_by_runs(it.state) == 585);
  }
  SECTION("and what is left is its caller's again") {
    REQUIRE(!it.give(close_lease{"r.1.1", 10}));
    CHECK(it.state.leases.at("r.1").amount == 290);
    REQUIRE(!it.give(close_lease{"r.1", 0}));
    CHECK(it.state.leases.at("r").amount == 590);
    auto events = it.log.size();
    // Word of an end that comes again is no other end.
    REQUIRE(!it.give(close_lease{"r.1", 0}));
    CHECK(it.log.size() == events);
    // Word that was late: of a run that is over, or whose caller is.
    REQUIRE(!it.give(first));
    REQUIRE(!it.give(close_lease{"r", 0}));
    REQUIRE(!it.give(first));
    CHECK(it.log.size() == events + 1);
    CHECK(it.state.settled == 10);
    CHECK(leased_by_runs(it.state) == 0);
  }
  SECTION("if the shares lead from one to the other") {
    for (auto& shares : {std::vector<lease_share>{{"r.1", "r", 5}},
                         {{"r.2", "r", 5}, {"r.1.1", "r.1", 5}},
                         {{"r.1", "r", -1}, {"r.1.1", "r.1", 5}}})
      CHECK(code_of(it.give(
              book_charges{"r.1.1", {charge_of(2, 1, "r.1.1")}, shares}))
            == ec::invalid_argument);
  }
}
