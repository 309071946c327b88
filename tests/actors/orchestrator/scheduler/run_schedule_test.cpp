#include "tests/actors/orchestrator/scheduler/schedule_under_test.hpp"

#include <set>

using namespace machine;
using namespace machine::test;

namespace {

using texts = std::vector<std::string>;

/// The run that *effects* begins; the test fails unless it is one.
std::string started(const std::vector<schedule_effect>& effects) {
  REQUIRE(effects.size() == 1);
  auto* start = std::get_if<start_firing>(&effects[0]);
  REQUIRE(start != nullptr);
  return start->run;
}

} // namespace

TEST_CASE("a schedule fires at its times, each with a run of its own") {
  schedule_under_test it{"0 * * * *", overlap_policy::allow};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T03:30:00Z"));
  CHECK(it.begun()
        == texts{time_of("2027-01-01T01:00:00Z"),
                 time_of("2027-01-01T02:00:00Z"),
                 time_of("2027-01-01T03:00:00Z")});
  auto runs = it.running();
  CHECK(std::set(runs.begin(), runs.end()).size() == 3);
  auto* start = std::get_if<start_firing>(&it.effects[0]);
  REQUIRE(start != nullptr);
  CHECK(start->run == runs.back());
  CHECK(start->what.schedule == "p.nightly");
  CHECK(start->what.budget == 5);
  CHECK(start->run.size() == 18);
  CHECK(it.state.next == instant("2027-01-01T04:00:00Z"));
}

TEST_CASE("a firing that is decided is begun after any crash, and never "
          "another") {
  schedule_under_test it{"0 * * * *"};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T01:00:00Z"));
  auto run = started(it.effects);
  // It is loaded again, and does not know whether the run was begun.
  it.state = it.replayed();
  CHECK(started(run_schedule::outstanding(it.state, it.id)) == run);
  REQUIRE(!it.give(wake_schedule{}));
  CHECK(it.effects.empty());
  CHECK(it.begun().size() == 1);
  REQUIRE(!it.end(run));
  CHECK(run_schedule::outstanding(it.state, it.id).empty());
}

TEST_CASE("the end of a run counts once") {
  schedule_under_test it{"0 * * * *"};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T01:00:00Z"));
  auto run = it.running()[0];
  REQUIRE(!it.give(firing_is_over{run, run_result::failed, "it broke"}));
  auto events = it.log.size();
  REQUIRE(!it.give(firing_is_over{run, run_result::failed, "it broke"}));
  REQUIRE(!it.give(firing_is_over{"r-other", run_result::done, ""}));
  CHECK(it.log.size() == events);
  REQUIRE(it.state.ended.size() == 1);
  CHECK(it.state.ended[0].result == run_result::failed);
  CHECK(it.state.ended[0].message == "it broke");
  CHECK(summary_of(it.state).last_run == run);
  CHECK(summary_of(it.state).last_result == run_result::failed);
}

TEST_CASE("what is due while a run is at work is skipped, if that is wanted") {
  schedule_under_test it{"0 * * * *", overlap_policy::skip};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T03:00:00Z"));
  CHECK(it.begun().size() == 1);
  CHECK(it.skipped() == texts{"still_running 1", "still_running 1"});
  CHECK(it.state.skipped_count == 2);
  REQUIRE(!it.end(it.running()[0]));
  it.pass(instant("2027-01-01T04:00:00Z"));
  CHECK(it.begun().back() == time_of("2027-01-01T04:00:00Z"));
}

TEST_CASE("what is due while a run is at work waits, the newest alone") {
  schedule_under_test it{"0 * * * *", overlap_policy::queue_one};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T03:10:00Z"));
  CHECK(it.begun().size() == 1);
  CHECK(it.state.waiting == instant("2027-01-01T03:00:00Z"));
  CHECK(it.skipped() == texts{"superseded 1"});
  REQUIRE(!it.end(it.running()[0]));
  CHECK(it.begun().back() == time_of("2027-01-01T03:00:00Z"));
  CHECK(!it.state.waiting);
  CHECK(it.running().size() == 1);
}

TEST_CASE("the run before is cancelled, and the next begins at its end") {
  schedule_under_test it{"0 * * * *", overlap_policy::cancel_previous};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T01:00:00Z"));
  auto first = it.running()[0];
  it.pass(instant("2027-01-01T02:00:00Z"));
  REQUIRE(it.effects.size() == 1);
  CHECK(std::get<stop_firing>(it.effects[0]).run == first);
  CHECK(it.begun().size() == 1);
  // It ends slowly; the newest of those that are due takes its place.
  it.pass(instant("2027-01-01T03:10:00Z"));
  CHECK(it.effects.empty());
  CHECK(it.running() == texts{first});
  auto again = run_schedule::outstanding(it.state, it.id);
  REQUIRE(again.size() == 2);
  CHECK(std::get<stop_firing>(again[1]).run == first);
  REQUIRE(!it.end(first, run_result::cancelled));
  CHECK(it.begun().back() == time_of("2027-01-01T03:00:00Z"));
  CHECK(it.skipped() == texts{"superseded 1"});
  CHECK(it.running().size() == 1);
}

TEST_CASE("what was missed while nobody was there is made up in its window") {
  schedule_under_test it{"0 * * * *", overlap_policy::allow};
  it.spec.catch_up_window = duration{3h};
  it.spec.catch_up = 2;
  REQUIRE(!it.make());
  it.be_away_until(instant("2027-01-01T10:30:00Z"));
  CHECK(
    it.begun()
    == texts{time_of("2027-01-01T09:00:00Z"), time_of("2027-01-01T10:00:00Z")});
  CHECK(it.skipped() == texts{"missed 7", "too_many 1"});
  CHECK(it.state.next == instant("2027-01-01T11:00:00Z"));
  // What is decided is decided.
  REQUIRE(!it.give(wake_schedule{}));
  CHECK(it.begun().size() == 2);
}

TEST_CASE("a firing of long ago is not made up") {
  schedule_under_test it{"0 3 * * *"};
  it.spec.catch_up_window = duration{0};
  REQUIRE(!it.make());
  it.be_away_until(instant("2027-01-03T12:00:00Z"));
  CHECK(it.begun().empty());
  CHECK(it.skipped() == texts{"missed 3"});
}

TEST_CASE("when clocks are set, a schedule fires by the clock on the wall") {
  schedule_under_test it{"30 2 * * *", overlap_policy::allow};
  it.spec.zone = "Europe/Berlin";
  it.now = instant("2027-03-27T00:00:00Z");
  REQUIRE(!it.make());
  it.pass(instant("2027-03-29T12:00:00Z"));
  // On the 28th there is no 02:30: it fires when the clocks were set.
  CHECK(it.begun()
        == texts{time_of("2027-03-27T01:30:00Z"),
                 time_of("2027-03-28T01:00:00Z"),
                 time_of("2027-03-29T00:30:00Z")});
  schedule_under_test back{"30 2 * * *", overlap_policy::allow};
  back.spec.zone = "Europe/Berlin";
  back.now = instant("2027-10-30T12:00:00Z");
  REQUIRE(!back.make());
  back.pass(instant("2027-11-01T12:00:00Z"));
  // On the 31st it comes twice, and counts once.
  CHECK(
    back.begun()
    == texts{time_of("2027-10-31T00:30:00Z"), time_of("2027-11-01T01:30:00Z")});
}

TEST_CASE("a schedule that pauses fires no more, and makes nothing up") {
  schedule_under_test it{"0 * * * *", overlap_policy::allow};
  REQUIRE(!it.make());
  REQUIRE(!it.give(pause_schedule{"ann", "holidays"}));
  REQUIRE(!it.give(pause_schedule{"bob", "again"}));
  CHECK(it.state.pause_reason == "holidays");
  CHECK(run_schedule::idle(it.state));
  CHECK(summary_of(it.state).state == "paused");
  it.be_away_until(instant("2027-01-01T05:30:00Z"));
  REQUIRE(!it.give(wake_schedule{}));
  CHECK(it.begun().empty());
  REQUIRE(!it.give(resume_schedule{"ann"}));
  REQUIRE(!it.give(resume_schedule{"ann"}));
  CHECK(it.begun().empty());
  CHECK(it.skipped().empty());
  it.pass(instant("2027-01-01T06:00:00Z"));
  CHECK(it.begun() == texts{time_of("2027-01-01T06:00:00Z")});
}

TEST_CASE("what waits when a schedule pauses begins when it goes on") {
  schedule_under_test it{"0 * * * *", overlap_policy::queue_one};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T02:10:00Z"));
  REQUIRE(!it.give(pause_schedule{"ann", ""}));
  REQUIRE(!it.end(it.running()[0]));
  CHECK(it.running().empty());
  CHECK(it.state.waiting);
  REQUIRE(!it.give(resume_schedule{"ann"}));
  CHECK(it.begun().back() == time_of("2027-01-01T02:00:00Z"));
}

TEST_CASE("a schedule that is changed fires by what it says now") {
  schedule_under_test it{"0 * * * *", overlap_policy::allow};
  REQUIRE(!it.make());
  it.be_away_until(instant("2027-01-01T00:59:00Z"));
  auto spec = it.spec;
  spec.cron = "30 * * * *";
  auto what = it.what;
  what.budget = 9;
  REQUIRE(!it.give(change_schedule{1, spec, what}));
  CHECK(code_of(it.give(change_schedule{1, spec, what})) == ec::conflict);
  auto events = it.log.size();
  REQUIRE(!it.give(change_schedule{2, spec, what}));
  CHECK(it.log.size() == events);
  it.pass(instant("2027-01-01T01:40:00Z"));
  CHECK(it.begun() == texts{time_of("2027-01-01T01:30:00Z")});
  CHECK(std::get<start_firing>(it.effects[0]).what.budget == 9);
  spec.cron = "0 25 * * *";
  CHECK(code_of(it.give(change_schedule{2, spec, what}))
        == ec::invalid_argument);
}

TEST_CASE("a firing that waits begins when its policy lets it") {
  schedule_under_test it{"0 * * * *", overlap_policy::queue_one};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T02:10:00Z"));
  REQUIRE(it.state.waiting);
  auto spec = it.spec;
  spec.overlap = overlap_policy::allow;
  REQUIRE(!it.give(change_schedule{1, spec, it.what}));
  CHECK(it.running().size() == 2);
  CHECK(!it.state.waiting);
}

TEST_CASE("a deleted schedule does nothing, and its name can be used again") {
  schedule_under_test it{"0 * * * *"};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T01:00:00Z"));
  auto run = it.running()[0];
  CHECK(code_of(it.make()) == ec::conflict);
  REQUIRE(!it.give(delete_schedule{"ann"}));
  it.be_away_until(instant("2027-01-01T05:00:00Z"));
  CHECK(it.begun().size() == 1);
  for (auto& x : std::vector<schedule_command>{
         delete_schedule{"ann"}, pause_schedule{"ann", ""},
         resume_schedule{"ann"}, trigger_schedule{"ann"},
         change_schedule{1, it.spec, it.what}}) {
    auto refused = it.give(x);
    CHECK(code_of(refused) == ec::not_found);
    CHECK(message_of(refused) == "project p has no schedule nightly");
  }
  CHECK(run_schedule::summarise(it.state, it.id).fields.at("listed")
        == "false");
  REQUIRE(!it.end(run));
  CHECK(run_schedule::idle(it.state));
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T06:00:00Z"));
  REQUIRE(it.running().size() == 1);
  CHECK(it.running()[0] != run);
}

TEST_CASE("a run is begun by hand as the policy has it, also in a pause") {
  schedule_under_test it{"0 3 * * *", overlap_policy::skip};
  REQUIRE(!it.make());
  REQUIRE(!it.give(pause_schedule{"ann", ""}));
  REQUIRE(!it.give(trigger_schedule{"ann"}));
  auto run = started(it.effects);
  CHECK(it.state.running.at(run).cause == firing_cause::hand);
  auto refused = it.give(trigger_schedule{"ann"});
  CHECK(code_of(refused) == ec::conflict);
  CHECK(message_of(refused).find(run) != std::string::npos);
  REQUIRE(!it.end(run));
  // At the very same instant.
  REQUIRE(!it.give(trigger_schedule{"ann"}));
  CHECK(started(it.effects) != run);
}

TEST_CASE("a run that is begun by hand waits, cancels or runs beside others") {
  schedule_under_test waits{"0 3 * * *", overlap_policy::queue_one};
  REQUIRE(!waits.make());
  REQUIRE(!waits.give(trigger_schedule{"ann"}));
  auto first = waits.running()[0];
  REQUIRE(!waits.give(trigger_schedule{"ann"}));
  REQUIRE(!waits.give(trigger_schedule{"ann"}));
  CHECK(waits.running() == texts{first});
  CHECK(waits.skipped() == texts{"superseded 1"});
  REQUIRE(!waits.end(first));
  CHECK(waits.running().size() == 1);

  schedule_under_test cancels{"0 3 * * *", overlap_policy::cancel_previous};
  REQUIRE(!cancels.make());
  REQUIRE(!cancels.give(trigger_schedule{"ann"}));
  first = cancels.running()[0];
  REQUIRE(!cancels.give(trigger_schedule{"ann"}));
  REQUIRE(cancels.effects.size() == 1);
  CHECK(std::get<stop_firing>(cancels.effects[0]).run == first);
  REQUIRE(!cancels.end(first, run_result::cancelled));
  CHECK(cancels.running().size() == 1);

  schedule_under_test beside{"0 3 * * *", overlap_policy::allow};
  REQUIRE(!beside.make());
  for (uint32_t i = 0; i < max_running; ++i)
    REQUIRE(!beside.give(trigger_schedule{"ann"}));
  CHECK(beside.running().size() == max_running);
  CHECK(code_of(beside.give(trigger_schedule{"ann"})) == ec::limit_exceeded);
}

TEST_CASE("a schedule that fires no more is done with, unless it is changed") {
  schedule_under_test it{"0 * * * *", overlap_policy::allow};
  it.spec.ends_at = instant("2027-01-01T02:00:00Z");
  REQUIRE(!it.make());
  it.pass(instant("2027-01-02T00:00:00Z"));
  CHECK(it.begun().size() == 2);
  CHECK(summary_of(it.state).state == "ended");
  CHECK(!run_schedule::wake_at(it.state));
  for (auto& run : it.running())
    REQUIRE(!it.end(run));
  CHECK(run_schedule::idle(it.state));
  CHECK(run_schedule::summarise(it.state, it.id).fields.at("open") == "false");
}

TEST_CASE("a schedule keeps what it needs, and no more") {
  schedule_under_test it{"* * * * *"};
  REQUIRE(!it.make());
  for (int i = 0; i < 100; ++i) {
    it.pass(it.now + 1min);
    for (auto& run : it.running())
      REQUIRE(!it.end(run));
  }
  CHECK(it.begun().size() == 100);
  CHECK(it.state.ended.size() == max_kept_firings);
  CHECK(it.state.last_number == 100);
}

TEST_CASE("names and times that cannot be are refused") {
  for (auto* name : {"", "a.b", "a b", "ä", "a/b"})
    CHECK(code_of(check_schedule_name(name)) == ec::invalid_argument);
  CHECK(check_schedule_name(std::string(65, 'x')));
  CHECK(!check_schedule_name("Night-ly_2"));
  schedule_under_test it{"0 25 * * *"};
  CHECK(code_of(it.make()) == ec::invalid_argument);
  it.spec.cron = "0 * * * *";
  it.spec.zone = "Europe/Berln";
  CHECK(code_of(it.make()) == ec::invalid_argument);
  CHECK(it.log.empty());
}

TEST_CASE("a clock that is set back begins nothing twice") {
  schedule_under_test it{"0 * * * *", overlap_policy::allow};
  REQUIRE(!it.make());
  it.pass(instant("2027-01-01T02:30:00Z"));
  it.now = instant("2027-01-01T00:30:00Z");
  REQUIRE(!it.give(wake_schedule{}));
  CHECK(it.begun().size() == 2);
  it.pass(instant("2027-01-01T03:00:00Z"));
  CHECK(it.begun().size() == 3);
}
