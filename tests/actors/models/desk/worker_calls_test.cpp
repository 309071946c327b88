#include "runtime/supervisor/door.hpp"
#include "tests/actors/models/desk/desk_under_test.hpp"

using namespace machine;
using namespace machine::models;
using namespace machine::test;

namespace {

constexpr std::chrono::seconds patience{30};

/// Someone who makes calls for the run `r-1`.
class worker {
public:
  explicit worker(desk_under_test& in)
      : desk_(in.clerk()), self_(in.system()) {}

  caf::expected<decision> choose(selection_request what = {}) {
    caf::expected<decision> result{ec::internal};
    self_->request(desk_, patience, atom::select_v, std::string{acme}, what)
      .receive([&](decision& x) { result = std::move(x); },
               [&](caf::error& why) { result = std::move(why); });
    return result;
  }

  auto ask(const std::string& name, micro_usd amount,
           const std::string& model = "small") {
    planned_call what{acme, name, {}, amount};
    what.whose.run = "r-1";
    what.whose.agent = "code";
    what.whose.model = model;
    return self_->request(desk_, patience, atom::reserve_v, what);
  }

  caf::error reserve(const std::string& name, micro_usd amount,
                     const std::string& model = "small") {
    caf::error result;
    ask(name, amount, model)
      .receive([](bool) {}, [&](caf::error& why) { result = std::move(why); });
    return result;
  }

  void report(const std::string& name, micro_usd cost, ec code = ec::none,
              std::optional<duration> retry_after = {}) {
    made_call what;
    what.name = name;
    what.cost = cost;
    what.code = code == ec::none ? "" : to_string(code);
    what.retry_after = retry_after;
    self_->send(desk_, atom::report_v, what);
  }

private:
  desk_actor desk_;
  caf::scoped_actor self_;
};

costs::set_budget budget_of(costs::budget_scope scope, std::string subject,
                            micro_usd limit) {
  costs::set_budget result;
  result.what.id = "b";
  result.what.scope = scope;
  result.what.subject = std::move(subject);
  result.what.limit = limit;
  return result;
}

} // namespace

TEST_CASE("who works for a run is told which model is the best") {
  desk_under_test it;
  worker me{it};
  auto chosen = me.choose();
  REQUIRE(chosen);
  CHECK(chosen->candidates.front().model == "small");
  selection_request demanding;
  demanding.minimum_quality = 0.8;
  chosen = me.choose(demanding);
  REQUIRE(chosen);
  CHECK(chosen->candidates.front().model == "big");
}

TEST_CASE("the policy of a tenant holds for its runs") {
  desk_under_test it;
  routing_policy strict = desk_under_test::usual_policy();
  strict.denied_models = {"small"};
  it.set_policies({{acme, strict}});
  auto chosen = worker{it}.choose();
  REQUIRE(chosen);
  CHECK(chosen->candidates.front().model == "big");
}

TEST_CASE("a call of a run counts for its agent and its model, and is no line "
          "of its own") {
  auto scope = GENERATE(costs::budget_scope::agent, costs::budget_scope::model);
  auto subject = scope == costs::budget_scope::agent ? "code" : "small";
  desk_under_test it;
  it.change(budget_of(scope, subject, 100));
  worker me{it};
  CHECK(!me.reserve("a", 60));
  auto why = me.reserve("b", 110);
  CHECK(code_of(why) == ec::budget_exceeded);
  me.report("a", 30);
  CHECK(!me.reserve("c", 70));
  me.report("c", 70);
  auto now = it.wait([](auto& x) {
    auto& of = x.budgets.begin()->second;
    return of.sum.settled == 100 && of.leased == 0;
  });
  // Their run books them.
  CHECK(now.spent == 0);
  CHECK(now.calls == 0);
  for (auto& line : it.lines())
    CHECK(line.of_run);
  CHECK(code_of(me.reserve("d", 1)) == ec::budget_exceeded);
}

TEST_CASE("what only the run pays is not written down twice") {
  desk_under_test it;
  it.set_budget("all", 100);
  worker me{it};
  // The run holds its part of that.
  CHECK(!me.reserve("a", 1'000));
  me.report("a", 900);
  // One after it is through.
  REQUIRE(it.call("small", 10)->wait().answer);
  it.rest(1);
  CHECK(it.lines().size() == 1);
}

TEST_CASE("a call that waits for money begins when there is some") {
  desk_under_test it;
  it.change(budget_of(costs::budget_scope::model, "small", 100));
  worker first{it};
  worker second{it};
  CHECK(!first.reserve("a", 80));
  auto asked = second.ask("b", 60);
  first.report("a", 10);
  caf::error why;
  asked.receive([](bool) {}, [&](caf::error& x) { why = std::move(x); });
  CHECK(!why);
  second.report("b", 10);
  it.wait([](auto& x) { return x.budgets.begin()->second.sum.settled == 20; });
}

TEST_CASE("a call that waits for money can be taken back") {
  desk_under_test it;
  it.change(budget_of(costs::budget_scope::model, "small", 100));
  worker first{it};
  worker second{it};
  CHECK(!first.reserve("a", 80));
  auto asked = second.ask("b", 60);
  second.report("b", 0, ec::cancelled);
  caf::error why;
  asked.receive([](bool) {}, [&](caf::error& x) { why = std::move(x); });
  CHECK(code_of(why) == ec::cancelled);
  first.report("a", 80);
  auto now = it.wait([](auto& x) {
    auto& of = x.budgets.begin()->second;
    return of.sum.settled == 80 && of.leased == 0;
  });
}

TEST_CASE("asking twice for a call is asking once") {
  desk_under_test it;
  it.change(budget_of(costs::budget_scope::model, "small", 100));
  worker me{it};
  CHECK(!me.reserve("a", 80));
  CHECK(!me.reserve("a", 80));
  me.report("a", 5);
  me.report("a", 5);
  it.wait([](auto& x) {
    auto& of = x.budgets.begin()->second;
    return of.sum.settled == 5 && of.leased == 0;
  });
}

TEST_CASE("the calls of a worker that died count as lost") {
  desk_under_test it;
  it.change(budget_of(costs::budget_scope::model, "small", 100));
  {
    worker me{it};
    CHECK(!me.reserve("a", 70));
  }
  it.wait([](auto& x) {
    auto& of = x.budgets.begin()->second;
    return of.sum.settled == 70 && of.leased == 0;
  });
  auto lines = it.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].end == costs::call_end::lost);
  CHECK(lines[0].call == "a");
}

TEST_CASE("a call under way when the desk fails counts as lost") {
  desk_under_test it;
  it.change(budget_of(costs::budget_scope::model, "small", 100));
  worker me{it};
  CHECK(!me.reserve("a", 70));
  caf::anon_send_exit(supervision::door_of(it.clerk()).leads_to(),
                      caf::exit_reason::unhandled_exception);
  it.wait([](auto& x) {
    auto& of = x.budgets.begin()->second;
    return of.sum.settled == 70 && of.leased == 0;
  });
}

TEST_CASE("what a worker saw of a model counts for everybody") {
  desk_under_test it;
  worker me{it};
  SECTION("that it fails") {
    for (int i = 0; i < 5; ++i) {
      auto name = "a" + std::to_string(i);
      REQUIRE(!me.reserve(name, 1));
      me.report(name, 0, ec::provider_failed);
    }
    CHECK(code_of(me.reserve("b", 1)) == ec::unavailable);
  }
  SECTION("that its provider wants to be left alone") {
    REQUIRE(!me.reserve("a", 1));
    me.report("a", 0, ec::provider_rate_limited, duration{60'000});
  }
  auto chosen = me.choose();
  REQUIRE(chosen);
  CHECK(chosen->candidates.front().model == "big");
  auto end = it.call("auto")->wait();
  REQUIRE(end.answer);
  CHECK(end.facts.model == "big");
}

TEST_CASE("what runs have shown of a model survives the machine") {
  desk_under_test it;
  {
    worker me{it};
    REQUIRE(!me.reserve("a", 1));
    me.report("a", 0, ec::provider_garbled);
    // It hears in order.
    CHECK(me.choose());
  }
  auto knows = it.knows();
  CHECK(knows.outcomes == 1);
  it.restart();
  CHECK(it.knows() == knows);
}

TEST_CASE("no call of a model that is gone begins") {
  desk_under_test it;
  CHECK(code_of(worker{it}.reserve("a", 1, "gone")) == ec::no_model);
}

TEST_CASE(
  "a step that names its model has it asked, whatever its provider told "
  "others") {
  desk_under_test it;
  worker me{it};
  REQUIRE(!me.reserve("a", 1));
  me.report("a", 0, ec::provider_rate_limited, duration{3'600'000});
  selection_request named;
  named.pinned = "small";
  auto chosen = me.choose(named);
  REQUIRE(chosen);
  CHECK(!chosen->wait);
  CHECK(chosen->candidates.front().model == "small");
}
