#include "actors/orchestrator/books/bookkeeper.hpp"

#include "actors/orchestrator/books/booking.hpp"
#include "tests/actors/orchestrator/dispatch/fake_region.hpp"
#include "tests/support/deterministic.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using namespace std::chrono_literals;

namespace {

struct books_under_test : test::deterministic {
  test::fake_region<orchestrator::run> runs;
  test::fake_region<tracker::project> projects;
  test::fake_region<costs::ledger> ledgers;
  entity::region_actor<orchestrator::run> run_region = runs.spawn(system);
  entity::region_actor<tracker::project> project_region =
    projects.spawn(system);
  entity::region_actor<costs::ledger> ledger_region = ledgers.spawn(system);
  bookkeeper_actor books =
    system.spawn(bookkeeper, run_region, project_region, ledger_region);

  ~books_under_test() override {
    caf::anon_send_exit(books, caf::exit_reason::kill);
    caf::anon_send_exit(run_region, caf::exit_reason::kill);
    caf::anon_send_exit(project_region, caf::exit_reason::kill);
    caf::anon_send_exit(ledger_region, caf::exit_reason::kill);
    books = nullptr;
    run_region = nullptr;
    project_region = nullptr;
    ledger_region = nullptr;
    runs.forget();
    projects.forget();
    ledgers.forget();
    run();
  }

  template <class Matter>
  void give(Matter what) {
    caf::anon_send(books, atom::command_v, entity::key{"t", "r-1"},
                   std::move(what));
    run();
  }

  /// Word of the project `p`.
  template <class Word>
  void tell(Word what) {
    caf::anon_send(books, atom::command_v, entity::key{"t", "p"},
                   std::move(what));
    run();
  }
};

auto always(ec code) {
  return [code](const auto&) { return make_error(code, "so it is"); };
}

} // namespace

TEST_CASE_METHOD(books_under_test, "a run hears of its money, also late") {
  auto code = GENERATE(ec::storage_full, ec::overloaded, ec::io_failed);
  runs.refuse = always(code);
  give(request_budget{"p", 5});
  give(post_charges{"p", {charge{.number = 3}}});
  give(close_books{"p", 5});
  CHECK(projects.asked.size() == 3);
  CHECK(runs.asked.size() == 3);
  runs.refuse = nullptr;
  advance(500ms);
  CHECK(runs.all<grant_budget>().size() == 2);
  CHECK(runs.all<charges_are_posted>().size() == 2);
  CHECK(runs.all<books_are_closed>().size() == 2);
  advance(60s);
  CHECK(runs.asked.size() == 6);
  CHECK(projects.asked.size() == 3);
}

TEST_CASE_METHOD(books_under_test, "a project without room is asked again") {
  projects.refuse = always(ec::storage_full);
  give(request_budget{"p", 5});
  CHECK(runs.asked.empty());
  projects.refuse = nullptr;
  advance(500ms);
  CHECK(runs.all<grant_budget>().size() == 1);
}

TEST_CASE_METHOD(books_under_test, "a project that refuses is believed") {
  projects.refuse = always(ec::budget_exceeded);
  give(request_budget{"p", 5});
  auto told = runs.all<refuse_budget>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].message == "so it is");
}

TEST_CASE_METHOD(books_under_test, "a run that cannot begin with its budget "
                                   "ends without it") {
  runs.refuse = [](const run_command& x) {
    return std::holds_alternative<grant_budget>(x)
           ? make_error(ec::limit_exceeded, "too large")
           : caf::error{};
  };
  give(request_budget{"p", 5});
  advance(60s);
  CHECK(runs.all<grant_budget>().size() == 1);
  auto told = runs.all<refuse_budget>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].message == "too large");
}

TEST_CASE_METHOD(books_under_test, "a run that is gone hears nothing more") {
  auto code = GENERATE(ec::not_found, ec::fenced);
  runs.refuse = always(code);
  give(close_books{"p", 5});
  advance(60s);
  CHECK(runs.asked.size() == 1);
}

TEST_CASE_METHOD(books_under_test, "a run that has ended gives its budget "
                                   "back") {
  runs.refuse = [](const run_command& x) {
    return std::holds_alternative<grant_budget>(x)
           ? make_error(ec::cancelled, "it has ended")
           : caf::error{};
  };
  give(request_budget{"p", 5});
  advance(60s);
  CHECK(runs.all<refuse_budget>().empty());
  auto closed = projects.all<tracker::close_lease>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].run == "r-1");
}

TEST_CASE_METHOD(books_under_test, "the ledger sets aside what the project "
                                   "has a place for") {
  request_budget wish{"p", 5};
  wish.whose.project = "p";
  wish.whose.key = "k-1";
  wish.whose.tags = {"nightly"};
  ledgers.hold = [](const auto&) { return true; };
  give(wish);
  auto opened = ledgers.all<costs::open_run>();
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].run == "r-1");
  CHECK(opened[0].amount == 5);
  CHECK(opened[0].whose == wish.whose);
  CHECK(ledgers.whom.front() == entity::key{"t", costs::ledger_id});
  CHECK(runs.all<grant_budget>().empty());
  ledgers.answer(0);
  run();
  CHECK(runs.all<grant_budget>().size() == 1);
}

TEST_CASE_METHOD(books_under_test, "a run for which the ledger has no money "
                                   "gives its place back, and hears why") {
  ledgers.refuse = [](const costs::ledger_command& x) {
    return std::holds_alternative<costs::open_run>(x)
           ? make_error(ec::budget_exceeded, "the team has spent its month")
           : caf::error{};
  };
  give(request_budget{"p", 5});
  auto told = runs.all<refuse_budget>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "budget_exceeded");
  CHECK(told[0].message == "the team has spent its month");
  CHECK(runs.all<grant_budget>().empty());
  CHECK(projects.all<tracker::close_lease>().size() == 1);
  CHECK(ledgers.all<costs::close_run>().size() == 1);
}

TEST_CASE_METHOD(books_under_test, "a charge is posted once the project and "
                                   "the ledger have it") {
  ledgers.hold = [](const auto&) { return true; };
  charge spent;
  spent.number = 3;
  spent.effect = "code#1.2";
  spent.model = "m";
  spent.cost = 7;
  spent.provider = "someone";
  spent.agent = "code";
  spent.lease = 9;
  give(post_charges{"p", {spent}});
  auto booked = ledgers.all<costs::book_run>();
  REQUIRE(booked.size() == 1);
  REQUIRE(booked[0].lines.size() == 1);
  auto& line = booked[0].lines[0];
  CHECK(line.number == 3);
  CHECK(line.cost == 7);
  CHECK(line.reserved == 9);
  CHECK(line.call == "code#1.2");
  CHECK(line.provider == "someone");
  CHECK(line.whose.agent == "code");
  CHECK(line.whose.model == "m");
  CHECK(runs.all<charges_are_posted>().empty());
  ledgers.answer(0);
  run();
  CHECK(runs.all<charges_are_posted>().size() == 1);
}

TEST_CASE_METHOD(books_under_test, "the ledger hears of the end of a run whose "
                                   "project never was") {
  projects.refuse = always(ec::not_found);
  give(close_books{"p", 5});
  CHECK(ledgers.all<costs::close_run>().size() == 1);
  CHECK(runs.all<books_are_closed>().size() == 1);
}

TEST_CASE_METHOD(books_under_test, "a run without a place waits until its "
                                   "project has one") {
  projects.caused = [](const tracker::project_command& x) {
    std::vector<tracker::project_event> result;
    if (std::holds_alternative<tracker::lease_budget>(x))
      result.emplace_back(tracker::run_enqueued{"r-1", 5, 0});
    return result;
  };
  give(request_budget{"p", 5, 7, "t-1"});
  auto asked = projects.all<tracker::lease_budget>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].priority == 7u);
  CHECK(asked[0].task == "t-1");
  CHECK(runs.all<queue_run>().size() == 1);
  CHECK(runs.all<grant_budget>().empty());
  CHECK(ledgers.asked.empty());
  runs.state = [](const entity::key&) {
    run_state now;
    now.created.principal = "ann";
    return now;
  };
  tell(tracker::admit_run{"r-1", 5});
  auto opened = ledgers.all<costs::open_run>();
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].whose.principal == "ann");
  CHECK(opened[0].whose.run == "r-1");
  REQUIRE(runs.all<grant_budget>().size() == 1);
  CHECK(runs.all<grant_budget>()[0].amount == 5);
}

TEST_CASE_METHOD(books_under_test, "a run that is turned away hears why") {
  tell(tracker::refuse_run{"r-1", "budget_exceeded", "there is no money"});
  auto told = runs.all<refuse_budget>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].code == "budget_exceeded");
  CHECK(told[0].message == "there is no money");
}

TEST_CASE_METHOD(books_under_test, "a place that comes after the end of its "
                                   "run is given back") {
  runs.refuse = always(ec::cancelled);
  runs.state = [](const entity::key&) { return run_state{}; };
  tell(tracker::admit_run{"r-1", 5});
  CHECK(ledgers.all<costs::close_run>().size() == 1);
  auto closed = projects.all<tracker::close_lease>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].run == "r-1");
}

TEST_CASE("who lent a run its money stands in what its project books") {
  post_charges what{
    "p", {charge{.number = 3, .cost = 2}}, 5, {{"r", 100}, {"r.1", 20}}};
  auto book = booking_of("r.1.4", what);
  CHECK(book.run == "r.1.4");
  REQUIRE(book.charges.size() == 1);
  CHECK(book.charges[0].run == "r.1.4");
  CHECK(book.charges[0].number == 3);
  CHECK(book.shares
        == std::vector<tracker::lease_share>{{"r.1", "r", 20},
                                             {"r.1.4", "r.1", 5}});
  what.callers.clear();
  CHECK(booking_of("r", what).shares.empty());
}
