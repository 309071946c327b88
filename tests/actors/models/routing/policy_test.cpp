#include "actors/models/routing/policy.hpp"

#include "actors/models/routing/wildcard.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

model_entry model_of(const std::string& id, const std::string& provider) {
  model_entry x;
  x.id = id;
  x.provider = provider;
  return x;
}

provider_entry provider_of(const std::string& name) {
  provider_entry x;
  x.name = name;
  return x;
}

/// The reason, or `none`.
std::string verdict_of(const routing_policy& policy,
                       const provider_entry& provider = provider_of("acme")) {
  auto why =
    forbidden_by(policy, model_of("gpt-6-sol", provider.name), provider);
  return why.empty() ? "none" : why;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("a wildcard stands for any characters") {
  CHECK(matches_wildcard("gpt-*", "gpt-6-sol"));
  CHECK(matches_wildcard("*", ""));
  CHECK(matches_wildcard("*-sol", "gpt-6-sol"));
  CHECK(matches_wildcard("g?t*so*", "gpt-6-sol"));
  CHECK(matches_wildcard("a*b*c", "a-b-b-c"));
  CHECK(matches_wildcard("", ""));
  CHECK(!matches_wildcard("gpt", "gpt-6"));
  CHECK(!matches_wildcard("?", ""));
  CHECK(!matches_wildcard("*x", "gpt-6-sol"));
  CHECK(!matches_wildcard("", "a"));
}

TEST_CASE("a wildcard of many stars is decided at once") {
  std::string pattern;
  for (auto i = 0; i < 60; ++i)
    pattern += "a*";
  CHECK(!matches_wildcard(pattern + "b", std::string(5'000, 'a')));
}

TEST_CASE("what is denied is denied though it be allowed") {
  routing_policy x;
  CHECK(verdict_of(x) == "none");
  x.allowed_models = {"claude-*"};
  CHECK(has(verdict_of(x), "allows only claude-*"));
  x.allowed_models.emplace_back("gpt-*");
  CHECK(verdict_of(x) == "none");
  x.denied_models = {"gpt-6-*"};
  CHECK(has(verdict_of(x), "denies it (denied_models)"));
  x = {};
  x.allowed_providers = {"other"};
  CHECK(has(verdict_of(x), "allows only the providers other"));
  x.allowed_providers = {"ac*"};
  CHECK(verdict_of(x) == "none");
  x.denied_providers = {"acme"};
  CHECK(has(verdict_of(x), "denies its provider"));
}

TEST_CASE("data stays where its owner wants it") {
  routing_policy x;
  auto acme = provider_of("acme");
  auto here = provider_of("here");
  here.local = true;
  x.where = locality::local_only;
  CHECK(has(verdict_of(x, acme), "allows only local providers"));
  CHECK(verdict_of(x, here) == "none");
  x = {};
  x.regions = {"eu*"};
  CHECK(has(verdict_of(x, acme), "those of acme are unknown (`regions` in"));
  acme.regions = {"us", "eu-west"};
  CHECK(verdict_of(x, acme) == "none");
  acme.regions = {"us"};
  CHECK(has(verdict_of(x, acme), "those of acme are us"));
  CHECK(verdict_of(x, here) == "none");
}

TEST_CASE("only who has promised it is taken for who keeps nothing") {
  routing_policy x;
  auto acme = provider_of("acme");
  auto here = provider_of("here");
  here.local = true;
  x.no_training = true;
  CHECK(has(verdict_of(x, acme), "`no_training` in the catalogue"));
  CHECK(verdict_of(x, here) == "none");
  acme.no_training = true;
  CHECK(verdict_of(x, acme) == "none");
  x.zero_retention = true;
  CHECK(has(verdict_of(x, acme), "`zero_retention` in the catalogue"));
  acme.zero_retention = true;
  CHECK(verdict_of(x, acme) == "none");
}

TEST_CASE("utility pays by tenfolds, and waits by seconds") {
  utility_weights by{1, 0.06, 0.04};
  CHECK(utility(by, 0.8, 0, 0ms) == Approx(0.8));
  CHECK(utility(by, 0.8, 900, 0ms) == Approx(0.8 - 0.06));
  CHECK(utility(by, 0.8, 99'900, 0ms) == Approx(0.8 - 3 * 0.06));
  CHECK(utility(by, 0.8, 0, 10s) == Approx(0.8 - 0.04));
  CHECK(utility(by, 0.8, 0, 30s) == Approx(0.8 - 0.12));
  // A cost that was made up is no gain.
  CHECK(utility(by, 0.8, -5, 0ms) == Approx(0.8));
}

TEST_CASE("weights of a policy come before those of its preference") {
  routing_policy x;
  x.prefer = preference::cheap;
  CHECK(weights_of(x) == utility_weights{0, 1, 0});
  x.weights = utility_weights{1, 2, 3};
  CHECK(weights_of(x) == utility_weights{1, 2, 3});
}

TEST_CASE("a policy that is out of bounds is told what to mend") {
  auto problem = [](auto change) {
    routing_policy x;
    change(x);
    auto err = check_policy(x);
    return err ? message_of(err) : "none";
  };
  auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(problem([](auto&) {}) == "none");
  CHECK(has(problem([](auto& x) { x.name = ""; }), "its name"));
  CHECK(has(problem([](auto& x) {
              x.weights = utility_weights{0, 0, 0};
            }),
            "all of its weights are 0"));
  CHECK(has(problem([](auto& x) {
              x.weights = utility_weights{1, -1, 0};
            }),
            "from 0 to 1000"));
  CHECK(has(problem([&](auto& x) {
              x.weights = utility_weights{nan, 0, 0};
            }),
            "from 0 to 1000"));
  CHECK(
    has(problem([&](auto& x) { x.minimum_quality = nan; }), "minimum_quality"));
  CHECK(has(problem([](auto& x) { x.exploration.share = 1.1; }),
            "exploration.share"));
  CHECK(has(problem([](auto& x) { x.exploration.budget = -1; }),
            "exploration.budget"));
  CHECK(has(problem([](auto& x) { x.exploration.window = 1ms; }),
            "exploration.window"));
  CHECK(has(problem([](auto& x) { x.fallback.tries = 0; }), "fallback.tries"));
  CHECK(has(problem([](auto& x) { x.fallback.deadline = 1ms; }),
            "fallback.deadline"));
  CHECK(
    has(problem([](auto& x) { x.hedging.quantile = 1; }), "hedging.quantile"));
  CHECK(
    has(problem([](auto& x) { x.cascade.longest = 5; }), "cascade.longest"));
  CHECK(
    has(problem([](auto& x) { x.cache.semantic = 0.4; }), "cache.semantic"));
  CHECK(
    has(problem([](auto& x) { x.denied_models = {"a b"}; }), "denied_models"));
  CHECK(has(
    problem([](auto& x) { x.regions = std::vector<std::string>(101, "eu"); }),
    "regions"));
}
