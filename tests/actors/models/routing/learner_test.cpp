#include "actors/models/routing/learner.hpp"

#include "actors/models/constraints.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <limits>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

model_entry entry(const std::string& id) {
  model_entry x;
  x.id = id;
  x.quality = {{"general", 0.7}, {"code", 0.8}};
  return x;
}

observation judged(bool good, const std::string& job = "code",
                   uint64_t prompt = 500) {
  observation x;
  x.job = job;
  x.prompt_tokens = prompt;
  x.verdict.tests_passed = good;
  return x;
}

/// So many outcomes, of which each *n*th is bad.
void feed(learner& to, const model_entry& of, int count, int n,
          const std::string& job = "code", uint64_t prompt = 500) {
  for (auto i = 0; i < count; ++i)
    observe(to, of, judged(n == 0 || i % n != 0, job, prompt));
}

double mean_quality(const learner& by, const model_entry& of,
                    const std::string& job = "code", uint64_t prompt = 500) {
  return expected_quality(by, of, job, prompt).mean();
}

learner random_learner(size_t outcomes) {
  learner result;
  for (size_t i = 0; i < outcomes; ++i) {
    auto of = entry(test::draw_text({"a", "b", "c"}));
    auto x = judged(test::draw(0, 2) == 0, test::draw_text({"code", "chat"}),
                    test::draw<uint64_t>(1, 100'000));
    x.output_tokens = test::draw<uint64_t>(1, 5'000);
    x.first_byte = duration{test::draw(1, 5'000)};
    x.took = *x.first_byte + duration{test::draw(1, 50'000)};
    x.cost = test::draw(1, 10'000);
    x.listed = test::draw(1, 10'000);
    observe(result, of, x);
  }
  return result;
}

} // namespace

TEST_CASE("what is known of an answer is weighed") {
  CHECK(!reward_of({}));
  CHECK(reward_of({.schema_valid = true}) == reward{1, 0.25});
  CHECK(reward_of({.schema_valid = false}) == reward{0, 0.25});
  CHECK(reward_of({.tests_passed = true}) == reward{1, 1});
  CHECK(reward_of({.schema_valid = true, .tests_passed = false})
        == reward{0.2, 1});
  CHECK(reward_of({.tests_passed = true, .accepted = false})->value
        == Approx(1.0 / 3));
  CHECK(reward_of({.schema_valid = true, .escalated = true}) == reward{0.2, 1});
  CHECK(reward_of({.accepted = true, .refused = true}) == reward{0, 1});
  CHECK(reward_of({.tests_passed = true, .garbled = true}) == reward{0, 1});
}

TEST_CASE("who knows nothing believes the catalogue") {
  learner x;
  auto a = entry("a");
  CHECK(mean_quality(x, a) == Approx(0.8));
  CHECK(mean_quality(x, a, "chat") == Approx(0.7));
  auto estimate = expected_quality(x, a, "code", 10);
  CHECK(estimate.alpha + estimate.beta == Approx(prior_strength));
  CHECK(estimate.deviation() == Approx(std::sqrt(0.16 / 21)));
  CHECK(expected_answer(x, "a", "code", 4'000) == 1'000);
  CHECK(expected_cost_ratio(x, "a") == 1);
  CHECK(expected_first_byte(x, "a") == 1s);
  CHECK(expected_latency(x, "a", 500) == 11s);
}

TEST_CASE("outcomes move what is expected towards them") {
  learner x;
  auto a = entry("a");
  feed(x, a, 300, 2);
  CHECK(mean_quality(x, a) == Approx(0.5).margin(0.05));
  CHECK(expected_quality(x, a, "code", 500).deviation() < 0.06);
  auto b = entry("b");
  CHECK(mean_quality(x, b) == Approx(0.8));
}

TEST_CASE("a model that gets worse is found out within some dozens") {
  learner x;
  auto a = entry("a");
  feed(x, a, 4'000, 10);
  CHECK(mean_quality(x, a) > 0.85);
  feed(x, a, 30, 1);
  CHECK(mean_quality(x, a) < 0.65);
  feed(x, a, 100, 1);
  CHECK(mean_quality(x, a) < 0.35);
}

TEST_CASE("a model that is not asked is taken for what it usually is") {
  learner x;
  auto a = entry("a");
  auto b = entry("b");
  feed(x, a, 2'000, 0);
  feed(x, a, 100, 1);
  auto bad = mean_quality(x, a);
  CHECK(bad < 0.4);
  // Outcomes of the same kind of job, but of another model.
  feed(x, b, 400, 0);
  CHECK(mean_quality(x, a) > 0.8);
}

TEST_CASE("what surprises in one kind of job is half expected in another") {
  learner x;
  auto a = entry("a");
  feed(x, a, 200, 5);
  auto before = mean_quality(x, a, "chat");
  feed(x, a, 60, 1);
  CHECK(mean_quality(x, a, "chat") < before - 0.1);
}

TEST_CASE("a model can be good at short prompts and bad at long ones") {
  learner x;
  auto a = entry("a");
  for (auto i = 0; i < 300; ++i) {
    feed(x, a, 1, 0, "code", 500);
    feed(x, a, 1, 1, "code", 50'000);
  }
  CHECK(mean_quality(x, a, "code", 500) > 0.8);
  CHECK(mean_quality(x, a, "code", 50'000) < 0.3);
  CHECK(size_of_prompt(1'000) == 0);
  CHECK(size_of_prompt(1'001) == 1);
  CHECK(size_of_prompt(64'000) == 2);
  CHECK(size_of_prompt(UINT64_MAX) == 3);
}

TEST_CASE("lengths, times and costs are learned") {
  learner x;
  auto a = entry("a");
  auto b = entry("b");
  for (auto i = 0; i < 100; ++i) {
    observation seen;
    seen.job = "code";
    seen.output_tokens = 200;
    seen.first_byte = 400ms;
    seen.took = 2'400ms;
    seen.cost = 50;
    seen.listed = 100;
    observe(x, a, seen);
  }
  CHECK(expected_answer(x, "a", "code", 4'000) == Approx(200).epsilon(0.25));
  CHECK(expected_answer(x, "a", "code", 150) == 150);
  // Nobody knows how wordy another model is: as wordy as those that are known.
  CHECK(expected_answer(x, "b", "code", 4'000) == Approx(200).epsilon(0.25));
  CHECK(expected_answer(x, "b", "chat", 4'000) == 1'000);
  CHECK(expected_first_byte(x, "a").count() == Approx(400).epsilon(0.15));
  // 100 tokens a second.
  CHECK(expected_latency(x, "a", 1'000).count()
        == Approx(10'400).epsilon(0.15));
  CHECK(expected_cost_ratio(x, "a") == Approx(0.5).epsilon(0.15));
  // That was no outcome, so that nothing has aged by it.
  CHECK(x.outcomes == 0);
}

TEST_CASE("one call that took very long changes little") {
  learner x;
  auto a = entry("a");
  for (auto i = 0; i < 40; ++i) {
    observation seen;
    seen.first_byte = i == 20 ? 90'000ms : 400ms;
    observe(x, a, seen);
  }
  CHECK(expected_first_byte(x, "a").count() == Approx(400).epsilon(0.2));
}

TEST_CASE("what is remembered has bounds") {
  learner x;
  auto a = entry("a");
  feed(x, a, 50, 0);
  for (auto i = 0; i < 1'000; ++i) {
    observe(x, a, judged(true, "made up " + std::to_string(i)));
    observe(x, entry("model " + std::to_string(i)), judged(true));
  }
  observe(x, a, judged(true, std::string(5'000, 'x')));
  CHECK(x.jobs.size() <= max_learned_jobs);
  CHECK(x.models.size() <= max_learned_models);
  CHECK(!check_learner(x));
  // Names that were made up crowd out none that is used.
  CHECK(x.jobs.at("code").outcomes >= 1'050);
  for (auto& [id, record] : x.models)
    for (auto& [job, y] : record.jobs)
      CHECK(x.jobs.contains(job));
}

TEST_CASE("kinds of jobs without a proper name are `general`") {
  learner x;
  auto a = entry("a");
  feed(x, a, 50, 1, "");
  std::string endless(5'000, 'x');
  feed(x, a, 50, 1, endless);
  CHECK(x.jobs.size() == 1);
  CHECK(x.jobs.at("general").outcomes == 100);
  CHECK(mean_quality(x, a, "general") < 0.4);
  CHECK(mean_quality(x, a, endless) == mean_quality(x, a, "general"));
}

TEST_CASE("learners that are merged know what both know") {
  auto a = entry("a");
  learner left;
  learner right;
  feed(left, a, 30, 2);
  feed(right, a, 30, 3);
  auto both = merge(left, right);
  CHECK(both.outcomes == 60);
  CHECK(both.jobs.at("code").outcomes == 60);
  CHECK(both.models.at("a").jobs.at("code").by_size[0].lasting.at == 60);
  auto low = mean_quality(left, a);
  auto high = mean_quality(right, a);
  CHECK(mean_quality(both, a) > low);
  CHECK(mean_quality(both, a) < high);
  CHECK(expected_quality(both, a, "code", 500).deviation()
        < expected_quality(left, a, "code", 500).deviation());
}

TEST_CASE("learners are merged in any order and grouping") {
  CHECK(rc::check([] {
    auto a = random_learner(test::draw<size_t>(0, 40));
    auto b = random_learner(test::draw<size_t>(0, 40));
    auto c = random_learner(test::draw<size_t>(0, 40));
    RC_ASSERT(merge(a, b) == merge(b, a));
    auto one = merge(merge(a, b), c);
    auto other = merge(a, merge(b, c));
    RC_ASSERT(one.outcomes == other.outcomes);
    RC_ASSERT(one.jobs == other.jobs);
    for (auto* id : {"a", "b", "c"})
      for (auto* job : {"code", "chat"}) {
        auto of = entry(id);
        RC_ASSERT(
          std::abs(mean_quality(one, of, job) - mean_quality(other, of, job))
          < 1e-9);
      }
    RC_ASSERT(!check_learner(one));
    // Nothing is the neutral element, but for the sketches' halving.
    auto alone = merge(a, {});
    RC_ASSERT(alone.outcomes == a.outcomes);
    RC_ASSERT(
      std::abs(mean_quality(alone, entry("a")) - mean_quality(a, entry("a")))
      < 1e-9);
  }));
}

TEST_CASE("what is new can be collected apart and merged later") {
  auto a = entry("a");
  learner usual;
  feed(usual, a, 2'000, 2);
  learner news;
  observe(news, a, judged(false), usual);
  // Half of its answers are bad, so that this one is no great surprise; who
  // has only the catalogue is surprised more.
  learner alone;
  observe(alone, a, judged(false));
  CHECK(news.models.at("a").all.recent.sum > -0.6);
  CHECK(alone.models.at("a").all.recent.sum < -0.75);
  CHECK(merge(usual, news).outcomes == 2'001);
}

TEST_CASE("whatever was seen, quality is expected to be within 0 and 1") {
  CHECK(rc::check([] {
    auto x = random_learner(test::draw<size_t>(0, 200));
    auto of = entry(test::draw_text({"a", "b", "d"}));
    of.quality = {{"general", test::draw(0, 101) / 100.0}};
    auto job = test::draw_text({"code", "chat", "other"});
    auto tokens = test::draw<uint64_t>(0, 200'000);
    auto estimate = expected_quality(x, of, job, tokens);
    RC_ASSERT(estimate.mean() > 0);
    RC_ASSERT(estimate.mean() < 1);
    RC_ASSERT(estimate.alpha > 0);
    RC_ASSERT(estimate.beta > 0);
    RC_ASSERT(estimate.deviation() > 0);
    RC_ASSERT(estimate.deviation() <= 0.5);
    random_bits bits{*rc::gen::arbitrary<uint64_t>()};
    auto drawn = estimate.draw(bits);
    RC_ASSERT(drawn >= 0);
    RC_ASSERT(drawn <= 1);
    RC_ASSERT(expected_answer(x, of.id, job, 100) <= 100);
    RC_ASSERT(expected_cost_ratio(x, of.id) > 0);
    RC_ASSERT(expected_latency(x, of.id, 1'000).count() > 0);
    RC_ASSERT(!check_learner(x));
  }));
}

TEST_CASE("what was not learned is not taken from elsewhere") {
  auto a = entry("a");
  learner sound;
  feed(sound, a, 5, 2);
  CHECK(!check_learner(sound));
  auto problem = [&](auto change) {
    auto x = sound;
    change(x);
    return code_of(check_learner(x)) == ec::invalid_argument;
  };
  auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(problem(
    [](auto& x) { x.models["a"].jobs["code"].by_size[0].lasting.good = -1; }));
  CHECK(problem(
    [&](auto& x) { x.models["a"].jobs["code"].by_size[1].recent.bad = nan; }));
  CHECK(problem(
    [](auto& x) { x.models["a"].jobs["code"].by_size[2].recent.bad = 1e300; }));
  CHECK(problem([](auto& x) { x.models["a"].all.recent.sum = 1'000; }));
  CHECK(problem(
    [&](auto& x) { x.models["a"].jobs["code"].own.general.mass = nan; }));
  CHECK(problem([](auto& x) { x.models["a"].jobs["unheard"]; }));
  CHECK(problem([](auto& x) { x.models[""]; }));
  CHECK(problem([](auto& x) {
    for (size_t i = 0; i <= max_learned_jobs; ++i)
      x.jobs[std::to_string(i)];
  }));
}
