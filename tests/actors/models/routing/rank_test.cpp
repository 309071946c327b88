#include "tests/actors/models/routing/rank_under_test.hpp"

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;
using test::at_noon;
using test::four_models;
using test::learn;
using test::noon;
using test::policy_for;
using test::usual_request;

namespace {

std::string chosen(const caf::expected<decision>& x) {
  if (!x)
    return render(x.error());
  return x->candidates.front().model;
}

std::string why_not(const decision& x, const std::string& model) {
  for (auto& y : x.rejections)
    if (y.model == model)
      return y.reason;
  return {};
}

} // namespace

TEST_CASE("what is preferred decides") {
  auto all = four_models();
  auto choose = [&](preference prefer) {
    return chosen(
      rank(all, usual_request(), policy_for(prefer), {}, at_noon(), 0));
  };
  CHECK(choose(preference::cheap) == "small");
  CHECK(choose(preference::balanced) == "good");
  CHECK(choose(preference::best) == "best");
}

TEST_CASE("who is in a hurry gets a faster model") {
  auto all = four_models();
  learner knows;
  observation slow;
  slow.first_byte = 20s;
  observation quick;
  quick.first_byte = 200ms;
  for (auto i = 0; i < 50; ++i) {
    observe(knows, all.models.at("good"), slow);
    observe(knows, all.models.at("best"), slow);
    observe(knows, all.models.at("small"), quick);
  }
  auto x = rank(all, usual_request(), policy_for(preference::fast), knows,
                at_noon(), 0);
  CHECK(chosen(x) == "small");
  CHECK(x->candidates[0].latency < x->candidates[1].latency);
}

TEST_CASE("a choice is explained in one sentence") {
  auto all = four_models();
  auto why = [&](preference prefer) {
    return rank(all, usual_request(), policy_for(prefer), {}, at_noon(), 0)
      ->why;
  };
  CHECK(why(preference::cheap)
        == "small is the cheapest that is good enough for general: quality "
           "0.65, give or take 0.10; expected to cost $0.001679, at most "
           "$0.005516, within 21 s");
  CHECK(why(preference::balanced).find("has the best balance of quality, cost")
        != std::string::npos);
  auto x = policy_for(preference::balanced);
  x.minimum_quality = 0.99;
  CHECK(rank(all, usual_request(), x, {}, at_noon(), 0)
          ->why.find("best is the best there is, though not good enough")
        == 0);
  x = policy_for(preference::balanced);
  x.name = "mine";
  x.weights = utility_weights{1, 0, 0};
  CHECK(rank(all, usual_request(), x, {}, at_noon(), 0)
          ->why.find("best is worth most by the weights of the policy \"mine\"")
        == 0);
}

TEST_CASE("what was learned outweighs the catalogue") {
  auto all = four_models();
  learner knows;
  learn(knows, all, "good", 60, false);
  auto policy = policy_for(preference::balanced);
  auto x = rank(all, usual_request(), policy, knows, at_noon(), 0);
  REQUIRE(x);
  CHECK(x->candidates[0].model == "best");
  CHECK(x->candidates.back().model == "good");
  CHECK(x->candidates.back().quality < 0.5);
  CHECK(x->candidates.back().quality_deviation > 0);
}

TEST_CASE("costs are expected as they were found to be") {
  auto all = four_models();
  learner knows;
  observation x;
  x.output_tokens = 2'000;
  x.cost = 30;
  x.listed = 100;
  for (auto i = 0; i < 100; ++i)
    observe(knows, all.models.at("good"), x);
  auto policy = policy_for(preference::cheap);
  auto before = rank(all, usual_request(), policy, {}, at_noon(), 0);
  auto after = rank(all, usual_request(), policy, knows, at_noon(), 0);
  auto of = [](const decision& by, const std::string& model) {
    for (auto& y : by.candidates)
      if (y.model == model)
        return y;
    return candidate{};
  };
  // 1,500 tokens of a prompt and 1,024 of an answer; then 2,000 for a third.
  CHECK(of(*before, "good").expected == 1'500 + 4 * 1'024);
  CHECK(static_cast<double>(of(*after, "good").expected)
        == Approx((1'500 + 4 * 2'000) * 0.3).epsilon(0.15));
  CHECK(of(*after, "good").worst_case == of(*before, "good").worst_case);
}

TEST_CASE("a policy's constraints are as hard as a request's") {
  auto all = four_models();
  auto policy = policy_for(preference::balanced);
  policy.denied_models = {"goo*"};
  policy.no_training = true;
  auto x = rank(all, usual_request(), policy, {}, at_noon(), 0);
  CHECK(chosen(x) == "best");
  CHECK(why_not(*x, "good").find("denies it") != std::string::npos);
  CHECK(why_not(*x, "tiny").find("no_training") != std::string::npos);
  policy.denied_providers = {"q"};
  auto none = rank(all, usual_request(), policy, {}, at_noon(), 0);
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::no_model);
  // Nor does it help to ask by name.
  auto pinned = usual_request();
  pinned.pinned = "best";
  CHECK(!rank(all, pinned, policy, {}, at_noon(), 0));
}

TEST_CASE("a provider that wants a pause is left alone") {
  auto all = four_models();
  auto policy = policy_for(preference::balanced);
  auto now = at_noon();
  now.providers["q"].paused_until = noon + 10s;
  auto x = rank(all, usual_request(), policy, {}, now, 0);
  CHECK(chosen(x) == "small");
  CHECK(!x->wait);
  CHECK(why_not(*x, "good").find("pause") != std::string::npos);
  // A short one is waited for, and counts as time.
  now.providers["q"].paused_until = noon + 1s;
  auto soon = rank(all, usual_request(), policy, {}, now, 0);
  CHECK(chosen(soon) == "good");
  CHECK(soon->candidates[0].latency == 1s + 1s + 20'480ms);
}

TEST_CASE("where only pauses stand in the way, it is said how long") {
  auto all = four_models();
  auto policy = policy_for(preference::balanced);
  auto now = at_noon();
  now.providers["p"].paused_until = noon + 40s;
  now.providers["q"].paused_until = noon + 30s;
  now.models["good"].broken_until = noon + 35s;
  now.models["best"].broken_until = noon + 5s;
  auto x = rank(all, usual_request(), policy, {}, now, 0);
  REQUIRE(x);
  CHECK(x->wait == duration{30s});
  auto pinned = usual_request();
  pinned.pinned = "good";
  CHECK(rank(all, pinned, policy, {}, now, 0)->wait == duration{35s});
  // What no waiting helps against is still an error.
  pinned.money = 1;
  CHECK(code_of(rank(all, pinned, policy, {}, now, 0).error()) != ec::none);
}

TEST_CASE("a model that fails or is busy is worth less, or not asked") {
  auto all = four_models();
  auto policy = policy_for(preference::balanced);
  auto now = at_noon();
  now.models["good"].broken_until = noon + 5s;
  CHECK(chosen(rank(all, usual_request(), policy, {}, now, 0)) == "best");
  now.models["good"] = {};
  now.models["good"].most_in_flight = 4;
  now.models["good"].in_flight = 4;
  auto full = rank(all, usual_request(), policy, {}, now, 0);
  CHECK(chosen(full) == "best");
  CHECK(why_not(*full, "good").find("under way") != std::string::npos);
  now.models["good"].in_flight = 3;
  auto busy = rank(all, usual_request(), policy, {}, now, 0);
  CHECK(chosen(busy) == "best");
  now.models["good"] = {};
  now.models["good"].error_rate = 0.5;
  auto shaky = rank(all, usual_request(), policy, {}, now, 0);
  for (auto& x : shaky->candidates)
    if (x.model == "good")
      CHECK(x.latency == 2 * (1s + 20'480ms));
}

TEST_CASE("what a breaker says is a signal") {
  breaker_rule rule;
  rule.failures_in_a_row = 1;
  breaker x;
  CHECK(!signal_of(x, rule, noon).broken_until);
  call_ended(x, rule, may_call(x, rule, noon), ec::provider_failed, {}, noon);
  CHECK(signal_of(x, rule, noon).broken_until == noon + rule.cooldown);
  CHECK(!signal_of(x, rule, noon + 5s).broken_until);
  // Its one probe is under way.
  CHECK(may_call(x, rule, noon + 5s).what == permission::kind::probe);
  CHECK(signal_of(x, rule, noon + 5s).broken_until > noon + 5s);
}

TEST_CASE("other models are tried only within their share and money") {
  auto all = four_models();
  routing_policy policy;
  policy.exploration.share = 1;
  policy.exploration.budget = 1'000'000;
  learner knows;
  auto now = at_noon();
  auto count = [&] {
    auto tried = 0;
    random_bits bits{1};
    for (auto i = 0; i < 400; ++i) {
      auto x = rank(all, usual_request(), policy, knows, now, bits.next());
      REQUIRE(x);
      auto& first = x->candidates.front();
      if (!first.explored) {
        CHECK(x->exploration_cost == 0);
        CHECK(first.model == "good");
        continue;
      }
      ++tried;
      CHECK(first.model != "good");
      CHECK(x->why.find(first.model + " is tried instead of good to learn")
            == 0);
      auto left = exploration_left(now.explored, policy.exploration, now.now);
      CHECK(x->exploration_cost <= left);
      CHECK(x->exploration_cost >= 0);
      auto more = first.expected - x->candidates[1].expected;
      CHECK(x->exploration_cost == std::max<micro_usd>(more, 0));
    }
    return tried;
  };
  auto free = count();
  CHECK(free > 10);
  policy.exploration.share = 0.1;
  auto some = count();
  CHECK(some > 0);
  CHECK(some < free / 2);
  policy.exploration.share = 1;
  // Less is left than the dearest of them costs more.
  now.explored = {noon, policy.exploration.budget - 100'000};
  auto cheaper = count();
  CHECK(cheaper > 0);
  CHECK(cheaper < free);
  now.explored = {noon, policy.exploration.budget};
  CHECK(count() == 0);
  now.now = noon + 1h;
  CHECK(count() == free);
  policy.exploration.on = false;
  CHECK(count() == 0);
}

TEST_CASE("money for exploring is counted by the window") {
  exploration_rule rule{true, 0.1, 1'000, 1h};
  exploration_ledger x;
  CHECK(exploration_left(x, rule, noon) == 1'000);
  spend_on_exploring(x, rule, 700, noon);
  CHECK(exploration_left(x, rule, noon + 59min) == 300);
  spend_on_exploring(x, rule, -50, noon + 59min);
  CHECK(exploration_left(x, rule, noon + 59min) == 300);
  spend_on_exploring(x, rule, 600, noon + 59min);
  CHECK(exploration_left(x, rule, noon + 59min) == 0);
  CHECK(exploration_left(x, rule, noon + 1h) == 1'000);
  spend_on_exploring(x, rule, 100, noon + 2h);
  CHECK(x == exploration_ledger{noon + 2h, 100});
}

TEST_CASE("what was asked for by name is not swapped for a trial") {
  auto all = four_models();
  routing_policy policy;
  policy.exploration.share = 1;
  auto wish = usual_request();
  wish.pinned = "tiny";
  for (uint64_t i = 0; i < 50; ++i) {
    auto x = rank(all, wish, policy, {}, at_noon(), i * 0x1234'5678'9ABC'DEF1);
    CHECK(chosen(x) == "tiny");
    CHECK(x->why == "tiny was asked for");
  }
}
