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
  entity::region_actor<orchestrator::run> run_region = runs.spawn(system);
  entity::region_actor<tracker::project> project_region =
    projects.spawn(system);
  bookkeeper_actor books = system.spawn(bookkeeper, run_region, project_region);

  ~books_under_test() override {
    caf::anon_send_exit(books, caf::exit_reason::kill);
    caf::anon_send_exit(run_region, caf::exit_reason::kill);
    caf::anon_send_exit(project_region, caf::exit_reason::kill);
    books = nullptr;
    run_region = nullptr;
    project_region = nullptr;
    runs.forget();
    projects.forget();
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
  tell(tracker::admit_run{"r-1", 5});
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
  tell(tracker::admit_run{"r-1", 5});
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
