#include "actors/models/routing/policy_file.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

std::string problem_of(std::string_view text) {
  auto x = load_policies(text, "policies.toml");
  return x ? "none" : message_of(x.error());
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("a file of policies says all that a policy can say") {
  auto all = load_policies(R"(
[policy.default]

[policy.night]
prefer = "cheap"
weights = { quality = 1, cost = 0.1 }
minimum_quality = 0.7
allowed_models = ["gpt-*", "claude-*"]
denied_models = ["gpt-5*"]
allowed_providers = ["openai"]
denied_providers = ["ollama"]
where = "local_only"
regions = ["eu"]
no_training = true
zero_retention = true
exploration = { on = false, share = 0.2, budget = "0.25", window = "30m" }
hedging = { on = true, quantile = 0.9 }
cascade = { on = false, longest = 3 }
cache = { semantic = 0.95, embedder = "embed" }
[policy.night.fallback]
on = false
on_refusal = false
tries = 7
deadline = "90s"
in_stream = "restart"
)",
                           "policies.toml");
  if (!all)
    FAIL(render(all.error()));
  REQUIRE(all->size() == 2);
  CHECK(all->at("default") == routing_policy{});
  routing_policy night;
  night.name = "night";
  night.prefer = preference::cheap;
  night.weights = utility_weights{1, 0.1, 0};
  night.minimum_quality = 0.7;
  night.allowed_models = {"gpt-*", "claude-*"};
  night.denied_models = {"gpt-5*"};
  night.allowed_providers = {"openai"};
  night.denied_providers = {"ollama"};
  night.where = locality::local_only;
  night.regions = {"eu"};
  night.no_training = true;
  night.zero_retention = true;
  night.exploration = {false, 0.2, 250'000, 30min};
  night.hedging = {true, 0.9};
  night.cascade = {false, 3};
  night.cache = {0.95, "embed"};
  night.fallback = {false, false, 7, 90s, stream_failover::restart};
  CHECK(all->at("night") == night);
  CHECK(!check_policy(all->at("night")));
}

TEST_CASE("mistakes in a file of policies are told with line and mending") {
  CHECK(mentions(problem_of("[policy.x]\nprefer = \"cheep\"\n"),
                 "policies.toml:2: policy.x.prefer is \"cheep\"; it can be "
                 "cheap, balanced, fast, best; did you mean cheap?"));
  CHECK(mentions(problem_of("[policy.x]\nprefers = \"cheap\"\n"),
                 "policies.toml:2: policy.x.prefers is no known key"));
  CHECK(mentions(problem_of("[policy.x]\nminimum_quality = 2\n"),
                 "policies.toml:2: policy.x.minimum_quality must be a number"));
  CHECK(mentions(problem_of("[policy.x]\nminimum_quality = nan\n"),
                 "must be a number"));
  CHECK(mentions(problem_of("[policy.x]\nweights = { quality = 0 }\n"),
                 "policies.toml:2: policy.x.weights are all 0"));
  CHECK(mentions(problem_of("[policy.x]\nfallback = { deadline = \"2h\" }\n"),
                 "policy.x.fallback.deadline must be a time from a second to "
                 "an hour as text"));
  CHECK(mentions(problem_of("[policy.x]\nfallback = { deadline = 5 }\n"),
                 "must be text in quotes"));
  CHECK(mentions(problem_of("[policy.x]\nfallback = { tries = 0 }\n"),
                 "policy.x.fallback.tries must be a whole number"));
  CHECK(mentions(problem_of("[policy.x]\nexploration = { budget = \"-1\" }\n"),
                 "must be dollars as text"));
  CHECK(mentions(problem_of("[policy.x]\nallowed_models = [\"a b\"]\n"),
                 "policies.toml:2: policy.x.allowed_models has a name that"));
  CHECK(mentions(problem_of("[polizy.x]\n"), "polizy is no known key"));
  CHECK(mentions(problem_of("["), "policies.toml:1: this is no TOML"));
}

TEST_CASE("a file without policies has none") {
  auto none = load_policies("", "policies.toml");
  REQUIRE(none);
  CHECK(none->empty());
}
