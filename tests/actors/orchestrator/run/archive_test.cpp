#include "actors/orchestrator/run/archive.hpp"
#include "actors/orchestrator/run/summary.hpp"

#include "tests/actors/orchestrator/run/run_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

const entity::key id{"t", "r-1"};

struct archived_run : run_under_test {
  archived_run() : run_under_test{"{name: w, steps: [{id: a, command: a}]}"} {}

  std::string open() const {
    return run::summarise(state, id).fields.at("open");
  }

  void end() {
    REQUIRE(!finish("a"));
    REQUIRE(!give(books_are_closed{}));
  }
};

} // namespace

TEST_CASE_METHOD(archived_run, "a run is archived once, and taken out again") {
  end();
  CHECK(open() == "false");
  REQUIRE(!give(archive_run{"ann"}));
  REQUIRE(!give(archive_run{"bob"}));
  CHECK(count<run_archived>() == 1);
  CHECK(std::get<run_archived>(log.back().second).by == "ann");
  CHECK(state.archived);
  CHECK(summary_of(state, "r-1").archived);
  CHECK(open() == "archived");
  CHECK(effects.empty());
  CHECK(outstanding().empty());
  CHECK(run::idle(state));
  REQUIRE(!give(unarchive_run{"ann"}));
  REQUIRE(!give(unarchive_run{"ann"}));
  CHECK(count<run_unarchived>() == 1);
  CHECK(!state.archived);
  CHECK(open() == "false");
}

TEST_CASE_METHOD(archived_run, "a run that has not ended is neither archived "
                               "nor erased") {
  auto refused = give(archive_run{"ann"});
  CHECK(code_of(refused) == ec::conflict);
  CHECK(message_of(refused).find("run r-1 has not ended") != std::string::npos);
  CHECK(code_of(run::may_erase(state, id)) == ec::conflict);
  CHECK(!give(unarchive_run{"ann"}));
  CHECK(open() == "true");
}

TEST_CASE_METHOD(archived_run, "nor is one whose books are open") {
  REQUIRE(!finish("a"));
  CHECK(code_of(give(archive_run{"ann"})) == ec::unavailable);
  CHECK(code_of(run::may_erase(state, id)) == ec::unavailable);
  CHECK(open() == "true");
  REQUIRE(!give(books_are_closed{}));
  CHECK(!run::may_erase(state, id));
  CHECK(!give(archive_run{"ann"}));
}

TEST_CASE_METHOD(archived_run, "nor is one whose parent or schedule has not "
                               "heard of its end") {
  auto by_parent = GENERATE(true, false);
  if (by_parent)
    state.created.parent = parent_link{"r-0", "a", 1, 1};
  else
    state.created.schedule = "default.nightly";
  // The log knows nothing of that.
  state.phase = run_phase::ended;
  state.books_closed = true;
  CHECK(code_of(check_over(state, "r-1", "archived")) == ec::unavailable);
  (by_parent ? state.parent_told : state.schedule_told) = true;
  CHECK(!check_over(state, "r-1", "archived"));
}

TEST_CASE("what does not exist is not archived, taken out or erased") {
  run_state none;
  entity::context ctx{id, {}, 0};
  entity::draft<run> to{none, ctx};
  CHECK(code_of(run::decide(to, archive_run{"ann"})) == ec::not_found);
  CHECK(code_of(run::decide(to, unarchive_run{"ann"})) == ec::not_found);
  CHECK(code_of(run::may_erase(none, id)) == ec::not_found);
}

TEST_CASE_METHOD(archived_run, "a run needs its origin until it has read the "
                               "history") {
  auto copies = [&] {
    auto fields = run::summarise(state, id).fields;
    auto i = fields.find("copies");
    return i == fields.end() ? "" : i->second;
  };
  CHECK(copies().empty());
  state.created.origin = run_origin{"r-0", 5, {}};
  CHECK(copies().empty());
  for (auto phase :
       {run_phase::waiting_budget, run_phase::queued, run_phase::copying}) {
    state.phase = phase;
    CHECK(copies() == "r-0");
  }
  state.phase = run_phase::closing;
  CHECK(copies().empty());
}
