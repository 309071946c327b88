#include "runtime/wire/wire.hpp"
#include "tests/actors/models/desk/desk_under_test.hpp"
#include "tests/support/text.hpp"

using namespace machine;
using namespace machine::models;
using namespace machine::test;

TEST_CASE("a call leaves why its model was asked, and what came of it") {
  desk_under_test it;
  auto what = it.order("auto");
  what.whose.principal = "ada";
  what.whose.key = "k1";
  what.whose.project = "shop";
  what.whose.tags = {"nightly"};
  what.money = 5'000;
  what.deadline = duration{30'000};
  auto by = std::make_shared<listener>();
  it.call(what, by);
  auto end = by->wait();
  REQUIRE(end.answer);
  auto x = it.decision(end.facts.id);
  CHECK(x.id == end.facts.id);
  CHECK(x.ended_at >= x.at);
  CHECK(x.whose.principal == "ada");
  CHECK(x.whose.key == "k1");
  CHECK(x.whose.project == "shop");
  CHECK(x.whose.tags == std::vector<std::string>{"nightly"});
  CHECK(x.asked.model == "auto");
  CHECK(x.asked.policy == "default");
  CHECK(x.asked.prefer == preference::cheap);
  CHECK(x.asked.job == "general");
  CHECK(x.asked.prompt_tokens > 0);
  CHECK(x.asked.max_output_tokens == 100);
  CHECK(x.asked.money == 5'000);
  CHECK(x.asked.deadline == duration{30'000});
  REQUIRE(x.chosen.candidates.size() == 2);
  CHECK(x.candidates == 2);
  CHECK(x.chosen.candidates[0].model == "small");
  CHECK(x.chosen.candidates[0].quality == Approx(0.7));
  CHECK(x.chosen.candidates[0].expected > 0);
  CHECK(x.chosen.candidates[0].latency);
  CHECK(x.chosen.candidates[1].model == "big");
  REQUIRE(x.chosen.rejections.size() == 1);
  CHECK(x.rejections == 1);
  CHECK(x.chosen.rejections[0].model == "free");
  CHECK(has(x.chosen.rejections[0].reason, "price"));
  CHECK(has(x.chosen.why, "small is the cheapest"));
  REQUIRE(x.tries.size() == 1);
  CHECK(x.tries[0].model == "small");
  CHECK(x.tries[0].provider == "one");
  CHECK(x.tries[0].mode == decision_mode::fresh);
  CHECK(x.tries[0].asked);
  CHECK(x.tries[0].error.empty());
  CHECK(x.tries[0].cost == 15);
  CHECK(x.tries[0].first_byte);
  CHECK(x.tries[0].usage == token_usage{10, 0, 5});
  CHECK(x.result.end == decision_end::answered);
  CHECK(x.result.model == "small");
  CHECK(x.result.provider == "one");
  CHECK(x.result.cost == 15);
  CHECK(x.result.answered_by == 0u);
  auto again = routed_of(x);
  REQUIRE(again);
  CHECK(again->seen.model == "small");
  CHECK(again->seen.cost == 15);
  CHECK(again->needs.estimated_tokens == x.asked.prompt_tokens);
}

TEST_CASE("a decision holds nothing of what was said") {
  desk_under_test it;
  it.one->answer_with("the-answer", {10, 0, 5});
  auto what = it.order("auto");
  auto request = std::make_shared<chat_request>();
  request->messages.push_back({chat_role::system, "the-system"});
  request->messages.push_back({chat_role::user, "the-prompt"});
  request->max_output_tokens = 100;
  what.request = request;
  auto by = std::make_shared<listener>();
  it.call(what, by);
  auto end = by->wait();
  REQUIRE(end.answer);
  auto text = wire::to_json(it.decision(end.facts.id));
  for (auto* part : {"the-answer", "the-system", "the-prompt"})
    CHECK_FALSE(has(text, part));
}

TEST_CASE("every try stands in the decision with what went wrong") {
  desk_under_test it;
  it.one->fail_with(ec::provider_failed, false);
  auto end = it.call("auto")->wait();
  REQUIRE(end.answer);
  auto x = it.decision(end.facts.id);
  REQUIRE(x.tries.size() == 3);
  for (size_t i : {0, 1}) {
    CHECK(x.tries[i].model == "small");
    CHECK(x.tries[i].asked);
    CHECK(x.tries[i].error == "provider_failed");
    CHECK(has(x.tries[i].why, "as the test says"));
    CHECK(x.tries[i].cost == 0);
    CHECK(!x.tries[i].usage);
  }
  CHECK(x.tries[2].model == "big");
  CHECK(x.tries[2].error.empty());
  CHECK(x.tries[2].cost == 150);
  CHECK(x.result.model == "big");
  CHECK(x.result.answered_by == 2u);
  CHECK(x.result.cost == 150);
}

TEST_CASE("a call that fails leaves a decision too") {
  desk_under_test it;
  it.one->fail_with(ec::provider_garbled, false);
  it.two->fail_with(ec::provider_failed, false);
  auto end = it.call("auto")->wait();
  REQUIRE(!end.answer);
  auto x = it.decision(end.facts.id);
  CHECK(x.tries.size() == 4);
  CHECK(x.result.end == decision_end::failed);
  CHECK(x.result.error == "provider_garbled");
  CHECK(!x.result.answered_by);
  CHECK(!routed_of(x));
  auto unknown = it.call("smal")->wait();
  auto none = it.decision(unknown.facts.id);
  CHECK(none.asked.model == "smal");
  CHECK(none.result.end == decision_end::failed);
  CHECK(none.result.error == "not_found");
  CHECK(has(none.result.why, "did you mean small?"));
  CHECK(none.tries.empty());
  CHECK(none.chosen.candidates.empty());
}

TEST_CASE("a call that nobody wants any more says so in its decision") {
  desk_under_test it;
  it.one->hold();
  auto by = std::make_shared<listener>();
  auto number = it.call(it.order("small"), by);
  auto call = it.one->take();
  it.desk().cancel(number);
  auto end = by->wait();
  REQUIRE(!end.answer);
  auto x = it.decision(end.facts.id);
  CHECK(x.result.end == decision_end::cancelled);
  REQUIRE(x.tries.size() == 1);
  CHECK(x.tries[0].error == "cancelled");
  CHECK(x.result.cost == end.facts.cost);
  CHECK(x.tries[0].cost == end.facts.cost);
}

TEST_CASE("an answer that was kept is no choice of a model") {
  desk_under_test it;
  auto what = it.order("auto");
  what.cache = cache_use::on;
  auto first = std::make_shared<listener>();
  it.call(what, first);
  REQUIRE(first->wait().answer);
  auto second = std::make_shared<listener>();
  it.call(what, second);
  auto end = second->wait();
  REQUIRE(end.answer);
  auto x = it.decision(end.facts.id);
  CHECK(x.result.end == decision_end::cached);
  CHECK(x.result.model == "small");
  CHECK(x.result.cost == 0);
  CHECK(x.tries.empty());
  CHECK(x.chosen.candidates.empty());
  CHECK(has(x.chosen.why, "asked for before"));
  CHECK(!routed_of(x));
}

TEST_CASE("a second model that was asked as well is told apart") {
  auto policy = desk_under_test::usual_policy();
  auto slow = std::make_shared<obedient>("one");
  auto quick = std::make_shared<obedient>("two");
  slow->hold();
  quick->answer_with("hello", {10, 0, 5});
  policy.hedging.on = true;
  desk_under_test it{policy, slow, quick};
  auto end = it.call("auto")->wait();
  REQUIRE(end.answer);
  // The decision is made up when the slow one has ended as well.
  it.rest(2);
  auto x = it.decision(end.facts.id);
  REQUIRE(x.tries.size() == 2);
  CHECK(x.tries[0].mode == decision_mode::fresh);
  CHECK(x.tries[0].error == "cancelled");
  CHECK(x.tries[1].mode == decision_mode::beside);
  CHECK(x.result.model == "big");
  CHECK(x.result.answered_by == 1u);
  // What the first one cost is counted though it ended later.
  CHECK(x.result.cost == x.tries[0].cost + x.tries[1].cost);
}

TEST_CASE("decisions are there after a restart") {
  desk_under_test it;
  auto end = it.call("small")->wait();
  REQUIRE(end.answer);
  it.restart();
  CHECK(it.decision(end.facts.id).result.cost == 15);
}
