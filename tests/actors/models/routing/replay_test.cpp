#include "actors/models/routing/replay.hpp"

#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

catalogue two_priced() {
  auto loaded = load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://127.0.0.1:1"
[model.small]
provider = "p"
context = 100000
price = { input = "1", output = "2" }
quality = { general = 0.7 }
[model.large]
provider = "p"
context = 100000
price = { input = "10", output = "20" }
quality = { general = 0.9 }
)",
                               "c.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  return *loaded;
}

/// A call that cost what the catalogue says: 1,000 tokens and *output*.
routed_call past_call(const std::string& model, bool good,
                      uint64_t output = 500) {
  routed_call x;
  x.needs.prompt_tokens = 2'000;
  x.needs.estimated_tokens = 1'000;
  x.seen.model = model;
  x.seen.prompt_tokens = 1'000;
  x.seen.verdict.tests_passed = good;
  x.seen.first_byte = 500ms;
  x.seen.took = 3s;
  x.seen.output_tokens = output;
  x.usage.input = 1'000;
  x.usage.output = output;
  auto price = two_priced().models.at(model).price;
  x.seen.cost = costs::cost(*price, x.usage);
  return x;
}

routing_policy wanting(preference prefer) {
  routing_policy x;
  x.prefer = prefer;
  return x;
}

} // namespace

TEST_CASE("the policy that was in force changes nothing") {
  std::vector<routed_call> calls;
  for (auto i = 0; i < 20; ++i)
    calls.push_back(past_call("small", i % 4 != 0));
  auto x = replay(calls, two_priced(), wanting(preference::cheap), {});
  CHECK(x.calls == 20);
  CHECK(x.changed == 0);
  CHECK(x.refused == 0);
  CHECK(x.was == x.would);
  CHECK(x.was.cost == 20 * 2'000);
  CHECK(x.was.quality == Approx(0.75));
  CHECK(x.was.quality_deviation == 0);
  CHECK(x.was.cost_deviation == 0);
  CHECK(x.was.latency == 3s);
  CHECK(x.was.chosen == std::map<std::string, uint64_t>{{"small", 20}});
}

TEST_CASE("another policy costs the catalogue's prices of what was counted") {
  std::vector<routed_call> calls(10, past_call("small", true));
  auto x = replay(calls, two_priced(), wanting(preference::best), {});
  CHECK(x.changed == 10);
  CHECK(x.was.cost == 10 * 2'000);
  CHECK(x.would.cost == 10 * 20'000);
  CHECK(x.would.quality == Approx(0.9).margin(0.01));
  // Nothing is known of the other's answers: half of what they cost, all in
  // the same direction, and the whole deviation of the prior.
  CHECK(x.would.cost_deviation == 10 * 10'000 / 2);
  CHECK(x.would.quality_deviation == Approx(std::sqrt(0.09 / 21)));
  CHECK(x.would.chosen == std::map<std::string, uint64_t>{{"large", 10}});
}

TEST_CASE("a model that is wordier costs more, and that is known") {
  auto all = two_priced();
  learner knows;
  for (auto i = 0; i < 100; ++i) {
    observe(knows, all.models.at("small"), past_call("small", true, 500).seen);
    observe(knows, all.models.at("large"),
            past_call("large", true, 1'500).seen);
  }
  std::vector<routed_call> calls(10, past_call("small", true));
  auto x = replay(calls, all, wanting(preference::best), knows);
  CHECK(x.changed == 10);
  // 1,000 tokens of a prompt and three times 500 of an answer.
  CHECK(static_cast<double>(x.would.cost)
        == Approx(10 * (10'000 + 3 * 10'000)).epsilon(0.15));
  CHECK(x.would.cost_deviation < x.would.cost / 100);
  CHECK(x.would.quality_deviation < 0.05);
}

TEST_CASE("what is learned from the past counts from then on") {
  std::vector<routed_call> calls;
  // The small one fails at all that it is asked.
  for (auto i = 0; i < 200; ++i)
    calls.push_back(past_call("small", false));
  auto policy = wanting(preference::cheap);
  auto x = replay(calls, two_priced(), policy, {});
  CHECK(x.would.chosen.at("small") < 20);
  CHECK(x.would.chosen.at("large") > 180);
  CHECK(x.would.quality > 0.7);
  CHECK(x.was.quality == 0);
}

TEST_CASE("calls that nobody may answer are counted apart") {
  std::vector<routed_call> calls(3, past_call("small", true));
  auto policy = wanting(preference::cheap);
  policy.denied_models = {"*"};
  auto x = replay(calls, two_priced(), policy, {});
  CHECK(x.refused == 3);
  CHECK(x.calls == 0);
  CHECK(x.first_refusal.find("denies it") != std::string::npos);
  CHECK(x.was == replay_side{});
  CHECK(replay({}, two_priced(), policy, {}) == replay_report{});
}

TEST_CASE("models that are gone, and answers that nobody judged, do no harm") {
  auto gone = past_call("small", true);
  gone.seen.model = "gone";
  auto unjudged = past_call("large", true);
  unjudged.seen.verdict = {};
  auto x =
    replay({gone, unjudged}, two_priced(), wanting(preference::best), {});
  CHECK(x.calls == 2);
  CHECK(x.changed == 1);
  CHECK(x.would.chosen.at("large") == 2);
  CHECK(x.was.quality_deviation > 0);
}

TEST_CASE("what a replay says is within its bounds") {
  CHECK(rc::check([] {
    std::vector<routed_call> calls;
    for (auto left = test::draw(0, 30); left > 0; --left) {
      auto x = past_call(test::draw_text({"small", "large"}), test::chance(2),
                         test::draw<uint64_t>(0, 5'000));
      x.needs.job = test::draw_text({"code", "chat"});
      x.needs.needs_tools = test::chance(10);
      if (test::chance(3))
        x.seen.verdict = {};
      calls.push_back(x);
    }
    auto policy = wanting(static_cast<preference>(test::draw(0, 4)));
    auto x = replay(calls, two_priced(), policy, {});
    RC_ASSERT(x.calls + x.refused == calls.size());
    RC_ASSERT(x.changed <= x.calls);
    for (auto* side : {&x.was, &x.would}) {
      RC_ASSERT(side->quality >= 0);
      RC_ASSERT(side->quality <= 1);
      RC_ASSERT(side->quality_deviation >= 0);
      RC_ASSERT(side->quality_deviation <= 0.5);
      RC_ASSERT(side->cost >= 0);
      RC_ASSERT(side->cost_deviation >= 0);
      uint64_t sum = 0;
      for (auto& [model, n] : side->chosen)
        sum += n;
      RC_ASSERT(sum == x.calls);
    }
    // The same again is the same.
    RC_ASSERT(replay(calls, two_priced(), policy, {}) == x);
  }));
}
