#include "tests/actors/tracker/project_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

using names = std::vector<std::string>;

struct limited_project : project_under_test {
  explicit limited_project(uint32_t runs,
                           std::optional<micro_usd> budget = std::nullopt)
      : project_under_test(budget) {
    limit(runs);
  }

  void limit(std::optional<uint32_t> runs) {
    REQUIRE(!give(change_project{std::nullopt, runs_limit{runs}}));
  }

  void start(const std::string& run,
             std::optional<uint32_t> priority = std::nullopt,
             micro_usd amount = 10) {
    REQUIRE(!give(lease_budget{run, amount, priority}));
  }

  void end(const std::string& run) {
    REQUIRE(!give(close_lease{run, 0}));
  }

  names queue() const {
    names result;
    for (auto& x : queue_of(state))
      result.push_back(x.run);
    return result;
  }

  names at_work() const {
    names result;
    for (auto& [run, x] : state.leases)
      result.push_back(run);
    return result;
  }

  /// Who heard of a place after the last command.
  names admitted() const {
    names result;
    for (auto& x : effects)
      if (auto* what = std::get_if<admit_run>(&x))
        result.push_back(what->run);
    return result;
  }
};

} // namespace

TEST_CASE("no more runs work at one time than the project's limit") {
  limited_project it{2};
  it.start("a");
  it.start("b");
  CHECK(it.effects.empty());
  it.start("c");
  CHECK(std::holds_alternative<run_enqueued>(it.log.back()));
  CHECK(it.at_work() == names{"a", "b"});
  CHECK(it.queue() == names{"c"});
  it.end("a");
  CHECK(it.admitted() == names{"c"});
  CHECK(it.at_work() == names{"b", "c"});
  CHECK(it.queue().empty());
}

TEST_CASE("a place that is given back twice is free once") {
  limited_project it{1};
  it.start("a");
  it.start("b");
  it.start("c");
  it.end("a");
  it.end("a");
  CHECK(it.admitted().empty());
  CHECK(it.at_work() == names{"b"});
  CHECK(it.queue() == names{"c"});
}

TEST_CASE("the highest priority comes first, then who came first") {
  limited_project it{1};
  it.start("a");
  it.start("low", 0);
  it.start("none");
  it.start("high-1", 9);
  it.start("mid", 5);
  it.start("high-2", 9);
  CHECK(it.queue() == names{"high-1", "high-2", "mid", "low", "none"});
  auto queue = queue_of(it.state);
  CHECK(queue[2].position == 3);
  CHECK(queue[2].priority == 5);
  it.end("a");
  CHECK(it.at_work() == names{"high-1"});
}

TEST_CASE("a run has the priority of its task unless it has its own") {
  limited_project it{1};
  create_task urgent;
  urgent.title = "now";
  urgent.priority = 7;
  REQUIRE(!it.give(urgent));
  it.start("a");
  REQUIRE(!it.give(lease_budget{"own", 1, 6, "t-1"}));
  REQUIRE(!it.give(lease_budget{"task", 1, std::nullopt, "t-1"}));
  REQUIRE(!it.give(lease_budget{"odd", 1, std::nullopt, "t-9"}));
  CHECK(it.queue() == names{"task", "own", "odd"});
  auto refused = it.give(lease_budget{"x", 1, 10});
  CHECK(code_of(refused) == ec::invalid_argument);
  CHECK(message_of(refused)
        == "the priority is 10; it goes from 0 to 9, and 9 comes first");
}

TEST_CASE("a run that ends while it waits leaves the queue") {
  limited_project it{1};
  it.start("a");
  it.start("b");
  it.start("c");
  it.end("b");
  CHECK(it.admitted().empty());
  CHECK(it.queue() == names{"c"});
  CHECK(code_of(it.give(lease_budget{"b", 10})) == ec::cancelled);
  it.end("a");
  CHECK(it.at_work() == names{"c"});
}

TEST_CASE("a run that asks again keeps its place, in the queue and at work") {
  limited_project it{1};
  it.start("a");
  auto events = it.log.size();
  it.start("a");
  CHECK(it.log.size() == events);
  it.start("b");
  it.start("c");
  auto before = it.state;
  it.start("b", 9);
  CHECK(it.state == before);
  // It hears again that it waits.
  CHECK(std::holds_alternative<run_enqueued>(it.log.back()));
  it.end("a");
  events = it.log.size();
  it.start("b");
  CHECK(it.log.size() == events);
  CHECK(it.at_work() == names{"b"});
}

TEST_CASE("a run that another one calls works in that one's place") {
  limited_project it{1};
  it.start("a");
  book_charges spent{"a.1.1",
                     {charge_of(1, 2, "a.1.1")},
                     {{"a.1", "a", 5}, {"a.1.1", "a.1", 5}}};
  REQUIRE(!it.give(spent));
  CHECK(it.state.leases.at("a.1.1").spent == 2);
  CHECK(places_taken(it.state) == 1);
  it.start("b");
  it.end("a.1.1");
  it.end("a.1");
  CHECK(it.queue() == names{"b"});
  it.end("a");
  CHECK(it.at_work() == names{"b"});
}

TEST_CASE("a higher limit lets more runs begin, and a lower one ends none") {
  limited_project it{1};
  for (auto* run : {"a", "b", "c", "d", "e"})
    it.start(run);
  it.limit(3);
  CHECK(it.admitted() == names{"b", "c"});
  it.limit(1);
  CHECK(it.at_work() == names{"a", "b", "c"});
  it.end("a");
  it.end("b");
  CHECK(it.queue() == names{"d", "e"});
  it.limit(std::nullopt);
  CHECK(it.admitted() == names{"d", "e"});
  for (auto runs : {0u, max_max_runs + 1}) {
    auto refused = it.give(change_project{std::nullopt, runs_limit{runs}});
    CHECK(code_of(refused) == ec::invalid_argument);
  }
}

TEST_CASE("limits of a project change together or not at all") {
  project_under_test it{1'000};
  auto events = it.log.size();
  REQUIRE(it.give(change_project{budget_limit{-1}, runs_limit{3}}));
  REQUIRE(it.give(change_project{budget_limit{5}, runs_limit{0}}));
  CHECK(it.log.size() == events);
  REQUIRE(!it.give(change_project{budget_limit{5}, runs_limit{3}}));
  CHECK(it.state.budget == 5);
  CHECK(it.state.max_runs == 3);
  REQUIRE(!it.give(change_project{budget_limit{}, std::nullopt}));
  CHECK(!it.state.budget);
  CHECK(it.state.max_runs == 3);
  events = it.log.size();
  REQUIRE(!it.give(change_project{std::nullopt, runs_limit{3}}));
  CHECK(it.log.size() == events);
}

TEST_CASE("who waits and finds no money is turned away, and the next begins") {
  limited_project it{1, 100};
  it.start("a", std::nullopt, 80);
  // What is set aside for others may come back, what was spent does not.
  it.start("b", 9, 90);
  it.start("c", 5, 15);
  CHECK(code_of(it.give(lease_budget{"d", 101})) == ec::budget_exceeded);
  REQUIRE(!it.give(book_charges{"a", {charge_of(1, 80, "a")}}));
  it.end("a");
  CHECK(it.at_work() == names{"c"});
  CHECK(it.queue().empty());
  auto hears = [](const auto& effects) {
    for (auto& x : effects)
      if (auto* what = std::get_if<refuse_run>(&x))
        return what->run + " " + what->code;
    return std::string{};
  };
  CHECK(hears(it.effects) == "b budget_exceeded");
  // Until it has ended, whoever may not have heard it is told again.
  CHECK(hears(project::outstanding(it.state, it.ctx.key))
        == "b budget_exceeded");
  CHECK(code_of(it.give(lease_budget{"b", 90})) == ec::budget_exceeded);
  CHECK(summary_of(it.state, "p").waiting == 0);
  it.end("b");
  CHECK(it.state.waiting.empty());
}

TEST_CASE("a project that is loaded tells those who waited of their places") {
  limited_project it{1};
  it.start("a");
  it.start("b");
  CHECK(project::outstanding(it.state, it.ctx.key).empty());
  it.end("a");
  auto again = project::outstanding(it.state, it.ctx.key);
  REQUIRE(again.size() == 1);
  CHECK(std::get<admit_run>(again[0]).run == "b");
  CHECK(std::get<admit_run>(again[0]).amount == 10);
}

TEST_CASE("a queue has a bound, and all of it can begin at once") {
  limited_project it{1};
  it.start("a");
  for (size_t i = 0; i < max_waiting_runs; ++i)
    it.start("r-" + std::to_string(i), static_cast<uint32_t>(i % 10));
  auto refused = it.give(lease_budget{"x", 1});
  CHECK(code_of(refused) == ec::limit_exceeded);
  it.limit(std::nullopt);
  CHECK(it.effects.size() == max_waiting_runs);
  CHECK(it.queue().empty());
}

TEST_CASE("what was stored before there were queues reads without one") {
  project_under_test it{1'000};
  REQUIRE(!it.give(lease_budget{"r-1", 600}));
  constexpr const char* old = R"({"exists":true,"name":"n","budget":null,
    "created_at":"1970-01-01T00:00:00.000000Z","settled":"0",
    "leases":{"r":{"amount":"5","spent":"0","booked":"0","from":null}},
    "tasks":{},"last_task":"0","task_bytes":"0"})";
  auto read = wire::from_json<project_state>(old);
  INFO((read ? "" : render(read.error())));
  REQUIRE(read);
  CHECK(!read->max_runs);
  CHECK(is_place_free(*read));
  CHECK(places_taken(*read) == 1);
}
