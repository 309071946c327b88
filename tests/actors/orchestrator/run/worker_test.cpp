#include "actors/costs/ledger/bounds.hpp"
#include "tests/actors/orchestrator/run/run_under_test.hpp"

#include <limits>

using namespace machine;
using namespace machine::test;

namespace {

constexpr const char* one = "name: w\nsteps:\n  - {id: a, command: a}\n"
                            "  - {id: q, approve: \"ok?\"}\n";

finish_attempt finished(const std::string& activation, uint64_t token) {
  return {activation, token, {"null"}, std::nullopt};
}

} // namespace

TEST_CASE("nobody has the token of an attempt that does not live") {
  run_under_test it{one};
  REQUIRE(!it.finish("a"));
  auto events = it.log.size();
  for (auto id : {"a", "q"}) {
    CHECK(code_of(it.give(finished(id, 0))) == ec::fenced);
    CHECK(code_of(it.give(fail_attempt{id, 0, "internal", "x", {}, {}, {}}))
          == ec::fenced);
    CHECK(
      code_of(it.give(intend_effect{std::string{id} + "#1.1", id, 0,
                                    effect_kind::command, "x", "", true, 0}))
      == ec::fenced);
    REQUIRE(!it.give(attempt_is_stopped{id, 0}));
  }
  CHECK(it.log.size() == events);
  CHECK(it.phase("q") == "waiting");
}

TEST_CASE("an effect is named after its attempt") {
  run_under_test it{one};
  for (auto id : {"", "a", "a#1", "a#1.", "a#2.1", "b#1.1", "a#1.x", "a#1.1.1",
                  "a#1.12345678901"})
    CHECK(code_of(it.intend(id, "a", 1)) == ec::invalid_argument);
  CHECK(message_of(it.intend("b#1.1", "a", 1))
        == "the effect b#1.1 is not named after its attempt; call it a#1.1, "
           "a#1.2, and so on");
  REQUIRE(!it.intend("a#1.12", "a", 1));
}

TEST_CASE("no cost and no lease is less than nothing or beyond counting") {
  run_under_test it{one};
  auto huge = std::numeric_limits<micro_usd>::max();
  for (auto x : {micro_usd{-1}, huge, std::numeric_limits<micro_usd>::min()})
    CHECK(code_of(it.intend("a#1.1", "a", x)) == ec::invalid_argument);
  REQUIRE(!it.intend("a#1.1", "a", 100));
  for (auto x : {micro_usd{-1}, huge})
    CHECK(code_of(it.settle("a#1.1", "a", x)) == ec::invalid_argument);
  REQUIRE(!it.settle("a#1.1", "a", 100));
  CHECK(it.state.spent == 100);
}

TEST_CASE("the machine's own work ends with words of its own") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n", 1'000,
                    "/repo"};
  CHECK(it.state.phase == run_phase::preparing);
  auto token = it.order("@prepare").token;
  CHECK(code_of(it.give(finished("@prepare", token))) == ec::invalid_argument);
  CHECK(it.state.phase == run_phase::preparing);
  REQUIRE(!it.give(finish_prepare{token, "/dir", "branch", "base"}));
  REQUIRE(!it.finish("a"));
  token = it.order("@publish").token;
  CHECK(code_of(it.give(finished("@publish", token))) == ec::invalid_argument);
  CHECK(it.state.phase == run_phase::publishing);
  REQUIRE(!it.give(finish_publish{token, "branch", "base", "commit", "patch"}));
  CHECK(it.state.result == run_result::done);
  CHECK(it.state.published->commit == "commit");
}

TEST_CASE("a worker that stops unasked has failed") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a, retry: {max: "
                    "1}}\n"};
  REQUIRE(!it.give(attempt_is_stopped{"a", it.order("a").token}));
  CHECK(it.phase("a") == "retrying");
  it.now = *run::wake_at(it.state);
  REQUIRE(!it.give(wake_run{}));
  REQUIRE(!it.give(attempt_is_stopped{"a", it.order("a").token}));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.message == "a: its worker stopped unasked");
}

TEST_CASE("a workspace that cannot be made ends the run") {
  run_under_test it{one, 1'000, "/repo"};
  SECTION("because its worker says so") {
    REQUIRE(!it.fail("@prepare", ec::io_failed));
  }
  SECTION("because its worker stopped") {
    REQUIRE(
      !it.give(attempt_is_stopped{"@prepare", it.order("@prepare").token}));
  }
  CHECK(it.state.phase == run_phase::ended);
  CHECK(it.state.result == run_result::failed);
}

TEST_CASE("work that cannot be published is tried again, and then reported") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n", 1'000,
                    "/repo"};
  REQUIRE(!it.give(
    finish_prepare{it.order("@prepare").token, "/dir", "branch", "base"}));
  auto failed = GENERATE(false, true);
  if (failed)
    REQUIRE(!it.fail("a", ec::step_failed));
  else
    REQUIRE(!it.finish("a"));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(!it.fail("@publish", ec::io_failed));
    REQUIRE(run::wake_at(it.state));
    CHECK(!run::idle(it.state));
    it.now = *run::wake_at(it.state);
    REQUIRE(!it.give(wake_run{}));
  }
  REQUIRE(!it.fail("@publish", ec::io_failed));
  CHECK(it.state.result == run_result::failed);
  CHECK(it.state.code == (failed ? "step_failed" : "io_failed"));
  CHECK(it.state.message
        == (failed ? "a: it broke; and the work could not be published: it "
                     "broke"
                   : "the work could not be published: it broke"));
}

TEST_CASE("a budget that comes too late is refused, so that it is given back") {
  run_under_test it{one};
  CHECK(!it.give(grant_budget{1}));
  REQUIRE(!it.intend("a#1.1", "a", 100));
  REQUIRE(!it.settle("a#1.1", "a", 100));
  REQUIRE(!it.give(cancel_run{"ann", ""}));
  REQUIRE(!it.give(attempt_is_stopped{"a", it.order("a").token}));
  REQUIRE(it.state.phase == run_phase::ended);
  // The charge is still to be booked against it.
  CHECK(!it.give(grant_budget{1}));
  REQUIRE(!it.give(charges_are_posted{1}));
  CHECK(code_of(it.give(grant_budget{1})) == ec::cancelled);
}

TEST_CASE("a charge says who asked whom, how it ended and how long it took") {
  run_under_test it{one};
  auto token = it.order("a").token;
  intend_effect intent{"a#1.1", "a", token, effect_kind::model, "m"};
  intent.lease = 9;
  intent.provider = "someone";
  intent.agent = "code";
  finish_effect end{"a#1.1", "a", token};
  end.cost = 7;
  auto wanted = costs::call_end::answered;
  SECTION("answered") {
    end.result = "r";
  }
  SECTION("failed") {
    end.code = "provider_failed";
    wanted = costs::call_end::failed;
  }
  SECTION("stopped") {
    end.code = "cancelled";
    wanted = costs::call_end::cancelled;
  }
  REQUIRE(!it.give(intent));
  it.now += duration{1'500};
  REQUIRE(!it.give(end));
  auto posted = std::get<post_charges>(it.effects.back());
  REQUIRE(posted.charges.size() == 1);
  auto& x = posted.charges[0];
  CHECK(x.model == "m");
  CHECK(x.provider == "someone");
  CHECK(x.agent == "code");
  CHECK(x.lease == 9);
  CHECK(x.cost == 7);
  CHECK(x.end == wanted);
  CHECK(x.took == duration{1'500});
}

TEST_CASE("of a call that nobody saw the end of all is charged") {
  run_under_test it{one};
  auto token = it.order("a").token;
  intend_effect intent{"a#1.1", "a", token, effect_kind::model, "m"};
  intent.lease = 9;
  REQUIRE(!it.give(intent));
  it.now += duration{1'500};
  REQUIRE(!it.crash());
  REQUIRE(it.state.outbox.size() == 1);
  CHECK(it.state.outbox[0].cost == 9);
  CHECK(it.state.outbox[0].lease == 9);
  CHECK(it.state.outbox[0].end == costs::call_end::lost);
  CHECK(it.state.outbox[0].took == duration{0});
}

TEST_CASE("who pays for a run is told with the wish for its budget") {
  run_created what;
  what.project = "shop";
  what.principal = "ann";
  what.api_key = "k-1";
  what.tags = {"nightly"};
  auto whose = account_of(what, "r-1");
  CHECK(whose.project == "shop");
  CHECK(whose.principal == "ann");
  CHECK(whose.key == "k-1");
  CHECK(whose.run == "r-1");
  CHECK(whose.tags == what.tags);
  run_state now;
  entity::context ctx{{"t", "r-1"}, timestamp{}, 0};
  run::apply(now, what, ctx.now);
  auto asked = run::react(now, what, ctx.key);
  REQUIRE(asked.size() == 1);
  CHECK(std::get<request_budget>(asked[0]).whose == whose);
}

TEST_CASE("many charges go to the project and the ledger in parts") {
  run_under_test it{"name: w\nsteps:\n  - {id: a, command: a}\n"};
  for (int i = 1; i <= 201; ++i) {
    auto effect = "a#1." + std::to_string(i);
    run_command intent = intend_effect{
      effect, "a", it.order("a").token, effect_kind::model, "demo", "",
      true,   1};
    run_command end = finish_effect{effect, "a", it.order("a").token, "r", "",
                                    "",     1,   std::nullopt};
    it.give_quickly(intent);
    it.give_quickly(end);
  }
  auto last = std::get<post_charges>(it.effects.back());
  CHECK(last.charges.size() == costs::max_lines);
  REQUIRE(!it.give(charges_are_posted{200}));
  REQUIRE(it.asked<post_charges>() == 1);
  last = std::get<post_charges>(it.effects.back());
  REQUIRE(last.charges.size() == 1);
  CHECK(last.charges[0].number == 201);
}
