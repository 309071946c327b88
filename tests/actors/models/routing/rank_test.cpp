#include "actors/models/routing/rank.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

const timestamp noon{std::chrono::seconds{1'800'000'000}};

catalogue four_models() {
  auto loaded = load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://127.0.0.1:1"
[provider.q]
protocol = "openai"
url = "http://127.0.0.1:2"
regions = ["eu"]
no_training = true
[model.tiny]
provider = "p"
context = 100000
price = { input = "0.10", output = "0.40" }
quality = { general = 0.55 }
[model.small]
provider = "p"
context = 100000
price = { input = "0.30", output = "1.20" }
quality = { general = 0.65 }
[model.good]
provider = "q"
context = 100000
tools = true
price = { input = "1.00", output = "4.00" }
quality = { general = 0.85 }
[model.best]
provider = "q"
context = 200000
tools = true
price = { input = "30", output = "120" }
quality = { general = 0.92 }
)",
                               "c.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  return *loaded;
}

selection_request usual_request() {
  selection_request x;
  x.prompt_tokens = 2'000;
  x.estimated_tokens = 1'500;
  return x;
}

routing_policy policy_for(preference prefer) {
  routing_policy x;
  x.prefer = prefer;
  x.exploration.on = false;
  return x;
}

signals at_noon() {
  signals x;
  x.now = noon;
  return x;
}

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

void learn(learner& to, const catalogue& from, const std::string& model,
           int count, bool good) {
  observation x;
  x.prompt_tokens = 1'500;
  x.verdict.tests_passed = good;
  for (auto i = 0; i < count; ++i)
    observe(to, from.models.at(model), x);
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

namespace {

selection_request random_wish() {
  selection_request wish;
  wish.needs_tools = test::chance(3);
  wish.estimated_tokens = test::draw<uint64_t>(0, 250'000);
  wish.prompt_tokens = wish.estimated_tokens + test::draw<uint64_t>(0, 50'000);
  wish.max_output_tokens = test::draw<uint32_t>(1, 10'000);
  if (test::chance(2))
    wish.money = test::draw<micro_usd>(0, 3'000'000);
  wish.minimum_quality = test::draw(0, 101) / 100.0;
  return wish;
}

routing_policy random_policy() {
  routing_policy policy;
  auto names = [] {
    std::vector<std::string> result;
    for (auto left = test::draw(0, 3); left > 0; --left)
      result.push_back(test::draw_text({"tiny", "s*", "good", "*", "b?st"}));
    return result;
  };
  policy.prefer = static_cast<preference>(test::draw(0, 4));
  if (test::chance(3))
    policy.weights =
      utility_weights{1, test::draw(0, 20) / 100.0, test::draw(0, 20) / 100.0};
  if (test::chance(2))
    policy.minimum_quality = test::draw(0, 101) / 100.0;
  policy.allowed_models = names();
  if (test::chance(2))
    policy.denied_models = names();
  policy.no_training = test::chance(4);
  if (test::chance(4))
    policy.regions = {"eu"};
  policy.exploration.share = test::draw(0, 3) / 2.0;
  policy.exploration.budget = test::draw(0, 100'000);
  return policy;
}

signals random_signals(const catalogue& of) {
  signals x;
  x.now = noon;
  for (auto& [name, provider] : of.providers)
    if (test::chance(4))
      x.providers[name].paused_until = noon + duration{test::draw(0, 60'000)};
  for (auto& [id, model] : of.models) {
    auto& state = x.models[id];
    state.in_flight = test::draw<uint32_t>(0, 10);
    if (test::chance(3))
      state.most_in_flight = test::draw<uint32_t>(0, 10);
    if (test::chance(4))
      state.broken_until = noon + duration{test::draw(0, 60'000)};
    state.error_rate = test::draw(0, 11) / 10.0;
  }
  x.explored = {noon - duration{test::draw(0, 7'200'000)},
                test::draw(0, 200'000)};
  return x;
}

learner random_knowledge(const catalogue& of) {
  learner result;
  for (auto& [id, model] : of.models)
    learn(result, of, id, test::draw(0, 30), test::chance(2));
  return result;
}

} // namespace

TEST_CASE("no choice breaks a hard constraint, whatever it is made from") {
  auto all = four_models();
  CHECK(rc::check([&] {
    auto wish = random_wish();
    auto policy = random_policy();
    auto now = random_signals(all);
    auto x = rank(all, wish, policy, random_knowledge(all), now,
                  *rc::gen::arbitrary<uint64_t>());
    if (!x)
      return;
    RC_ASSERT(!x->why.empty());
    RC_ASSERT(x->candidates.size() + x->rejections.size() == all.models.size());
    for (auto& y : x->candidates) {
      auto& model = all.models.at(y.model);
      RC_ASSERT(
        forbidden_by(policy, model, all.providers.at(model.provider)).empty());
      RC_ASSERT(!wish.needs_tools || model.tools);
      RC_ASSERT(!wish.money || y.worst_case <= *wish.money);
      RC_ASSERT(y.expected <= y.worst_case);
      RC_ASSERT(wish.estimated_tokens + y.max_output_tokens
                <= model.context_tokens);
      RC_ASSERT(std::isfinite(y.utility));
      RC_ASSERT(y.latency->count() >= 0);
      auto& state = now.models.at(y.model);
      auto free =
        !state.most_in_flight || state.in_flight < *state.most_in_flight;
      RC_ASSERT(
        x->wait
        || (free && (!state.broken_until || *state.broken_until <= noon)));
    }
    RC_ASSERT(!x->wait || x->wait->count() >= 0);
  }));
}

TEST_CASE("the greedy choice does not depend on names or their order") {
  CHECK(rc::check([] {
    // No two are of the same worth, so that no tie is broken by a name.
    std::vector<std::pair<double, int>> merits;
    for (auto i = 0; i < 6; ++i)
      merits.emplace_back(test::draw(0, 100) / 100.0 + 0.0007 * i,
                          1'000 * test::draw(1, 100) + 7 * i);
    auto build = [&](const std::vector<size_t>& order) {
      catalogue result;
      result.providers["p"].name = "p";
      for (size_t i = 0; i < order.size(); ++i) {
        auto [quality, price] = merits[order[i]];
        model_entry x;
        x.id = "m" + std::to_string(i);
        x.provider = "p";
        x.context_tokens = 100'000;
        x.max_output_tokens = 4'096;
        x.price = costs::price{price, price, 4 * price};
        x.quality["general"] = quality;
        result.models[x.id] = x;
      }
      return result;
    };
    std::vector<size_t> order{0, 1, 2, 3, 4, 5};
    auto shuffled = order;
    for (size_t i = shuffled.size() - 1; i > 0; --i)
      std::swap(shuffled[i], shuffled[test::draw<size_t>(0, i + 1)]);
    auto policy = random_policy();
    policy.allowed_models = policy.denied_models = policy.regions = {};
    policy.no_training = false;
    policy.exploration.on = false;
    auto wish = usual_request();
    auto one = rank(build(order), wish, policy, {}, {}, 1);
    auto other = rank(build(shuffled), wish, policy, {}, {}, 2);
    RC_ASSERT(one);
    RC_ASSERT(other);
    for (size_t i = 0; i < order.size(); ++i) {
      auto place = [](const candidate& x) {
        return static_cast<size_t>(x.model[1] - '0');
      };
      RC_ASSERT(order[place(one->candidates[i])]
                == shuffled[place(other->candidates[i])]);
    }
  }));
}

TEST_CASE("cheap and without knowledge, a ranking is the selection") {
  auto all = four_models();
  CHECK(rc::check([&] {
    auto wish = random_wish();
    if (test::chance(5))
      wish.pinned = test::draw_text({"tiny", "best", "nobody"});
    auto ranked = rank(all, wish, policy_for(preference::cheap), {}, {}, 0);
    auto selected = select(all, wish);
    RC_ASSERT(static_cast<bool>(ranked) == static_cast<bool>(selected));
    if (!ranked) {
      RC_ASSERT(render(ranked.error()) == render(selected.error()));
      return;
    }
    RC_ASSERT(ranked->rejections == selected->rejections);
    RC_ASSERT(ranked->candidates.size() == selected->candidates.size());
    for (size_t i = 0; i < ranked->candidates.size(); ++i) {
      auto& x = ranked->candidates[i];
      auto& y = selected->candidates[i];
      RC_ASSERT(x.model == y.model);
      RC_ASSERT(x.expected == y.expected);
      RC_ASSERT(x.worst_case == y.worst_case);
    }
  }));
}

TEST_CASE("the same random bits make the same choice") {
  auto all = four_models();
  CHECK(rc::check([&] {
    auto policy = random_policy();
    auto wish = random_wish();
    auto now = random_signals(all);
    auto knows = random_knowledge(all);
    auto random = *rc::gen::arbitrary<uint64_t>();
    auto one = rank(all, wish, policy, knows, now, random);
    auto other = rank(all, wish, policy, knows, now, random);
    RC_ASSERT(static_cast<bool>(one) == static_cast<bool>(other));
    if (one)
      RC_ASSERT(*one == *other);
  }));
}
