#include "tests/actors/models/routing/rank_under_test.hpp"

using namespace machine;
using namespace machine::models;
using test::at_noon;
using test::four_models;
using test::learn;
using test::noon;
using test::policy_for;
using test::usual_request;

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
