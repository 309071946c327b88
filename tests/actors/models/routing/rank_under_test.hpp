#pragma once

#include "actors/models/routing/rank.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace machine::test {

using namespace models;

inline const timestamp noon{std::chrono::seconds{1'800'000'000}};

inline catalogue four_models() {
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

inline selection_request usual_request() {
  selection_request x;
  x.prompt_tokens = 2'000;
  x.estimated_tokens = 1'500;
  return x;
}

inline routing_policy policy_for(preference prefer) {
  routing_policy x;
  x.prefer = prefer;
  x.exploration.on = false;
  return x;
}

inline signals at_noon() {
  signals x;
  x.now = noon;
  return x;
}

inline void learn(learner& to, const catalogue& from, const std::string& model,
                  int count, bool good) {
  observation x;
  x.prompt_tokens = 1'500;
  x.verdict.tests_passed = good;
  for (auto i = 0; i < count; ++i)
    observe(to, from.models.at(model), x);
}

} // namespace machine::test
